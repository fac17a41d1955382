//! `vesicle doctor`: whether all that Vesicle needs is there, and what to do where it is not.

mod certificate;
mod configured;
mod finding;
mod http;
mod machine;
mod places;
mod plugins;
mod servers;
mod stores;

use std::{io::Write as _, sync::mpsc, thread, time::Duration};

use clap::builder::styling::{AnsiColor, Style};
use serde_json::json;
use vesicle::{harmless::harmless, secrets::Secrets};

use super::{
    ExitStatus,
    options::{GlobalArgs, ServerArgs},
    values,
};
use crate::logging;
use finding::{Findings, Level};

/// Check the machine, the configuration and all that it names, and say what to do
///
/// Runs a program in the sandbox, connects to the servers (which starts those that are programs), reads
/// the stores, the audit log and all plugins, and tries the address and the certificate of HTTP. It
/// repairs nothing, and writes nothing but the compiled engine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0  no problem was found; there may be warnings\n  \
    1  a problem was found\n  \
    2  bad usage")]
pub struct DoctorArgs {
    /// Start and ask no other MCP servers
    #[arg(long)]
    no_servers: bool,

    #[command(flatten)]
    servers: ServerArgs,

    /// How long servers and databases may take to answer, each, such as 500ms or 2s
    #[arg(long, value_parser = values::duration, value_name = "DURATION", default_value = "10s")]
    wait: Duration,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks, and prints what was found.
pub fn run(args: &DoctorArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let mut findings = Findings::default();
    let mut secrets = Secrets::default();
    machine::check(&mut findings);
    match global.configuration(args.servers.flag().into_iter().collect()) {
        // Nothing else can be told without it.
        Err(error) => findings.problem(
            "configuration",
            error.to_string(),
            "correct it; `vesicle config show --defaults` prints every key with what it may be",
        ),
        Ok(configuration) => {
            let read = configured::check(&configuration, &mut findings);
            secrets = read.unwrap_or_default();
            logging::init_for_telling(configuration.log_format, secrets.clone());
            places::check(&configuration, &mut findings);
            machine::check_sandbox(&configuration, &mut findings);
            machine::check_files(&configuration, &mut findings);
            machine::check_clock(&configuration, &mut findings);
            stores::check(&configuration, args.wait, &mut findings);
            plugins::check(&configuration, &mut findings);
            http::check(&configuration, &mut findings);
            if !args.no_servers {
                servers::check(&configuration, &secrets, args.wait, &mut findings);
            }
        }
    }
    print(&findings, &secrets, args.json)?;
    Ok(match findings.count(Level::Problem) {
        0 => ExitStatus::Success,
        _ => ExitStatus::Failure,
    })
}

fn print(findings: &Findings, secrets: &Secrets, as_json: bool) -> anyhow::Result<()> {
    let counts = Level::ALL.map(|level| findings.count(level));
    let [ok, warnings, problems] = counts;
    let mut stdout = anstream::stdout().lock();
    if as_json {
        let told = json!({
            "ok": problems == 0,
            "warnings": warnings,
            "problems": problems,
            "checks": findings.all(),
        });
        writeln!(stdout, "{}", secrets.redact_json(format!("{told:#}")))?;
        return Ok(());
    }
    for finding in findings.all() {
        let style = match finding.level {
            Level::Ok => AnsiColor::Green.on_default(),
            Level::Warning => AnsiColor::Yellow.on_default().bold(),
            Level::Problem => AnsiColor::Red.on_default().bold(),
        };
        // What servers and files say is others' text; the colours are ours, and come after.
        let told =
            |text: &str| harmless(&secrets.redact(text.to_owned())).replace('\n', "\n          ");
        let level = format!("{:<9}", finding.level.name());
        writeln!(
            stdout,
            "{style}{level}{style:#} {}: {}",
            finding.area,
            told(&finding.what)
        )?;
        if let Some(advice) = &finding.advice {
            let arrow = Style::new().bold();
            writeln!(stdout, "          {arrow}do:{arrow:#} {}", told(advice))?;
        }
    }
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    writeln!(
        stdout,
        "\n{ok} ok, {}, {}",
        counted(warnings, "warning"),
        counted(problems, "problem")
    )?;
    Ok(())
}

/// What `work` comes to, unless it takes longer; then it is left behind.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, waits) = mpsc::channel();
    thread::spawn(move || {
        // Nobody waits for it any more, perhaps.
        let _ = done.send(work());
    });
    waits.recv_timeout(limit).ok()
}
