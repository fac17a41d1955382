//! Tells the audit log what of servers' definitions does not belong there.

use std::collections::HashMap;

use vesicle_bridge::{Bridge, Catalog};

use super::flagged;
use crate::audit::Audit;

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
        let now = (flagged(server), held);
        let before = told.entry(server.name.to_string()).or_default();
        if *before != now {
            audit.note_server(server.name.as_str(), &now.0, &now.1);
            *before = now;
        }
    }
}
