//! `vesicle init`: a configuration to begin with, and the servers that other clients know.

mod ask;
mod plan;
mod write;

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::{Value as Json, json};
use vesicle::{
    config::{Configuration, FILE_NAME, MCP_JSON},
    import::{self, Kept, Surroundings},
};

use super::{ExitStatus, exit::UsageError, options::GlobalArgs};
use crate::terminal;
use plan::Plan;

/// Write a vesicle.toml to begin with, and import the servers that other MCP clients know
///
/// Looks for the configurations of Claude Desktop, Claude Code, Cursor, VS Code, Windsurf, Zed,
/// Gemini CLI and Codex, and asks before it takes servers from one. Those files stay as they are. What
/// looks like a secret in them is copied into a file that only you can read, and vesicle.toml refers to
/// it. Nothing that is there is overwritten, and without a terminal nothing is written unless --yes
/// says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle init                # ./vesicle.toml, with the servers of this project and yours\n  \
    vesicle init --user --yes   # for all directories, without questions\n\n\
    Exit codes:\n  \
    0  the file was written\n  \
    1  nothing was written\n  \
    2  bad usage, or the file is there already")]
pub struct InitArgs {
    /// Write into your configuration directory, for all directories, and take no servers of this
    /// project; --config names any other place
    #[arg(long)]
    user: bool,

    /// Write without asking, with all servers that are found
    #[arg(short, long)]
    yes: bool,

    /// Look for no other client's servers
    #[arg(long)]
    no_import: bool,

    /// Print JSON, and ask nothing
    #[arg(long)]
    json: bool,
}

/// Asks, and writes.
pub fn run(args: &InitArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let here = std::env::current_dir().context("cannot tell the working directory")?;
    let target = target(args, global, &here)?;
    // Also a link that leads nowhere is something that somebody put there.
    if target.symlink_metadata().is_ok() {
        return Err(UsageError(format!(
            "there is `{}` already, and it stays as it is; `--config FILE` writes another one, and \
             `vesicle config show --defaults` prints every key",
            target.display()
        ))
        .into());
    }
    let flags = global.flags();
    let surrounding =
        Configuration::without_file(&flags).map_err(|error| UsageError(error.to_string()))?;
    let around = Surroundings::of_process(here.clone(), !args.user);
    let sources = match args.no_import {
        true => Vec::new(),
        false => import::find(&around),
    };
    let project_file = here.join(MCP_JSON);
    let mut plan = Plan {
        project_file: (!args.user && !args.no_import && project_file.is_file())
            .then_some(project_file),
        // Paths in a configuration count from its own directory.
        data_dir: surrounding.data_directory().map(|dir| here.join(dir)),
        data_dir_is_named: flags.iter().any(|flag| flag.key == "data_dir"),
        target,
        sources,
    };
    let is_asked = !args.yes
        && !args.json
        && std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal();
    if is_asked {
        say(&format!("This writes {}.\n", plan.target.display()))?;
        if !ask::all(&mut plan)? {
            say("Nothing was written.\n")?;
            return Ok(ExitStatus::Failure);
        }
    }
    let may_write = args.yes || is_asked;
    let secrets = match may_write {
        true => write::write(&plan)?,
        false => Vec::new(),
    };
    match args.json {
        true => say(&format!("{:#}\n", as_json(&plan, may_write)))?,
        false => say(&told(&plan, may_write, &secrets))?,
    }
    Ok(match may_write {
        true => ExitStatus::Success,
        false => ExitStatus::Failure,
    })
}

fn target(args: &InitArgs, global: &GlobalArgs, here: &Path) -> Result<PathBuf, UsageError> {
    match (global.config_file(), args.user) {
        (Some(_), true) => Err(UsageError(
            "--user and --config (or VESICLE_CONFIG) name two places; give one of them".to_owned(),
        )),
        (Some(file), false) => Ok(here.join(file)),
        (None, false) => Ok(here.join(FILE_NAME)),
        (None, true) => vesicle::config::user_file().ok_or_else(|| {
            UsageError("there is no user's configuration directory; give --config FILE".to_owned())
        }),
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(terminal::for_stream(text, &stdout).as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// What was done, or would be.
fn told(plan: &Plan, is_written: bool, secrets: &[PathBuf]) -> String {
    let mut text = match is_written {
        true => format!("Wrote {}.\n", plan.target.display()),
        false => format!("Would write {}:\n", plan.target.display()),
    };
    text += &plan.told();
    if let Some(first) = secrets.first() {
        let directory = first.parent().unwrap_or(Path::new(""));
        text += &format!(
            "{} in {}, which only you can read.\n",
            plan::counted(secrets.len(), "secret is", "secrets are"),
            directory.display()
        );
    }
    if !is_written {
        return text
            + "Nothing was written, as there is no terminal to ask at. `vesicle init --yes` writes it.\n";
    }
    text += "`vesicle doctor` checks whether all of it works. For your MCP client:\n\n";
    text + &format!("{}\n", client(plan))
}

/// What a client's configuration has to have.
fn client(plan: &Plan) -> Json {
    let program = std::env::current_exe().unwrap_or_else(|_| "vesicle".into());
    let args = [
        "serve".into(),
        "--config".into(),
        plan.target.to_string_lossy(),
    ];
    json!({"mcpServers": {"vesicle": {"command": program.to_string_lossy(), "args": args}}})
}

fn as_json(plan: &Plan, is_written: bool) -> Json {
    let sources = plan.sources.iter().map(|source| {
        let servers = source.servers.iter().map(|server| {
            let secrets = server.secrets.iter().map(|secret| {
                let from = match &secret.kept {
                    Kept::Variable(name) => json!({"env": name}),
                    Kept::Literal(_) => json!({"file": plan.secret_file(&secret.name)}),
                };
                json!({"name": secret.name, "from": from})
            });
            json!({
                "name": server.name,
                "reached_by": server.shown(),
                "secrets": secrets.collect::<Vec<_>>(),
                "notes": server.notes,
            })
        });
        let left_out = source.left_out.iter();
        let left_out = left_out.map(|left| json!({"name": left.name, "why": left.why}));
        json!({
            "client": source.client.name(),
            "file": source.path,
            "unreadable": source.unreadable,
            "servers": servers.collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
        })
    });
    json!({
        "file": plan.target,
        "written": is_written,
        "project_file": plan.project_file,
        "sources": sources.collect::<Vec<_>>(),
        "client": client(plan),
    })
}
