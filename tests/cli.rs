//! The command line, as a shell sees it: arguments in; text and an exit code out.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod support;

#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/compile.rs"]
mod compile;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/isolation.rs"]
mod isolation;
#[path = "cli/json.rs"]
mod json;
#[path = "cli/login.rs"]
mod login;
#[path = "cli/memory.rs"]
mod memory;
#[path = "cli/network.rs"]
mod network;
#[path = "cli/outcomes.rs"]
mod outcomes;
#[path = "cli/packages.rs"]
mod packages;
#[path = "cli/plugin_modules.rs"]
mod plugin_modules;
#[path = "cli/plugin_new.rs"]
mod plugin_new;
#[path = "cli/plugin_rights.rs"]
mod plugin_rights;
#[path = "cli/plugin_shipped.rs"]
mod plugin_shipped;
#[path = "cli/plugin_signatures.rs"]
mod plugin_signatures;
#[path = "cli/plugin_sources.rs"]
mod plugin_sources;
#[path = "cli/plugins.rs"]
mod plugins;
#[path = "cli/security.rs"]
mod security;
#[path = "cli/servers.rs"]
mod servers;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/watch.rs"]
mod watch;

use std::{
    fmt,
    io::Write as _,
    process::{Command, Output, Stdio},
};

use support::{VESICLE, unconfigured, user_cache_dir};

/// A finished run. Its text form is what snapshots hold.
struct Finished(Output);

impl Finished {
    fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    fn stdout(&self) -> &str {
        std::str::from_utf8(&self.0.stdout).expect("output is UTF-8")
    }

    fn stderr(&self) -> &str {
        std::str::from_utf8(&self.0.stderr).expect("output is UTF-8")
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit code: {:?}", self.code())?;
        writeln!(f, "---- stdout\n{}", self.stdout())?;
        writeln!(f, "---- stderr\n{}", self.stderr())
    }
}

/// `vesicle` as users have it, but with the tests' cache and without what the shell around the
/// tests may have set.
fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    unconfigured(&mut command)
        .args(arguments)
        .env("XDG_CACHE_HOME", user_cache_dir())
        .env_remove("RUST_LOG")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn vesicle(arguments: &[&str]) -> Finished {
    vesicle_with_stdin(arguments, b"")
}

fn vesicle_with_stdin(arguments: &[&str], stdin: &[u8]) -> Finished {
    let mut child = command(VESICLE, arguments).spawn().expect("vesicle starts");
    let mut pipe = child.stdin.take().expect("stdin is piped");
    // A program that refuses its arguments does not read; that is not this pipe's problem.
    let _ = pipe.write_all(stdin);
    drop(pipe);
    Finished(child.wait_with_output().expect("vesicle ends"))
}

/// Runs `code` from standard input.
fn run(code: impl AsRef<[u8]>) -> Finished {
    run_with(&[], code)
}

fn run_with(options: &[&str], code: impl AsRef<[u8]>) -> Finished {
    let arguments: Vec<&str> = ["run", "-"].iter().chain(options).copied().collect();
    vesicle_with_stdin(&arguments, code.as_ref())
}
