//! How a server stands, in words: for models and for people.

use std::fmt::Write as _;

use vesicle_bridge::{CatalogServer, ServerStatus, State, hygiene};

/// How many tools with odd descriptions are named for each server.
const FLAGGED_MAX: usize = 10;

/// A server on one line.
pub fn state_line(status: &ServerStatus) -> String {
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
pub fn flagged(server: &CatalogServer) -> Vec<String> {
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
