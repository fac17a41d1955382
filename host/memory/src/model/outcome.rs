//! How an episode ended.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;

/// How an episode ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Success {
        /// In a sentence.
        verdict: String,
        /// What came of it.
        #[serde(default)]
        artifacts: Vec<String>,
    },
    /// Done in part.
    PartialSuccess {
        /// In a sentence.
        verdict: String,
        /// What is done.
        #[serde(default)]
        completed: Vec<String>,
        /// What is not.
        #[serde(default)]
        failed: Vec<String>,
    },
    /// Not done.
    Failure {
        /// Why not.
        reason: String,
        /// The error, as it was told.
        #[serde(default)]
        error_details: Option<String>,
    },
    /// Not tried.
    Abstained {
        /// Why not.
        reason: String,
    },
}

impl Outcome {
    /// Which of them it is.
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Success { .. } => OutcomeKind::Success,
            Self::PartialSuccess { .. } => OutcomeKind::PartialSuccess,
            Self::Failure { .. } => OutcomeKind::Failure,
            Self::Abstained { .. } => OutcomeKind::Abstained,
        }
    }

    /// The sentence that says how it ended.
    pub fn summary(&self) -> &str {
        match self {
            Self::Success { verdict, .. } | Self::PartialSuccess { verdict, .. } => verdict,
            Self::Failure { reason, .. } | Self::Abstained { reason } => reason,
        }
    }
}

/// An outcome without its texts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// Done.
    Success,
    /// Done in part.
    PartialSuccess,
    /// Not done.
    Failure,
    /// Not tried.
    Abstained,
}

impl OutcomeKind {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 4] = [
        Self::Success,
        Self::PartialSuccess,
        Self::Failure,
        Self::Abstained,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::PartialSuccess => "partial_success",
            Self::Failure => "failure",
            Self::Abstained => "abstained",
        }
    }

    /// Whether it counts as a success, wholly or in part.
    pub const fn is_successful(self) -> bool {
        matches!(self, Self::Success | Self::PartialSuccess)
    }
}

impl FromStr for OutcomeKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|known| known.as_str() == text);
        found.ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            Error::Invalid(format!(
                "{shown:?} is no outcome_type; send success, partial_success or failure"
            ))
        })
    }
}
