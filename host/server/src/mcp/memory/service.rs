//! What the tools of the memory share in one process.

use std::sync::Arc;

use vesicle_memory::{Error, Memory};

use super::calls::ToolCalls;
use crate::{accounts::Account, memory::LazyMemory, metrics::Figures};

/// The memory with what is known of the calls of its tools. Clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    memory: LazyMemory,
    calls: Arc<ToolCalls>,
    figures: Figures,
    /// Whether callers may know of the whole host.
    sees_all: bool,
}

impl Service {
    /// The memory of `account`, or of everybody. Nothing is opened yet.
    pub fn new(memory: LazyMemory, figures: Figures, account: Option<&Account>) -> Self {
        let calls = Arc::default();
        let name = account.map(|account| account.name.as_str());
        figures.tell_of(name, &memory, &calls);
        Self(Arc::new(Inner {
            memory,
            calls,
            figures,
            sees_all: account.is_none_or(|account| account.admin),
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
    pub fn calls(&self) -> &ToolCalls {
        &self.0.calls
    }

    /// The figures of the host.
    pub fn figures(&self) -> &Figures {
        &self.0.figures
    }

    /// Whether callers may know of the whole host, and what is wrong with it.
    pub fn sees_all(&self) -> bool {
        self.0.sees_all
    }
}
