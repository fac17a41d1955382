//! What a guest may use beside its own memory.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Caller, Files, Log, Memories, Network, NoCaller, NoLog, NoMemories, NoState, NoTools, OffClock,
    State, ToolCall,
};

/// The capabilities of one guest.
#[derive(Clone)]
pub struct Grants {
    /// The tools that it may call.
    pub tools: Arc<dyn ToolCall>,
    /// What it keeps from one execution to the next.
    pub state: Arc<dyn State>,
    /// The memory of past work that it may ask.
    pub memories: Arc<dyn Memories>,
    /// The directories that it may use.
    pub files: Files,
    /// The hosts that it may ask.
    pub network: Network,
    /// Where its own log lines go.
    pub log: Arc<dyn Log>,
    /// Whoever called it.
    pub caller: Arc<dyn Caller>,
    /// Its arguments, for a component that reads them; by custom its own name is the first.
    pub arguments: Vec<String>,
    /// The variables of its environment, names and values.
    pub environment: Vec<(String, String)>,
    /// What it reads from standard input.
    pub stdin: Bytes,
    /// What stops its wall time while a person is asked about one of its calls.
    pub off_clock: Option<OffClock>,
}

impl Default for Grants {
    /// Nothing.
    fn default() -> Self {
        Self {
            tools: Arc::new(NoTools),
            state: Arc::new(NoState),
            memories: Arc::new(NoMemories),
            files: Files::default(),
            network: Network::default(),
            log: Arc::new(NoLog),
            caller: Arc::new(NoCaller),
            arguments: Vec::new(),
            environment: Vec::new(),
            stdin: Bytes::new(),
            off_clock: None,
        }
    }
}
