//! What of servers' definitions does not belong there, and who is told.

use std::collections::HashMap;

use vesicle_bridge::{Bridge, Catalog, CatalogServer, hygiene};

use crate::audit::Audit;

/// How many tools with odd descriptions are named for each server.
const FLAGGED_MAX: usize = 10;

/// The tools whose names or descriptions have what does not belong there, such as characters that
/// nobody sees or orders to whoever reads them, each with the reasons.
pub fn odd(server: &CatalogServer) -> Vec<String> {
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

/// Writes to the audit log what is odd about servers and what of them is held back, whenever that
/// changes. Ends with the bridge.
pub async fn watch(bridge: &Bridge, audit: &Audit) {
    let mut changes = bridge.changes();
    let mut told = HashMap::new();
    loop {
        note(&bridge.catalog(), audit, &mut told);
        if changes.changed().await.is_err() {
            return;
        }
    }
}

type Told = HashMap<String, (Vec<String>, Vec<String>)>;

fn note(catalog: &Catalog, audit: &Audit, told: &mut Told) {
    for server in catalog.servers() {
        let held = server.held().map(|tool| tool.name().to_owned()).collect();
        let now = (odd(server), held);
        let before = told.entry(server.name.to_string()).or_default();
        if *before != now {
            audit.note_server(server.name.as_str(), &now.0, &now.1);
            *before = now;
        }
    }
}
