//! Which vectors are searched, and how they come to be.
//!
//! A vector that takes no waiting is kept in the transaction that keeps its text. All others are made afterwards by a task
//! that looks for texts without one. A change of the provider is the same: vectors of the new one are made beside those of
//! the old one, which are searched until all are there. What was made is kept, so that it goes on after a restart.

mod configure;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use configure::{ConfigureEmbeddings, Configured, EmbeddingStatus, ProviderTest};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;

use super::Memory;
use crate::embeddings::{Embeddings, Purpose, Rarity};
use crate::model::{Episode, EpisodeId};
use crate::store::{self, Store, Write};
use crate::{EmbedError, Error, Result, text};

/// Pauses after failures of a provider, growing.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LAST: Duration = Duration::from_secs(60);
/// Texts that are embedded before their vectors are kept.
const BATCH_MAX: usize = 256;
/// How often whoever waits for all vectors is told how many there are.
const SHOWN_EVERY: Duration = Duration::from_millis(20);
/// As many as a database can be asked for.
const ALL: usize = i32::MAX as usize;

/// How far the vectors are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReindexProgress {
    /// Whether the task is at work.
    pub running: bool,
    /// The key of the vectors that are made.
    pub key: String,
    /// How many were made since the task began.
    pub done: u64,
    /// What went wrong last; none when nothing did since.
    pub last_error: Option<String>,
}

#[derive(Debug, Default)]
pub struct Reindex {
    /// The provider that is to become the active one.
    next: Mutex<Option<Arc<dyn Embeddings>>>,
    is_running: AtomicBool,
    is_asked_for: AtomicBool,
    progress: Mutex<ReindexProgress>,
    configured: configure::Current,
}

/// Tells how rare words are by the documents of the store.
pub struct StoreRarity {
    store: Arc<dyn Store>,
}

impl StoreRarity {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }
}

/// Documents below which rarity says nothing.
const DOCUMENTS_MIN: u32 = 20;
const WEIGHT_MIN: f32 = 0.3;

impl Rarity for StoreRarity {
    fn weights(&self, words: &[String]) -> Vec<f32> {
        let known = self.store.frequencies(words).unwrap_or_default();
        if known.documents < DOCUMENTS_MIN {
            return Vec::new();
        }
        let documents = known.documents as f32;
        let most = documents.ln_1p();
        let weight = |with: &u32| {
            let rarity = ((documents - *with as f32 + 0.5).max(0.5) / (*with as f32 + 0.5)).ln_1p();
            (rarity / most).clamp(WEIGHT_MIN, 1.0)
        };
        known.documents_with.iter().map(weight).collect()
    }
}

/// Makes these vectors the ones that are searched, in a store that has none yet.
pub fn activate_first(store: &dyn Store, key: &str) -> Result<()> {
    let active = store::read(store, |tx| tx.active_vectors())?;
    match active {
        Some(_) => Ok(()),
        None => store::write(store, |tx| match tx.active_vectors()? {
            Some(_) => Ok(()),
            None => tx.activate_vectors(key),
        }),
    }
}

impl Memory {
    /// What texts are embedded with now.
    pub fn embeddings(&self) -> Arc<dyn Embeddings> {
        Arc::clone(&self.inner.active.read())
    }

