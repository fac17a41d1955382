//! `list_servers`: what is connected, how it stands, and what is odd about it.

use std::fmt::Write as _;

use rmcp::model::{CallToolResult, JsonObject};
use vesicle_bridge::{Bridge, CatalogServer, ServerStatus, State, hygiene};

use super::{refused, told};
use crate::{
    mcp::{Host, arguments::none_left},
    tools::Granted,
};

/// The tool's name.
pub const NAME: &str = "list_servers";

/// How many tools with odd descriptions are named for each server.
const FLAGGED_MAX: usize = 10;

/// The list.
pub fn call(host: &Host, granted: &Granted, sent: &JsonObject) -> CallToolResult {
    if let Err(why) = none_left(sent, "none") {
        return refused(&why);
    }
    match host.toolbox.bridge() {
        Ok(bridge) => {
            let text = listed(bridge, granted, host.toolbox.notes());
            told(&host.secrets.redact(text))
        }
        Err(error) => refused(&error.to_string()),
    }
}

fn listed(bridge: &Bridge, granted: &Granted, notes: &[String]) -> String {
    let catalog = bridge.catalog();
    let mut text = String::new();
    for status in bridge.statuses() {
        if !granted.caller().grants.reaches(&status.name) {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line(&status));
        if !status.held.is_empty() {
            let held = status.held.join(", ");
            let _ = writeln!(
                text,
                "  held back, since their descriptions changed: {held}"
            );
        }
        for odd in catalog
            .server(&status.name)
            .map_or(vec![], |server| flagged(server))
        {
            let _ = writeln!(text, "  odd: {odd}");
        }
        for note in &status.notes {
            let _ = writeln!(text, "  {note}");
        }
    }
    for note in notes {
        let _ = writeln!(text, "not used: {note}");
    }
    text
}

fn line(status: &ServerStatus) -> String {
    let state = match status.state {
        State::Idle => "not started",
        State::Starting => "starting",
        State::Ready => "ready",
        State::Down => "down",
        State::Stopped => "stopped",
    };
    let mut line = format!("{}: {state}, {} tools", status.name, status.tools);
    if status.state == State::Down {
        if let Some(error) = &status.last_error {
            let _ = write!(line, ": {error}");
        }
        if let Some(ms) = status.retry_after_ms {
            let _ = write!(line, " (next try in {ms} ms)");
        }
    }
    line
}

/// The tools whose descriptions have what does not belong there.
fn flagged(server: &CatalogServer) -> Vec<String> {
    let odd = server.tools().chain(server.held()).filter_map(|tool| {
        let description = tool.definition.description.as_deref().unwrap_or_default();
        let flags = [hygiene::check(tool.name()), hygiene::check(description)];
        let reasons: Vec<String> = flags
            .into_iter()
            .flat_map(|checked| checked.flags)
            .map(|flag| flag.reason)
            .collect();
        let name = hygiene::strip(tool.name());
        (!reasons.is_empty()).then(|| format!("{name}: {}", reasons.join("; ")))
    });
    odd.take(FLAGGED_MAX).collect()
}
