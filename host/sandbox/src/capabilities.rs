//! What the sandbox needs from the outside, named as traits. It knows neither MCP nor databases;
//! whoever embeds it implements these.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Why a capability did not do what it was asked. Mirrors `vesicle:plugin/types.error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
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
    /// A bound on size or count was reached.
    #[error("limit exceeded: {0}")]
    LimitExceeded(String),
    /// Too much in too short a time.
    #[error("rate limited: {message}")]
    RateLimited {
        /// What happened and what to do.
        message: String,
        /// When trying again may work, in milliseconds from now, where that is known.
        retry_after_ms: Option<u32>,
    },
    /// Out of reach for now.
    #[error("unavailable: {message}")]
    Unavailable {
        /// What happened and what to do.
        message: String,
        /// As in [`CapabilityError::RateLimited`].
        retry_after_ms: Option<u32>,
    },
    /// No answer in its time; it may have been done.
    #[error("timeout: {0}")]
    Timeout(String),
    /// Whoever stands behind the capability answered with an error of their own.
    #[error("upstream: {0}")]
    Upstream(String),
    /// Tried, and failed.
    #[error("failed: {0}")]
    Failed(String),
}

impl CapabilityError {
    /// The name that programs know it by, as `error.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(_) => "denied",
            Self::NotFound(_) => "not_found",
            Self::InvalidInput(_) => "invalid_input",
            Self::LimitExceeded(_) => "limit_exceeded",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Timeout(_) => "timeout",
            Self::Upstream(_) => "upstream",
            Self::Failed(_) => "failed",
        }
    }
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

/// How much a log line matters, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// What happens.
    Info,
    /// What may be wrong.
    Warn,
    /// What is wrong.
    Error,
}

/// Where a component's own log lines go. Behind `vesicle:plugin/log`.
pub trait Log: Send + Sync {
    /// Takes a line. It is a guest's text: of bounded length, and with any characters.
    fn line(&self, level: LogLevel, message: &str);
}

/// The absence of a grant: nobody reads the lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLog;

impl Log for NoLog {
    fn line(&self, _: LogLevel, _: &str) {}
}

/// Small values that stay from one execution to the next. Behind `vesicle:plugin/state`.
///
/// A value of this type is the state of *one* session: keys of another have no name in it.
#[async_trait]
pub trait State: Send + Sync {
    /// The value under `key`, if there is one and its time is not over.
    async fn get(&self, key: &str) -> Result<Option<Box<RawValue>>, CapabilityError>;
    /// Keeps `value` under `key`, for good or for `ttl`.
    async fn set(
        &self,
        key: &str,
        value: &RawValue,
        ttl: Option<Duration>,
    ) -> Result<(), CapabilityError>;
    /// Sets `key` to `new`, for good, if its value is `expected` (`None`: if there is none), and says
    /// whether it did. Nothing comes between the two. JSON values are compared by meaning.
    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&RawValue>,
        new: &RawValue,
    ) -> Result<bool, CapabilityError>;
    /// Forgets `key`, and says whether there was anything to forget.
    async fn delete(&self, key: &str) -> Result<bool, CapabilityError>;
    /// The keys that begin with `prefix`, sorted by their bytes.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CapabilityError>;
}

/// The absence of a grant: there is nothing, and nothing can be kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoState;

impl NoState {
    fn denied<T>() -> Result<T, CapabilityError> {
        Err(CapabilityError::Denied(
            "no state is granted to this code, so nothing is kept between calls".to_owned(),
        ))
    }
}

#[async_trait]
impl State for NoState {
    async fn get(&self, _: &str) -> Result<Option<Box<RawValue>>, CapabilityError> {
        Self::denied()
    }
    async fn set(&self, _: &str, _: &RawValue, _: Option<Duration>) -> Result<(), CapabilityError> {
        Self::denied()
    }
    async fn compare_and_set(
        &self,
        _: &str,
        _: Option<&RawValue>,
        _: &RawValue,
    ) -> Result<bool, CapabilityError> {
        Self::denied()
    }
    async fn delete(&self, _: &str) -> Result<bool, CapabilityError> {
        Self::denied()
    }
    async fn keys(&self, _: &str) -> Result<Vec<String>, CapabilityError> {
        Self::denied()
    }
}
