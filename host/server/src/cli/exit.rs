//! Exit codes, which scripts rely on.

use std::{io, process::ExitCode};

use vesicle_sandbox::{LimitKind, Outcome};

/// How `vesicle` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// The code ran to its end.
    Success = 0,
    /// The code is wrong or went wrong, or vesicle itself did.
    Failure = 1,
    /// The request makes no sense. clap uses the same number.
    Usage = 2,
    /// The code ran out of time.
    Timeout = 3,
    /// The code asks for what it may not have.
    Violation = 4,
    /// Stopped by Ctrl-C: 128 and SIGINT, as shells have it.
    Interrupted = 130,
}

/// A request that makes no sense, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl ExitStatus {
    /// The status for an error that ended a command.
    pub fn of(error: &anyhow::Error) -> Self {
        match error.is::<UsageError>() {
            true => Self::Usage,
            false => Self::Failure,
        }
    }
}

/// Whether a command ended because nobody reads its output any more, as in `vesicle … | head`.
/// Nothing is wrong then, and nothing to be said.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

impl<T> From<&Outcome<T>> for ExitStatus {
    fn from(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Success { .. } => Self::Success,
            Outcome::Error { .. } => Self::Failure,
            Outcome::Timeout { .. }
            | Outcome::LimitExceeded {
                limit: LimitKind::CpuTime,
                ..
            } => Self::Timeout,
            Outcome::LimitExceeded { .. } => Self::Failure,
            Outcome::SecurityViolation { .. } => Self::Violation,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}
