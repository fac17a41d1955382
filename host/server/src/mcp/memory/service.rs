//! What the tools of the memory share in one process.

use std::sync::Arc;

use vesicle_memory::{Error, Memory};

use super::metrics::Metrics;
use crate::memory::LazyMemory;

/// The memory with what is known of the calls of its tools. Clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    memory: LazyMemory,
    metrics: Metrics,
}

impl Service {
    /// Nothing is opened yet.
    pub fn new(memory: LazyMemory) -> Self {
        Self(Arc::new(Inner {
            memory,
            metrics: Metrics::default(),
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
}
