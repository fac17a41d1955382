//! `list_servers`: what is connected, how it stands, and what is odd about it.

use std::fmt::Write as _;

use rmcp::model::{CallToolResult, JsonObject};
use vesicle_bridge::Bridge;

use super::{refused, told};
use crate::{
    mcp::{Host, arguments::none_left},
    tools::{Granted, flagged, state_line},
};

/// The tool's name.
pub const NAME: &str = "list_servers";

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
        let _ = writeln!(text, "{}", state_line(&status));
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
