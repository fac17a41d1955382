//! The one error that a call of a tool ends with, made for the program that called.
//!
//! The code says what to do: a `denied` call stays denied, `rate_limited` and `unavailable` say when to come back,
//! `invalid_input` is the caller's own fault, and `upstream` is what the server itself answered.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The policy does not let this caller make this call.
    Denied,
    /// The tool does not exist, or the arguments are not what it takes.
    InvalidInput,
    /// Too many calls of this tool in the last minute.
    RateLimited,
    /// The server is not there.
    Unavailable,
    /// The server did not answer in time.
    Timeout,
    /// The server answered with an error, or with something that cannot be passed on.
    Upstream,
}

impl ErrorCode {
    /// All codes, in the order of their declaration.
    pub const ALL: [Self; 6] = [
        Self::Denied,
        Self::InvalidInput,
        Self::RateLimited,
        Self::Unavailable,
        Self::Timeout,
        Self::Upstream,
    ];

    /// As it is written for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::InvalidInput => "invalid_input",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Upstream => "upstream",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a call failed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{message}")]
pub struct ToolError {
    /// The kind of failure.
    pub code: ErrorCode,
    /// When the same call may succeed, in milliseconds from now; absent where waiting does not help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// What happened and what to do, in a sentence or two.
    pub message: String,
}

impl ToolError {
    /// An error that waiting does not mend.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            retry_after_ms: None,
            message: message.into(),
        }
    }

    /// The same, with the time after which to come back.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX).max(1));
        self
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Denied, message)
    }

    pub(crate) fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidInput, message)
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unavailable, message)
    }

    pub(crate) fn timeout(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Timeout, message)
    }

    pub(crate) fn upstream(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Upstream, message)
    }
}
