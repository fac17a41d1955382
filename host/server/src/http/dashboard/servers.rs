//! The other servers, and how they stand.

use serde_json::{Value, json};
use vesicle_bridge::State;

use super::Viewer;
use crate::tools::flagged;

/// Those that calls of this viewer may reach. What only the operator knows, and what counts calls of all accounts, is for
/// whoever sees all.
pub fn told(viewer: &Viewer) -> Value {
    let seen = viewer.seen();
    let bridge = match seen.toolbox.bridge() {
        _ if seen.toolbox.is_empty() => return json!({"servers": [], "notes": []}),
        Ok(bridge) => bridge,
        Err(error) => return json!({"servers": [], "notes": [error.to_string()]}),
    };
    let grants = seen.policy.default_profile().tools.grants();
    let catalog = bridge.catalog();
    let statuses = bridge.statuses().into_iter();
    let statuses = statuses.filter(|status| viewer.sees_all || grants.reaches(&status.name));
    let servers = statuses.map(|status| {
        let odd = catalog.server(&status.name).map(|server| flagged(server));
        let tools = catalog.server(&status.name).map(|server| {
            let names = server.tools().map(|tool| tool.name().to_owned());
            names.collect::<Vec<_>>()
        });
        let mut told = json!({
            "name": status.name,
            "transport": status.transport,
            "state": status.state,
            "is_down": status.state == State::Down,
            "last_error": status.last_error,
            "title": status.title,
            "version": status.version,
            "tools_from_disk": status.tools_from_disk,
            "tools": tools,
            "held": status.held,
            "odd": odd,
            "notes": status.notes,
        });
        if viewer.sees_all {
            told["address"] = json!(status.address);
            told["connections"] = json!(status.connections);
            told["in_flight"] = json!(status.in_flight);
            told["stderr"] = json!(status.stderr);
            told["counts"] = json!(status.counts);
        }
        told
    });
    let servers: Vec<Value> = servers.collect();
    let notes = match viewer.sees_all {
        true => seen.toolbox.notes(),
        false => &[],
    };
    json!({"servers": servers, "notes": notes})
}
