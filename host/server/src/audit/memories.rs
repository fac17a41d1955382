//! Notes what code asks of the memory of past work.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::value::RawValue;
use vesicle_sandbox::{CapabilityError, Memories, MemoryOperation};

use super::calls::{Got, Note, Noted};

/// What such a call is called.
const MEMORY: &str = "memory";

/// A memory that is watched.
pub struct WatchedMemories {
    /// What is asked.
    pub memories: Arc<dyn Memories>,
    /// Where it is noted.
    pub noted: Arc<Mutex<Noted>>,
    /// Whether arguments and results are noted too.
    pub payloads: bool,
}

#[async_trait]
impl Memories for WatchedMemories {
    async fn ask(
        &self,
        operation: MemoryOperation,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        let name = operation.name();
        let note = Note::begin(&self.noted, self.payloads, MEMORY, name, arguments.get());
        let answer = self.memories.ask(operation, arguments).await;
        note.end(&answer, |json| Got {
            bytes: json.get().len(),
            text: Some(json.get()),
        });
        answer
    }
}
