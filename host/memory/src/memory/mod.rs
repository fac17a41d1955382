//! The way in: every operation of the memory, written once above the store.
//!
//! Methods are async and do their work on threads that may wait. What they take and give has the names of the contract, so
//! that a tool's arguments are read into the one and its result is written from the other.

mod analysis;
mod answers;
pub mod batch;
pub(crate) mod check;
mod checkpoints;
mod complete;
mod create;
mod embedding;
mod episodes;
mod health;
mod hits;
mod patterns;
mod pruning;
mod quality;
mod query;
mod relations;
mod semantic;
mod steps;
mod tags;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

pub use analysis::AskAnalysis;
pub use answers::{
    Completed, Created, Deleted, StepAdded, Tagged, Timeline, TimelineEntry, Updated,
};
pub use checkpoints::{CheckpointMade, Resumed};
pub use complete::CompleteEpisode;
pub(crate) use complete::{check_outcome, learn};
pub use create::NewEpisode;
pub use embedding::{
    ConfigureEmbeddings, Configured, EmbeddingStatus, ProviderTest, ReindexProgress,
};
pub(crate) use episodes::delete;
pub use episodes::{Bulk, UpdateEpisode, selected};
pub use health::{Health, PartHealth, Stats};
pub use patterns::*;
pub use quality::{AskQuality, QUALITY_THRESHOLD, QualityMetrics, QualityRange, QualityTrend};
pub use query::{Found, Hit, Insights, Query, Sort};
pub use relations::*;
pub use semantic::{SIMILARITY_THRESHOLD, SemanticFound, SemanticHit, SemanticQuery};
pub use steps::NewStep;
pub(crate) use steps::{check_bytes, check_step};
pub use tags::TaggedEpisodes;

use crate::embeddings::{Builtin, Embeddings};
use crate::model::{Episode, EpisodeId};
use crate::retrieval::Ranking;
use crate::store::{self, DomainGrant, Filter, Read, Store, Write};
use crate::{Error, Result};

/// The memory. Copies share everything.
#[derive(Debug, Clone)]
pub struct Memory {
    inner: Arc<Inner>,
    granted: Option<DomainGrant>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    /// What texts are embedded with now.
    active: RwLock<Arc<dyn Embeddings>>,
    reindex: embedding::Reindex,
    ranking: RwLock<Ranking>,
    book: patterns::Book,
    /// Queries for which words alone were searched.
    fallbacks: AtomicU64,
}

impl Memory {
    /// A memory in this store. Texts are embedded by what is built in until [`Self::use_embeddings`].
    ///
    /// # Errors
    /// Those of the store.
    pub fn new(store: Arc<dyn Store>) -> Result<Self> {
        let rarity = Arc::new(embedding::StoreRarity::new(Arc::clone(&store)));
        let builtin = Builtin::with_rarity(rarity);
        embedding::activate_first(&*store, &builtin.key())?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                active: RwLock::new(Arc::new(builtin)),
                reindex: embedding::Reindex::default(),
                ranking: RwLock::default(),
                book: patterns::Book::default(),
                fallbacks: AtomicU64::new(0),
            }),
            granted: None,
        })
    }

    /// The same memory, of which only these domains can be seen and written.
    pub fn granted(&self, granted: DomainGrant) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            granted: Some(granted),
        }
    }

    /// How many queries had to do with words alone, since the provider of embeddings failed.
    pub fn fallbacks(&self) -> u64 {
        self.inner.fallbacks.load(Ordering::Relaxed)
    }

    /// What it is kept in.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Runs work that may wait for the disk.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let memory = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&memory)).await;
        done.unwrap_or_else(|error| {
            Err(Error::Store(format!(
                "an operation was broken off: {error}"
            )))
        })
    }

    async fn reading<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&Self, &mut dyn Read) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.blocking(move |memory| store::read(&*memory.inner.store, |tx| work(memory, tx)))
            .await
    }

    async fn writing<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&Self, &mut dyn Write) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.blocking(move |memory| store::write(&*memory.inner.store, |tx| work(memory, tx)))
            .await
    }

    /// A filter that lets through only what may be seen.
    fn filter(&self) -> Filter {
        Filter {
            granted: self.granted.clone(),
            ..Filter::default()
        }
    }

    fn sees(&self, domain: &str) -> bool {
        self.granted
            .as_ref()
            .is_none_or(|granted| granted.allows(domain))
    }

    /// An episode without its steps. One that may not be seen is not there.
    fn episode_in(&self, tx: &mut (impl Read + ?Sized), id: EpisodeId) -> Result<Episode> {
        let episode = tx.episode(id)?;
        let episode = episode.filter(|episode| self.sees(&episode.context.domain));
        episode.ok_or_else(|| Error::no_episode(id))
    }

    /// An episode with its steps.
    fn whole_in(&self, tx: &mut (impl Read + ?Sized), id: EpisodeId) -> Result<Episode> {
        let mut episode = self.episode_in(tx, id)?;
        episode.steps = tx.steps(id)?;
        Ok(episode)
    }

    /// Keeps a changed episode, and what it is found by. Its steps must be those that are kept.
    fn put_found(&self, tx: &mut (impl Write + ?Sized), episode: &Episode) -> Result<()> {
        tx.put_episode(episode)?;
        tx.put_document(episode.episode_id, &crate::text::document(episode))?;
        self.put_vector(tx, episode)
    }
}
