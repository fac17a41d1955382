//! What the sandbox needs from the outside, named as traits. It knows neither MCP nor databases;
//! whoever embeds it implements these.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::value::RawValue;

/// Why a capability did not do what it was asked. Mirrors `vesicle:plugin/types.error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", content = "message", rename_all = "snake_case")]
pub enum CapabilityError {
    /// Not granted.
    #[error("denied: {0}")]
    Denied(String),
    /// Nothing of that name.
    #[error("not found: {0}")]
    NotFound(String),
    /// The arguments do not fit.
    #[error("invalid input: {0}")]
    InvalidInput(String),
    /// A bound was reached.
    #[error("limit exceeded: {0}")]
    LimitExceeded(String),
    /// Out of reach for now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Tried, and failed.
    #[error("failed: {0}")]
    Failed(String),
}

/// One tool, as a capability describes it.
#[derive(Debug, Clone)]
pub struct Tool {
    /// `server.tool`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input_schema: Box<RawValue>,
    /// JSON Schema of its result, where one is promised.
    pub output_schema: Option<Box<RawValue>>,
}

/// Tools that code may call, named `server.tool`. Behind `vesicle:plugin/tool-call`.
#[async_trait]
pub trait ToolCall: Send + Sync {
    /// Tools for a task in plain words, best first; at most `limit`.
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError>;
    /// The tool of this name.
    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError>;
    /// Calls a tool. Dropping the future gives the call up.
    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError>;
}

/// The absence of a grant: every call is denied.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTools;

impl NoTools {
    fn denied<T>(name: &str) -> Result<T, CapabilityError> {
        Err(CapabilityError::Denied(format!(
            "no tools are granted to this code, so `{name}` cannot be reached"
        )))
    }
}

#[async_trait]
impl ToolCall for NoTools {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }
    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Self::denied(name)
    }
    async fn call(&self, name: &str, _: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        Self::denied(name)
    }
}
