//! What the host saves a model: definitions of tools that are not in its prompts, and results that stayed in the sandbox.
//! Nothing is estimated: definitions are counted as `vesicle tokens` counts them, results in the bytes that passed.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use vesicle_bridge::{Catalog, Decision, tokens};

use super::{Seen, Viewer};
use crate::{live::Counts, mcp};

/// What was counted, as long as the servers list the same. The first count also
/// reads the tables of tokens, some 50 MB, which stay.
#[derive(Default)]
pub struct Savings(Mutex<Option<(u64, Arc<Counted>)>>);

/// Tokens of definitions.
#[derive(Debug, Serialize)]
struct Counted {
    /// The servers that calls may reach, and their tools.
    servers: Vec<Server>,
    /// What all of them have without the host.
    plain: usize,
    /// What the tools have that stand for all of them.
    own: usize,
}

#[derive(Debug, Serialize)]
struct Server {
    name: String,
    tools: usize,
    tokens: usize,
}

/// What is known now.
pub async fn told(viewer: &Viewer, counts: &Counts) -> Value {
    let seen = viewer.seen();
    let counted = match seen.toolbox.is_empty() {
        true => None,
        false => counted(seen).await,
    };
    let of_definitions = counted.map(|counted| {
        let less = counted.plain.saturating_sub(counted.own) as u64;
        json!({
            "encoding": "o200k_base",
            "servers": counted.servers,
            "plain_tokens": counted.plain,
            "own_tokens": counted.own,
            "lists": counts.lists,
            "left_out_tokens": less.saturating_mul(counts.lists),
        })
    });
    let of_results = seen.audit.settings().map(|_| {
        json!({
            "answered_bytes": counts.answered_bytes,
            "told_bytes": counts.told_bytes,
            "kept_bytes": counts.kept_bytes,
        })
    });
    json!({"definitions": of_definitions, "results": of_results})
}

async fn counted(seen: &Arc<Seen>) -> Option<Arc<Counted>> {
    let catalog = seen.toolbox.bridge().ok()?.catalog();
    if let Some((version, counted)) = &*seen.savings.0.lock()
        && *version == catalog.version
    {
        return Some(counted.clone());
    }
    let seen = seen.clone();
    let counting = tokio::task::spawn_blocking(move || {
        let counted = Arc::new(count(&seen, &catalog));
        *seen.savings.0.lock() = Some((catalog.version, counted.clone()));
        counted
    });
    counting.await.ok()
}

fn count(seen: &Seen, catalog: &Catalog) -> Counted {
    let grants = seen.policy.default_profile().tools.grants();
    let servers: Vec<Server> = catalog
        .servers()
        .iter()
        .map(|server| {
            let name = server.name.as_str();
            let may = || {
                server
                    .tools()
                    .map(|tool| &tool.definition)
                    .filter(|tool| grants.decide(name, &tool.name) != Decision::Deny)
            };
            Server {
                name: name.to_owned(),
                tools: may().count(),
                tokens: tokens::plain(may()),
            }
        })
        .filter(|server| server.tools > 0)
        .collect();
    Counted {
        plain: servers.iter().map(|server| server.tokens).sum(),
        own: tokens::plain(&mcp::definitions(&seen.policy, &seen.toolbox, None, None)),
        servers,
    }
}
