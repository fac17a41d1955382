//! `vesicle audit`, and the log that other commands write to.

mod tail;

use std::{io::Write as _, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;
use vesicle::{
    audit::{self, Audit, Hash, Report, Who},
    config::{Configuration, NoDirectory, Runner},
    secrets::Secrets,
};

use super::{ExitStatus, exit::UsageError, options::GlobalArgs};
use crate::terminal;

/// Read the audit log, which has one line for each execution
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    Verify(VerifyArgs),
    Tail(tail::TailArgs),
}

/// Check that no line was changed, removed, inserted or moved
///
/// Prints the hash of the newest line. Keep it elsewhere: a log whose newest lines were removed, or
/// that was written anew from the start, is intact in itself, but has no line with that hash.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0  the log is intact\n  \
    1  it is not, or it cannot be read\n  \
    2  bad usage")]
struct VerifyArgs {
    /// Where the log is [default: as `audit.dir` has it]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Also check that a line has this hash, which an earlier `verify` printed
    #[arg(long, value_name = "HASH", value_parser = |hex: &str| Hash::from_hex(hex))]
    expect: Option<Hash>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does what was asked for.
pub fn run(args: &AuditArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    match &args.command {
        AuditCommand::Verify(args) => verify(args, global),
        AuditCommand::Tail(args) => tail::run(args, global),
    }
}

/// The log for the executions of this command.
pub fn start(
    configuration: &Configuration,
    secrets: &Secrets,
    runner: Runner,
) -> anyhow::Result<Audit> {
    match configuration.audit(runner)? {
        None => Ok(Audit::off()),
        Some(settings) => {
            let secrets = secrets.clone();
            let redact = Arc::new(move |line| secrets.redact_json(line));
            Audit::start(settings.clone(), redact).context("cannot start the audit log")
        }
    }
}

/// Who executes by `vesicle run`.
pub fn command_line() -> Who {
    Who {
        client: "cli".to_owned(),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        account: None,
    }
}

/// The directory of the log: the one named, or the configured one.
fn directory(named: Option<&PathBuf>, global: &GlobalArgs) -> anyhow::Result<PathBuf> {
    let dir = match named {
        Some(dir) => dir.clone(),
        None => {
            let configuration = global.configuration(vec![])?;
            configuration.audit_dir().ok_or(NoDirectory)?.to_owned()
        }
    };
    match dir.is_dir() {
        true => Ok(dir),
        false => Err(UsageError(format!(
            "there is no audit log in `{}`; `vesicle serve` and `vesicle run --audit` write one, --dir names another",
            dir.display()
        ))
        .into()),
    }
}

fn verify(args: &VerifyArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let dir = directory(args.dir.as_ref(), global)?;
    let report = audit::verify(&dir, args.expect.as_ref())
        .with_context(|| format!("cannot read the audit log in `{}`", dir.display()))?;
    let is_expected = args.expect.is_none() || report.found;
    let is_intact = report.is_intact() && is_expected;
    let text = match args.json {
        true => format!("{:#}\n", as_json(&report, is_expected, is_intact)),
        false => as_text(&report, is_expected, is_intact),
    };
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(terminal::for_stream(&text, &stdout).as_bytes())?;
    Ok(match is_intact {
        true => ExitStatus::Success,
        false => ExitStatus::Failure,
    })
}

fn as_json(report: &Report, is_expected: bool, is_intact: bool) -> serde_json::Value {
    let head = report.head.as_ref();
    let truncated: Vec<String> = report.truncated.iter().map(ToString::to_string).collect();
    json!({
        "intact": is_intact,
        "expected_found": is_expected,
        "files": report.files,
        "lines": report.lines,
        "first_seq": report.first_seq,
        "head": head.map(|head| json!({"seq": head.seq, "hash": head.hash.to_string()})),
        "truncated": truncated,
        "problems": report.problems,
        "problems_omitted": report.problems_omitted,
    })
}

fn as_text(report: &Report, is_expected: bool, is_intact: bool) -> String {
    let mut text = String::new();
    for place in &report.truncated {
        text += &format!("{place}: truncated: a writer ended in mid-line\n");
    }
    for problem in &report.problems {
        text += &format!("{problem}\n");
    }
    if report.problems_omitted > 0 {
        text += &format!("and {} more\n", report.problems_omitted);
    }
    let from = match report.first_seq {
        Some(first) if first > 1 => format!(", from number {first} on"),
        _ => String::new(),
    };
    text += &format!("{} lines in {} files{from}\n", report.lines, report.files);
    if let Some(head) = &report.head {
        text += &format!("head {} {}\n", head.seq, head.hash);
    }
    if !is_expected {
        text += "no line has the expected hash: lines were removed, or the log was written anew\n";
    }
    text += if is_intact {
        "intact\n"
    } else {
        "NOT INTACT\n"
    };
    text
}
