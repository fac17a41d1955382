//! A step: one thing that was done in an episode.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Time;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// From 1; unique within the episode.
    pub step_number: u32,
    /// When it was told.
    pub timestamp: Time,
    /// What it was done with.
    pub tool: String,
    /// What was done.
    pub action: String,
    /// With what.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// How it ended; none while it has not.
    #[serde(default)]
    pub result: Option<StepResult>,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub latency_ms: Option<u64>,
    /// What it cost, in tokens of a model.
    #[serde(default)]
    pub tokens_used: Option<u64>,
}

impl Step {
    /// Whether the other tells the same, whenever it was told.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.step_number == other.step_number
            && self.tool == other.tool
            && self.action == other.action
            && self.parameters == other.parameters
            && self.result == other.result
            && self.latency_ms == other.latency_ms
            && self.tokens_used == other.tokens_used
    }

    /// How it ended, without the texts.
    pub fn result_kind(&self) -> ResultKind {
        match self.result {
            None => ResultKind::Pending,
            Some(StepResult::Success { .. }) => ResultKind::Success,
            Some(StepResult::Error { .. }) => ResultKind::Error,
            Some(StepResult::Timeout) => ResultKind::Timeout,
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StepResult {
    /// With this output.
    Success {
        /// What it gave.
        #[serde(default)]
        output: String,
    },
    /// With this message.
    Error {
        /// What was wrong.
        #[serde(default)]
        message: String,
    },
    /// It was given up.
    Timeout,
}

/// How a step ended, without the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultKind {
    /// It did what it should.
    Success,
    /// It failed.
    Error,
    /// It was given up.
    Timeout,
    /// Nothing was told of its end.
    Pending,
}