    /// Embeds with this provider from now on. Vectors that it made before are used at once; otherwise they are made in the
    /// background, and those of the provider before are searched until all are there.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn use_embeddings(&self, provider: Arc<dyn Embeddings>) -> Result<ReindexProgress> {
        let key = provider.key();
        let active = self.reading(|_, tx| tx.active_vectors()).await?;
        if active.as_ref() == Some(&key) {
            *self.inner.active.write() = provider;
            *self.inner.reindex.next.lock() = None;
        } else {
            *self.inner.reindex.next.lock() = Some(provider);
        }
        *self.inner.reindex.progress.lock() = ReindexProgress {
            key,
            ..ReindexProgress::default()
        };
        self.wake_reindex();
        Ok(self.reindex_progress())
    }

    /// How far the vectors are.
    pub fn reindex_progress(&self) -> ReindexProgress {
        let mut progress = self.inner.reindex.progress.lock().clone();
        progress.running = self.inner.reindex.is_running.load(Ordering::Acquire);
        progress
    }

    /// Waits until every text has a vector of the provider that was configured; how many were made since it was. `shown` is told how
    /// many that are, and of how many.
    ///
    /// # Errors
    /// Those of the provider, at the first, and of the store.
    pub async fn embed_all(&self, shown: &mut (dyn FnMut(u64, u64) + Send)) -> Result<u64> {
        self.wake_reindex();
        let is_made_at_once = self.embeddings().at_once("", Purpose::Document).is_some();
        if self.embeddings_are_active() && is_made_at_once {
            return Ok(self.reindex_progress().done);
        }
        let done = self.reindex_progress().done;
        let next = self.inner.reindex.next.lock().clone();
        let key = next.unwrap_or_else(|| self.embeddings()).key();
        let missing = self.reading(move |_, tx| tx.without_vector(&key, ALL));
        let all = done + missing.await?.len() as u64;
        loop {
            let progress = self.reindex_progress();
            if let Some(error) = progress.last_error {
                return Err(Error::Embed(EmbedError::Answer(error)));
            }
            if all > 0 {
                shown(progress.done.min(all), all);
            }
            if !progress.running && self.embeddings_are_active() {
                return Ok(progress.done);
            }
            tokio::time::sleep(SHOWN_EVERY).await;
        }
    }

    /// Whether everything is embedded by the provider that was configured.
    pub(crate) fn embeddings_are_active(&self) -> bool {
        self.inner.reindex.next.lock().is_none()
    }

    /// The vector of a text.
    ///
    /// # Errors
    /// Those of the provider.
    pub async fn embed(&self, text: &str, purpose: Purpose) -> Result<Vec<f32>> {
        let provider = self.embeddings();
        let vectors = provider.embed(&[text.to_owned()], purpose).await?;
        let vector = vectors.into_iter().next();
        vector.ok_or_else(|| {
            Error::Embed(EmbedError::Answer(
                "the provider answered with no vector".to_owned(),
            ))
        })
    }

    /// Drops vectors of what the text was before, and keeps the new one where that takes no waiting.
    pub(super) fn put_vector(
        &self,
        tx: &mut (impl Write + ?Sized),
        episode: &Episode,
    ) -> Result<()> {
        tx.drop_vectors(episode.episode_id)?;
        let provider = self.embeddings();
        match provider.at_once(&text::embedded_text(episode), Purpose::Document) {
            Some(vector) => tx.put_vector(episode.episode_id, &provider.key(), &vector),
            None => Ok(()),
        }
    }

    /// Sees to it that texts without a vector get one.
    pub(super) fn wake_reindex(&self) {
        let reindex = &self.inner.reindex;
        let has_next = reindex.next.lock().is_some();
        if !has_next && self.embeddings().at_once("", Purpose::Document).is_some() {
            return;
        }
        reindex.is_asked_for.store(true, Ordering::Release);
        if !reindex.is_running.swap(true, Ordering::AcqRel) {
            let memory = self.clone();
            tokio::spawn(async move { memory.reindex().await });
        }
    }

    async fn reindex(&self) {
        let reindex = &self.inner.reindex;
        let mut pause = RETRY_FIRST;
        loop {
            reindex.is_asked_for.store(false, Ordering::Release);
            match self.embed_missing().await {
                Ok(()) => {
                    pause = RETRY_FIRST;
                    reindex.progress.lock().last_error = None;
                }
                Err(error) => {
                    tracing::warn!(%error, "texts of the memory could not be embedded; they are tried again");
                    reindex.progress.lock().last_error = Some(error.to_string());
                    reindex.is_asked_for.store(true, Ordering::Release);
                    tokio::time::sleep(pause).await;
                    pause = (2 * pause).min(RETRY_LAST);
                }
            }
            if reindex.is_asked_for.load(Ordering::Acquire) {
                continue;
            }
            reindex.is_running.store(false, Ordering::Release);
            // Who asked between the two found it running.
            if !reindex.is_asked_for.load(Ordering::Acquire)
                || reindex.is_running.swap(true, Ordering::AcqRel)
            {
                return;
            }
        }
    }

    /// Makes the vectors that are missing. Those of the next provider become the active ones when all are there.
    async fn embed_missing(&self) -> Result<()> {
        loop {
            let next = self.inner.reindex.next.lock().clone();
            let provider = next.clone().unwrap_or_else(|| self.embeddings());
            let key = provider.key();
            let batch = provider.batch_size().clamp(1, BATCH_MAX);
            let texts = self.texts_without_vector(key.clone(), batch).await?;
            if texts.is_empty() {
                return match next {
                    Some(provider) => self.activate(provider).await,
                    None => Ok(()),
                };
            }
            let (ids, texts): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
            let vectors = provider.embed(&texts, Purpose::Document).await?;
            check_vectors(&*provider, texts.len(), &vectors)?;
            let made = ids.len() as u64;
            self.writing(move |_, tx| {
                for (id, vector) in ids.iter().zip(&vectors) {
                    if tx.standing(*id)?.is_some() {
                        tx.put_vector(*id, &key, vector)?;
                    }
                }
                Ok(())
            })
            .await?;
            self.inner.reindex.progress.lock().done += made;
        }
    }

    async fn texts_without_vector(
        &self,
        key: String,
        limit: usize,
    ) -> Result<Vec<(EpisodeId, String)>> {
        self.reading(move |_, tx| {
            let ids = tx.without_vector(&key, limit)?;
            let mut texts = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(episode) = tx.episode(id)? {
                    texts.push((id, text::embedded_text(&episode)));
                }
            }
            Ok(texts)
        })
        .await
    }

    async fn activate(&self, provider: Arc<dyn Embeddings>) -> Result<()> {
        let key = provider.key();
        self.writing(move |_, tx| tx.activate_vectors(&key)).await?;
        *self.inner.active.write() = Arc::clone(&provider);
        let mut next = self.inner.reindex.next.lock();
        if next
            .as_ref()
            .is_some_and(|next| Arc::ptr_eq(next, &provider))
        {
            *next = None;
        }
        Ok(())
    }
}

fn check_vectors(provider: &dyn Embeddings, texts: usize, vectors: &[Vec<f32>]) -> Result<()> {
    let dimension = provider.dimension();
    let wrong = vectors
        .iter()
        .find(|vector| vector.len() != dimension || vector.iter().any(|n| !n.is_finite()));
    if vectors.len() == texts && wrong.is_none() {
        return Ok(());
    }
    Err(Error::Embed(EmbedError::Answer(format!(
        "{} answered with {} vectors for {texts} texts, and one of them has {} numbers; {dimension} were expected",
        provider.key(),
        vectors.len(),
        wrong.map_or(dimension, Vec::len),
    ))))
}
