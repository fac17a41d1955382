//! What comes of a call of a plugin: an outcome, or why there is none.

use rmcp::model::CallToolResult;
use vesicle_plugins::{Answer, CallError, grants::Rights, name::PluginName, store::StoreError};
use vesicle_sandbox::{ErrorType, ExecuteError, Outcome};

use super::{
    ChainError, GrantError, PluginError,
    shown::{as_json, of_shown, recognized, texts},
};
use crate::{audit::Refused, lazy::RunError};

/// What is added where state was lost.
const ENDED: &str = "\nits instance of this session ended with that, and what it had in its memory is gone; the next call has a new one";

/// What a call came to.
pub struct Called {
    /// Its outcome; what the tool says of its own failure stands in place of a result.
    pub outcome: Outcome,
    /// Whether the tool says that it failed.
    pub failed: bool,
    /// Whether the result is content: the JSON of a tool's result in MCP, rather than the tool's own.
    pub is_content: bool,
    /// What the plugin asks for and is not granted; nothing where nothing is.
    pub missing: String,
    /// What grants it, for people.
    pub grant_by: String,
    /// Whether the instance that it had for the session ended with the call.
    pub has_ended: bool,
}

impl Called {
    /// What the tool answered, under these rights. `may_be_content` is so where no schema says what its JSON is.
    pub(super) fn of(
        outcome: Outcome<Answer>,
        may_be_content: bool,
        rights: &Rights,
        grant_by: String,
        has_ended: bool,
    ) -> Self {
        let (mut failed, mut is_content) = (false, false);
        let outcome = outcome.try_map(|answer| {
            let content = match answer {
                Answer::Result(value) => match may_be_content.then(|| recognized(&value)).flatten()
                {
                    None => return Ok(value),
                    Some(content) => content,
                },
                Answer::Failure(value) => {
                    failed = true;
                    return Ok(value);
                }
                Answer::Shown(shown) => of_shown(&shown).map_err(unreadable)?,
            };
            is_content = true;
            failed = content.is_error == Some(true);
            as_json(&content).map_err(unreadable)
        });
        Self {
            outcome,
            failed,
            is_content,
            missing: rights.missing(),
            grant_by,
            has_ended,
        }
    }

    /// Whether there is a result.
    pub fn is_success(&self) -> bool {
        self.outcome.is_success() && !self.failed
    }

    /// The result, where it is content.
    pub fn content(&self) -> Option<CallToolResult> {
        match &self.outcome {
            Outcome::Success { output, .. } if self.is_content => {
                serde_json::from_str(output.get()).ok()
            }
            _ => None,
        }
    }

    /// Why there is none, with what may be missing for one.
    pub fn explanation(&self) -> String {
        let mut why = match &self.outcome {
            Outcome::Success { output, .. } => match self.content() {
                Some(content) => format!("failed: {}", texts(&content)),
                None => format!("failed: {}", output.get()),
            },
            other => other.explanation(),
        };
        if self.has_ended {
            why += ENDED;
        }
        match self.missing.as_str() {
            "" => why,
            missing => format!(
                "{why}\nnot granted to it: {missing}; the operator grants it with `{}`",
                self.grant_by
            ),
        }
    }
}

/// What it showed is nothing that can be shown.
fn unreadable(why: String) -> (ErrorType, String, String) {
    let message = format!("the plugin's answer cannot be shown: {why}");
    (ErrorType::InvalidResult, "TypeError".to_owned(), message)
}

/// Why a plugin was not called.
#[derive(Debug, thiserror::Error)]
pub enum NotCalled {
    /// The profile has it not.
    #[error("`{PREFIX}{name}` may not be called under the profile `{profile}`; `plugins.allow` in vesicle.toml says what may", PREFIX = super::PREFIX)]
    NotAllowed {
        /// The tool.
        name: String,
        /// The profile.
        profile: String,
    },
    /// Too many plugins wait for each other.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// It cannot be used.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// There is no such tool, or the sandbox has no room.
    #[error("`{plugin}`: {why}")]
    Call {
        /// The plugin.
        plugin: PluginName,
        /// Why not.
        why: CallError,
    },
    /// There is no sandbox.
    #[error(transparent)]
    Sandbox(#[from] RunError),
    /// It cannot be logged.
    #[error(transparent)]
    Audit(#[from] Refused),
    /// Nobody waits for it any more.
    #[error("the call was stopped: {0}")]
    Stopped(&'static str),
}

impl NotCalled {
    /// Whether there is no such plugin or tool.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::Plugin(PluginError::Store(StoreError::Absent { .. }))
                | Self::Call {
                    why: CallError::UnknownTool { .. },
                    ..
                }
        )
    }

    /// Whether the sandbox is full, and when to come back, in milliseconds.
    pub fn busy(&self) -> Option<u64> {
        match self {
            Self::Call {
                why: CallError::Execute(ExecuteError::Busy { retry_after_ms, .. }),
                ..
            } => Some(*retry_after_ms),
            _ => None,
        }
    }
}

impl From<GrantError> for NotCalled {
    fn from(error: GrantError) -> Self {
        Self::Plugin(error.into())
    }
}
