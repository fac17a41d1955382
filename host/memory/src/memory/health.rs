//! What the memory takes, and whether it is well.

use std::time::Instant;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Memory, ReindexProgress};
use crate::embeddings::Purpose;
use crate::store::{RecordKind, Records, Usage};
use crate::{Result, store};

/// What is kept, and what it takes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Stats {
    /// Episodes.
    pub episodes: u64,
    /// Those that are completed.
    pub completed: u64,
    /// Those that ended in success, wholly or in part.
    pub successful: u64,
    /// Steps of all.
    pub steps: u64,
    /// Patterns.
    pub patterns: u64,
    /// Heuristics.
    pub heuristics: u64,
    /// Relationships.
    pub relationships: u64,
    /// Recommendation sessions.
    pub sessions: u64,
    /// Which vectors are searched.
    pub active_vectors: Option<String>,
    /// How far vectors are that are being made.
    pub reindex: ReindexProgress,
    /// What the store takes.
    pub store: Usage,
}

/// Whether a part works.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PartHealth {
    /// `healthy`, `degraded` or `unhealthy`.
    pub status: &'static str,
    /// How long the trial took.
    pub latency_ms: f64,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Whether the parts work, as tried just now.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Health {
    /// The worst of the parts.
    pub status: &'static str,
    /// Whether the store can be read.
    pub store: PartHealth,
    /// Whether the index answers.
    pub index: PartHealth,
    /// Whether texts can be embedded. Without that, words are searched still.
    pub embeddings: PartHealth,
}

impl Memory {
    /// What is kept in the domains that may be seen, and what all of it takes.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn stats(&self) -> Result<Stats> {
        let reindex = self.reindex_progress();
        self.blocking(move |memory| {
            let usage = memory.inner.store.usage()?;
            let filter = memory.filter();
            store::read(&*memory.inner.store, |tx| {
                let totals = tx.totals(&filter)?;
                let mut count =
                    |kind| Ok::<_, crate::Error>(tx.count_records(&Records::all(kind))?.0);
                Ok(Stats {
                    episodes: totals.episodes,
                    completed: totals.completed,
                    successful: totals.successful,
                    steps: totals.steps,
                    patterns: count(RecordKind::Pattern)?,
                    heuristics: count(RecordKind::Heuristic)?,
                    relationships: count(RecordKind::Relationship)?,
                    sessions: count(RecordKind::Session)?,
                    active_vectors: tx.active_vectors()?,
                    reindex: reindex.clone(),
                    store: usage.clone(),
                })
            })
        })
        .await
    }

    /// Tries each part.
    pub async fn health(&self) -> Health {
        let began = Instant::now();
        let read = self.reading(|_, tx| tx.active_vectors()).await;
        let key = self.embeddings().key();
        let mismatch = match &read {
            Ok(Some(active)) if *active != key => Some(format!(
                "the vectors that are searched are of {active}, and queries are embedded with {key}; until configure_embeddings is done, words alone are searched"
            )),
            _ => None,
        };
        let store = part(
            began,
            "unhealthy",
            read.err().map(|error| error.to_string()),
        );
        let began = Instant::now();
        let searched = self
            .blocking(|memory| memory.inner.store.frequencies(&[]))
            .await;
        let index = part(
            began,
            "unhealthy",
            searched.err().map(|error| error.to_string()),
        );
        let began = Instant::now();
        let embedded = self.embed("health", Purpose::Query).await;
        let embeddings = part(
            began,
            "degraded",
            embedded.err().map(|error| error.to_string()).or(mismatch),
        );
        let all = [&store, &index, &embeddings];
        let worst = |status| all.iter().any(|part| part.status == status);
        let status = if worst("unhealthy") {
            "unhealthy"
        } else if worst("degraded") {
            "degraded"
        } else {
            "healthy"
        };
        Health {
            status,
            store,
            index,
            embeddings,
        }
    }
}

fn part(began: Instant, otherwise: &'static str, error: Option<String>) -> PartHealth {
    PartHealth {
        status: if error.is_none() {
            "healthy"
        } else {
            otherwise
        },
        latency_ms: began.elapsed().as_secs_f64() * 1e3,
        error,
    }
}
