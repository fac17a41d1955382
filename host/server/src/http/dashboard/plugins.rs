//! Plugins, with what each asks for, is granted and may do.

use serde_json::{Value, json};
use vesicle_plugins::store::Listed;

use super::{Dashboard, Seen, Viewer};
use crate::{
    http::clients::Client,
    plugins::{Dispatcher, PluginError, is_saved, standing},
};

/// How many plugins of an account are told; the others are counted.
const PLUGINS_MAX: usize = 200;

impl Dashboard {
    /// Whose plugins a viewer sees: its own, and those of all accounts if it sees all.
    pub(super) fn owners(&self, viewer: &Viewer) -> Vec<std::sync::Arc<Client>> {
        match (viewer.name(), viewer.sees_all, &self.gate.authority) {
            (Some(_), true, Some(authority)) => {
                let tokens = authority.tokens();
                let tokens = tokens.inspect_err(|error| {
                    tracing::warn!(%error, "accounts that only have tokens are not shown");
                });
                self.gate.clients.all(tokens.ok().as_deref())
            }
            _ => vec![viewer.client.clone()],
        }
    }

    /// All that a viewer sees.
    pub(super) async fn plugins(&self, viewer: &Viewer) -> Value {
        let mut places = Vec::new();
        for owner in self.owners(viewer) {
            let account = owner.account.as_ref().map(|account| &account.name);
            let (plugins, broken, more, error) = match of(&owner.seen).await {
                Ok((plugins, broken, more)) => (plugins, broken, more, None),
                Err(error) => (vec![], vec![], 0, Some(error.to_string())),
            };
            let is_own = account.map(String::as_str) == viewer.name();
            // Of others, only those that have some.
            if is_own || !plugins.is_empty() || !broken.is_empty() || error.is_some() {
                places.push(json!({
                    "account": account,
                    "plugins": plugins,
                    "broken": broken,
                    "more": more,
                    "error": error,
                }));
            }
        }
        Value::Array(places)
    }
}

type Told = (Vec<Value>, Vec<Value>, usize);

async fn of(seen: &Seen) -> Result<Told, PluginError> {
    let Some(dispatcher) = &seen.plugins else {
        return Ok((vec![], vec![], 0));
    };
    let shelf = dispatcher.shelf().await?;
    let (listed, more) = first(shelf.plugins());
    let listed = listed.iter().map(|listed| told(dispatcher, listed));
    let listed: Result<Vec<Value>, _> = listed.collect();
    let (broken, more_broken) = first(shelf.broken());
    let broken = broken
        .iter()
        .map(|(name, error)| json!({"name": name.as_str(), "error": error.to_string()}));
    Ok((listed?, broken.collect(), more + more_broken))
}

/// Those that are told, and how many more there are.
fn first<T>(all: &[T]) -> (&[T], usize) {
    let (first, more) = all.split_at(all.len().min(PLUGINS_MAX));
    (first, more.len())
}

/// One of them.
pub fn told(dispatcher: &Dispatcher, listed: &Listed) -> Result<Value, PluginError> {
    let contents = listed.manifest.contents();
    let rights = dispatcher.rights(&listed.manifest)?;
    let tools = contents.tools.iter().map(|tool| {
        let description = tool.description.lines().next().unwrap_or_default();
        json!({"name": tool.name, "description": description})
    });
    let rows = rights.rows.iter();
    let rows = rows.filter(|row| !row.asked.is_empty() || !row.granted.is_empty());
    let rows = rows.map(|row| {
        json!({
            "kind": row.kind,
            "asked": row.asked,
            "granted": row.granted,
            "effective": row.effective,
            "missing": row.missing,
        })
    });
    // What the page can grant: directories are granted where somebody says which.
    let can_grant = rights
        .rows
        .iter()
        .any(|row| row.kind != "preopen" && !row.missing.is_empty());
    Ok(json!({
        "name": contents.name.as_str(),
        "version": contents.version,
        "description": contents.description,
        "digest": contents.digest.to_string(),
        "saved_by_agent": is_saved(contents),
        "tools": tools.collect::<Vec<_>>(),
        "standing": standing(&rights),
        "missing": rights.missing(),
        "can_grant": can_grant,
        "grant_by": dispatcher.plugins().grant_by(&contents.name, &rights),
        "rights": rows.collect::<Vec<_>>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_plugin_that_is_told_and_the_first_that_is_counted() {
        for (count, told, more) in [
            (0, 0, 0),
            (PLUGINS_MAX, PLUGINS_MAX, 0),
            (PLUGINS_MAX + 1, PLUGINS_MAX, 1),
        ] {
            let all = vec![(); count];
            let (first, rest) = first(&all);
            assert_eq!((first.len(), rest), (told, more));
        }
    }
}
