//! Lets old episodes go.

use serde::Serialize;

use crate::memory::delete;
use crate::model::{EpisodeId, Time};
use crate::store::{self, Filter, Order, Page, Store};
use crate::{Error, Result};

/// Episodes that are deleted in one transaction.
const BATCH: usize = 200;

/// What is kept. An episode goes when it breaks one of the conditions; open ones stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// So many of the completed ones, the newest.
    pub newest: Option<usize>,
    /// Those that were created at this time or later.
    pub since: Option<Time>,
}

/// What was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Episodes that are gone, or would be.
    pub episodes: u64,
    /// Whether they are there still, as nothing was to be deleted.
    pub dry_run: bool,
}

/// Deletes completed episodes beyond what is kept. Patterns keep what they counted. `progress` gets the episodes done and
/// all that go.
///
/// # Errors
/// No condition, and those of the store.
pub fn prune(
    store: &dyn Store,
    keep: Keep,
    dry_run: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Pruned> {
    if keep == Keep::default() {
        return Err(Error::Invalid(
            "nothing says what to keep; name a number of episodes, or a time".to_owned(),
        ));
    }
    let ids = store::read(store, |tx| {
        let completed = Filter {
            completed: Some(true),
            ..Filter::default()
        };
        let mut ids: Vec<EpisodeId> = Vec::new();
        if let Some(newest) = keep.newest {
            let page = Page {
                limit: usize::MAX,
                offset: newest,
            };
            ids.extend(tx.list(&completed, Order::Newest, page)?);
        }
        if let Some(since) = keep.since {
            let old = Filter {
                until: Some(since),
                ..completed
            };
            ids.extend(tx.list(&old, Order::Oldest, Page::ALL)?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    })?;
    let episodes = ids.len() as u64;
    if !dry_run {
        let mut done = 0;
        for batch in ids.chunks(BATCH) {
            store::write(store, |tx| batch.iter().try_for_each(|&id| delete(tx, id)))?;
            done += batch.len() as u64;
            progress(done, episodes);
        }
    }
    Ok(Pruned { episodes, dry_run })
}
