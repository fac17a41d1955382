//! The memory of past work, as code may ask it. The sandbox knows no database: arguments and results
//! are JSON, and whoever embeds it says what they mean.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::CapabilityError;

/// What code asks of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MemoryOperation {
    /// Episodes by meaning and words.
    Query,
    /// Episodes that are like one.
    Similar,
    /// Patterns that fit.
    Patterns,
    /// Advice for a task.
    Recommend,
    /// One episode.
    Episode,
    /// A new episode.
    RecordStart,
    /// A step of an episode.
    RecordStep,
    /// The end of an episode.
    RecordComplete,
}

impl MemoryOperation {
    /// As programs write it, behind `memory.`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Similar => "similar",
            Self::Patterns => "patterns",
            Self::Recommend => "recommend",
            Self::Episode => "episode",
            Self::RecordStart => "record.start",
            Self::RecordStep => "record.step",
            Self::RecordComplete => "record.complete",
        }
    }

    /// Whether it writes.
    pub const fn is_writing(self) -> bool {
        matches!(
            self,
            Self::RecordStart | Self::RecordStep | Self::RecordComplete
        )
    }
}

/// Past work. Behind `vesicle:plugin/memory`, `memory-query` and `memory-record`.
#[async_trait]
pub trait Memories: Send + Sync {
    /// Does what is asked. Arguments are a JSON object; their names and those of the result are the ones of
    /// the interface.
    async fn ask(
        &self,
        operation: MemoryOperation,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError>;
}

/// The absence of a grant: every call is denied.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMemories;

#[async_trait]
impl Memories for NoMemories {
    async fn ask(
        &self,
        operation: MemoryOperation,
        _: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        Err(CapabilityError::Denied(format!(
            "no memory of past work is granted to this code, so `memory.{}` does nothing",
            operation.name()
        )))
    }
}
