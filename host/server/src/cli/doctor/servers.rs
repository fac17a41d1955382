//! Other MCP servers: whether each answers, and how many tools it has.

use std::time::Duration;

use vesicle::{config::Configuration, secrets::Secrets, tools::Toolbox};
use vesicle_bridge::ServerStatus;

use super::Findings;
use crate::cli::progress;

/// How many lines of what a server wrote to its standard error are told.
const LINES_TOLD_MAX: usize = 3;

/// Connects to all of them at once.
pub fn check(
    configuration: &Configuration,
    secrets: &Secrets,
    wait: Duration,
    findings: &mut Findings,
) {
    let tools = match configuration.tools(secrets) {
        Ok(tools) => tools,
        Err(error) => {
            return findings.problem(
                "servers",
                error.to_string(),
                "correct the definition, or take it out",
            );
        }
    };
    for note in &tools.notes {
        findings.warning(
            "servers",
            format!("not used: {note}"),
            "correct the file, or leave it at that",
        );
    }
    if tools.bridge.servers.is_empty() {
        return findings.ok(
            "servers",
            "there are none; `vesicle init` finds those of other clients",
        );
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return findings.problem(
                "servers",
                format!("no thread can be started: {error}"),
                "see the limits of this user",
            );
        }
    };
    let toolbox = Toolbox::new(tools, runtime.handle().clone());
    let asked = progress::while_waiting("Asking the servers", || {
        runtime.block_on(async {
            let bridge = toolbox.bridge().map_err(|error| error.to_string())?;
            let answers = bridge.answers(None, wait).await;
            Ok::<_, String>((bridge.statuses(), answers))
        })
    });
    match asked {
        Ok((statuses, answers)) => {
            for status in statuses {
                one(&status, answers.get(&status.name), wait, findings);
            }
        }
        Err(error) => findings.problem("servers", error, "see that the data directory is yours"),
    }
    runtime.block_on(toolbox.shut_down());
    runtime.shutdown_background();
}

fn one(status: &ServerStatus, answer: Option<&Duration>, wait: Duration, findings: &mut Findings) {
    let name = &status.name;
    let Some(time) = answer else {
        let why = match &status.last_error {
            Some(error) => error.clone(),
            None => format!(
                "no answer within {} ms; --wait gives it longer",
                wait.as_millis()
            ),
        };
        let lines = status.stderr.len().saturating_sub(LINES_TOLD_MAX);
        let said: String = status
            .stderr
            .iter()
            .skip(lines)
            .map(|line| format!("\nit wrote: {line}"))
            .collect();
        let advice = match status.transport {
            "stdio" => {
                "start the program by hand as it stands under [servers], and see what it says"
                    .to_owned()
            }
            _ => format!(
                "see that the address is right and can be reached; `vesicle servers login {name}` where it wants a login"
            ),
        };
        return findings.problem(
            "servers",
            format!("`{name}` does not answer: {why}{said}"),
            advice,
        );
    };
    if !status.held.is_empty() {
        return findings.warning(
            "servers",
            format!("`{name}` answers, and {} of its tools are held back, since their definitions changed", status.held.len()),
            format!("read them with `vesicle tools describe {name}.TOOL`, then `vesicle servers approve {name}`"),
        );
    }
    findings.ok(
        "servers",
        format!(
            "`{name}` has {} tools, and answers in {:.1} ms",
            status.tools,
            time.as_secs_f64() * 1e3
        ),
    );
}
