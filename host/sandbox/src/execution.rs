//! What the caller asks for.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::guest::{Grants, evaluate};
use crate::source::Form;
use crate::{
    Caller, Files, Limits, Memories, Network, NoCaller, NoMemories, NoState, NoTools, OffClock,
    SourcePolicy, State, ToolCall,
};

/// One program to run, with what it is given and what it may use.
#[derive(Clone)]
pub struct Execution {
    /// TypeScript or JavaScript: the body of an async function, or a module with a default export.
    /// At most [`CODE_BYTES_MAX`](crate::CODE_BYTES_MAX).
    pub code: String,
    /// The name that errors use for the code.
    pub name: String,
    /// What the code sees as `input`. At most [`INPUT_BYTES_MAX`](crate::INPUT_BYTES_MAX).
    pub input: Box<RawValue>,
    /// What the check of its source does.
    pub source_policy: SourcePolicy,
    /// How much it may use.
    pub limits: Limits,
    /// The tools that it may call.
    pub tools: Arc<dyn ToolCall>,
    /// What it keeps from one execution to the next.
    pub state: Arc<dyn State>,
    /// The memory of past work that it may ask.
    pub memories: Arc<dyn Memories>,
    /// The directories that it may use.
    pub files: Files,
    /// The hosts that it may send requests to. Where there are some, the rule of the source check
    /// about the network is off.
    pub network: Network,
    /// Whose it is. Executions of one session have a part of the places and of the queue at most
    /// (see [`Config`](crate::Config)); those of no session have all.
    pub session: Option<Arc<str>>,
    /// Whoever called it, who is told how far it is, and asked what it needs to know.
    pub caller: Arc<dyn Caller>,
    /// What stops its wall time while a person is asked about one of its calls.
    pub off_clock: Option<OffClock>,
}

impl Default for Execution {
    /// Empty code, `null` as input, the default profile, no tools, no state, no
    /// memory, no files, no hosts and no caller.
    fn default() -> Self {
        Self {
            code: String::new(),
            name: "agent.ts".to_owned(),
            input: RawValue::NULL.to_owned(),
            source_policy: SourcePolicy::default(),
            limits: Limits::default(),
            tools: Arc::new(NoTools),
            state: Arc::new(NoState),
            memories: Arc::new(NoMemories),
            files: Files::default(),
            network: Network::default(),
            session: None,
            caller: Arc::new(NoCaller),
            off_clock: None,
        }
    }
}

/// The engine's name for what is left when the types are gone.
const LANGUAGE: &str = "javascript";

/// A program as the engine takes it.
pub(crate) fn program(execution: &Execution, form: Form, source: String) -> evaluate::Program {
    evaluate::Program {
        language: LANGUAGE.to_owned(),
        form: match form {
            Form::Body => evaluate::Form::Body,
            Form::Module => evaluate::Form::Module,
        },
        name: execution.name.clone(),
        source,
        input: execution.input.get().to_owned(),
    }
}

/// What a program may use.
pub(crate) fn grants(execution: &Execution) -> Grants {
    Grants {
        tools: execution.tools.clone(),
        state: execution.state.clone(),
        memories: execution.memories.clone(),
        files: execution.files.clone(),
        network: execution.network.clone(),
        caller: execution.caller.clone(),
        off_clock: execution.off_clock.clone(),
        ..Grants::default()
    }
}
