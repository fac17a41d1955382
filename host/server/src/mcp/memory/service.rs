//! What the tools of the memory share in one process.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use vesicle_memory::{Error, Memory, memory::SIMILARITY_THRESHOLD};

use super::metrics::Metrics;
use crate::memory::LazyMemory;

/// The memory with what is known of the calls of its tools. Clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    memory: LazyMemory,
    metrics: Metrics,
    /// The bits of the least likeness that queries by meaning ask for when they say nothing.
    similarity_threshold: AtomicU64,
}

impl Service {
    /// Nothing is opened yet.
    pub fn new(memory: LazyMemory) -> Self {
        Self(Arc::new(Inner {
            memory,
            metrics: Metrics::default(),
            similarity_threshold: AtomicU64::new(SIMILARITY_THRESHOLD.to_bits()),
        }))
    }

    /// Whether there is a memory.
    pub fn is_enabled(&self) -> bool {
        self.0.memory.is_enabled()
    }

    /// The memory, opened or not.
    pub fn lazy(&self) -> &LazyMemory {
        &self.0.memory
    }

    /// The memory.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn memory(&self) -> Result<Memory, Error> {
        self.0.memory.open().await.cloned()
    }

    /// What is counted of calls.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The least likeness that queries by meaning ask for when they say nothing.
    pub fn similarity_threshold(&self) -> f64 {
        f64::from_bits(self.0.similarity_threshold.load(Ordering::Relaxed))
    }

    /// Another one from now on, in this process.
    pub fn set_similarity_threshold(&self, threshold: f64) {
        let bits = threshold.to_bits();
        self.0.similarity_threshold.store(bits, Ordering::Relaxed);
    }
}
