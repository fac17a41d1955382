//! What a guest may use beside its own memory.

use std::sync::Arc;

use crate::{Files, Log, Network, NoLog, NoState, NoTools, OffClock, State, ToolCall};

/// The capabilities of one guest.
#[derive(Clone)]
pub struct Grants {
    /// The tools that it may call.
    pub tools: Arc<dyn ToolCall>,
    /// What it keeps from one execution to the next.
    pub state: Arc<dyn State>,
    /// The directories that it may use.
    pub files: Files,
    /// The hosts that it may ask.
    pub network: Network,
    /// Where its own log lines go.
    pub log: Arc<dyn Log>,
    /// What stops its wall time while a person is asked about one of its calls.
    pub off_clock: Option<OffClock>,
}

impl Default for Grants {
    /// Nothing.
    fn default() -> Self {
        Self {
            tools: Arc::new(NoTools),
            state: Arc::new(NoState),
            files: Files::default(),
            network: Network::default(),
            log: Arc::new(NoLog),
            off_clock: None,
        }
    }
}
