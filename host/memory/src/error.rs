//! Why the memory did not do what it was asked, made for whoever asked: each message says what to do instead.

use std::path::PathBuf;

/// What the memory answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// There is nothing under this id.
    NotFound,
    /// The arguments are not what is taken.
    InvalidInput,
    /// A bound of [`crate::limits`] is exceeded.
    LimitExceeded,
    /// What is already there says something else.
    Conflict,
    /// The store or a provider is not there now; later it may be.
    Unavailable,
    /// What is kept is damaged.
    Corrupt,
    /// The store failed in a way that the caller can do nothing about.
    Internal,
}

impl ErrorCode {
    /// As it is written for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::InvalidInput => "invalid_input",
            Self::LimitExceeded => "limit_exceeded",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Corrupt => "corrupt",
            Self::Internal => "internal",
        }
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing has this id.
    #[error("there is no {what} {id}; {instead}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its id, as it was given.
        id: String,
        /// What to do.
        instead: &'static str,
    },
    /// The arguments are not what is taken.
    #[error("{0}")]
    Invalid(String),
    /// Too much or too many.
    #[error("{0}")]
    Limit(String),
    /// What is there says something else.
    #[error("{0}")]
    Conflict(String),
    /// The file is no store, or a damaged one. It was moved, not changed.
    #[error(
        "the memory's file was damaged ({cause}) and lies at {} now, as it was; restore a backup in its place, or start again for an empty memory",
        aside.display()
    )]
    Corrupt {
        /// What SQLite said.
        cause: String,
        /// Where the file lies now.
        aside: PathBuf,
    },
    /// Damage was found while the store was open.
    #[error(
        "the memory's store is damaged ({0}); stop all hosts, run `vesicle memory doctor`, and restore a backup if it says so"
    )]
    Damaged(String),
    /// A newer program wrote the store.
    #[error(
        "the memory was written by a newer Vesicle (version {0} of its tables); use that one, or another `memory.url`"
    )]
    Newer(i64),
    /// The directory or the file cannot be written.
    #[error("the memory cannot be written at {}: {cause}; make it writable for this user, or choose another `--data-dir`", path.display())]
    ReadOnly {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// No room is left on the device.
    #[error(
        "the disk with the memory is full, and nothing was written; free some space and send it again"
    )]
    Full,
    /// Another process held the store for too long.
    #[error("another process has been writing to the memory for {seconds} s; send it again")]
    Busy {
        /// How long was waited.
        seconds: u64,
    },
    /// The store or a provider is not there now.
    #[error("{0}")]
    Unavailable(String),
    /// The provider of embeddings failed.
    #[error(transparent)]
    Embed(#[from] crate::EmbedError),
    /// The store failed otherwise.
    #[error("the memory's store failed: {0}")]
    Store(String),
}

impl Error {
    /// What kind of failure it is.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } => ErrorCode::NotFound,
            Self::Invalid(_) => ErrorCode::InvalidInput,
            Self::Limit(_) => ErrorCode::LimitExceeded,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::Corrupt { .. } | Self::Damaged(_) | Self::Newer(_) => ErrorCode::Corrupt,
            Self::ReadOnly { .. } | Self::Full | Self::Busy { .. } | Self::Unavailable(_) => {
                ErrorCode::Unavailable
            }
            Self::Embed(error) => error.code(),
            Self::Store(_) => ErrorCode::Internal,
        }
    }

    /// Nothing has this id, and what to do about it.
    pub(crate) fn not_found(what: &'static str, id: impl ToString, instead: &'static str) -> Self {
        let id = id.to_string();
        Self::NotFound { what, id, instead }
    }

    /// The same error again, for each of those who share a transaction.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Busy { seconds } => Self::Busy { seconds: *seconds },
            Self::Damaged(cause) => Self::Damaged(cause.clone()),
            Self::Unavailable(message) => Self::Unavailable(message.clone()),
            other => Self::Store(other.to_string()),
        }
    }

    pub(crate) fn no_episode(id: crate::EpisodeId) -> Self {
        Self::not_found(
            "episode",
            id,
            "take an id that create_episode or a query answered with",
        )
    }
}
