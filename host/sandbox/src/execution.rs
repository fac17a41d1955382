//! What the caller asks for.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::{Files, Limits, NoTools, ToolCall};

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
    /// How much it may use.
    pub limits: Limits,
    /// The tools that it may call.
    pub tools: Arc<dyn ToolCall>,
    /// The directories that it may use.
    pub files: Files,
}

impl Default for Execution {
    /// Empty code, `null` as input, the default profile, no tools and no files.
    fn default() -> Self {
        Self {
            code: String::new(),
            name: "agent.ts".to_owned(),
            input: RawValue::NULL.to_owned(),
            limits: Limits::default(),
            tools: Arc::new(NoTools),
            files: Files::default(),
        }
    }
}
