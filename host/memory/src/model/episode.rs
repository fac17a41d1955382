//! An episode: one piece of work, from the task to what was learned.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, EpisodeId, HeuristicId, Outcome, PatternId, Reflection, Reward, Step, Time,
};
use crate::Error;

/// What kind of work it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaskType {
    /// Writing new code.
    CodeGeneration,
    /// Finding and mending faults.
    Debugging,
    /// Changing the form of code, not what it does.
    Refactoring,
    /// Writing or running tests.
    Testing,
    /// Finding out how something is.
    Analysis,
    /// Writing for people.
    Documentation,
}

impl TaskType {
    /// All types, in the order of their declaration.
    pub const ALL: [Self; 6] = [
        Self::CodeGeneration,
        Self::Debugging,
        Self::Refactoring,
        Self::Testing,
        Self::Analysis,
        Self::Documentation,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeGeneration => "code_generation",
            Self::Debugging => "debugging",
            Self::Refactoring => "refactoring",
            Self::Testing => "testing",
            Self::Analysis => "analysis",
            Self::Documentation => "documentation",
        }
    }
}

impl fmt::Display for TaskType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TaskType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|known| known.as_str() == text);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            let shown: String = text.chars().take(60).collect();
            Error::Invalid(format!("{shown:?} is no task_type; send one of {known}"))
        })
    }
}

/// How much the task asks for.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    /// A few steps, nothing to decide.
    Simple,
    /// In between.
    #[default]
    Moderate,
    /// Many steps, or much to find out.
    Complex,
}

/// What the work was done in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Context {
    /// The programming language.
    pub language: Option<String>,
    /// The framework.
    pub framework: Option<String>,
    /// How much the task asks for.
    pub complexity: Complexity,
    /// The area of work; queries filter by it.
    pub domain: String,
    /// The tags that the episode was created with.
    pub tags: Vec<String>,
}

/// What stands out in an episode; it is searched and shown instead of the whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Features {
    /// Tools, the most used first.
    pub tools: Vec<String>,
    /// Actions that decided which way to go.
    pub decisions: Vec<String>,
    /// Errors that were overcome, with what overcame them.
    pub recoveries: Vec<String>,
    /// The words that tell this episode from others.
    pub terms: Vec<String>,
}

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Episode {
    /// Its id.
    pub episode_id: EpisodeId,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// What was to be done.
    pub task_description: String,
    /// What it was done in.
    pub context: Context,
    /// When it was created.
    pub start_time: Time,
    /// When it was completed.
    #[serde(default)]
    pub end_time: Option<Time>,
    /// What was done, by number.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// How it ended; none while it is open.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// How well it went; made at completion.
    #[serde(default)]
    pub reward: Option<Reward>,
    /// What can be said about it; made at completion.
    #[serde(default)]
    pub reflection: Option<Reflection>,
    /// The patterns that it showed.
    #[serde(default)]
    pub patterns: Vec<PatternId>,
    /// The heuristics that it is evidence for.
    #[serde(default)]
    pub heuristics: Vec<HeuristicId>,
    /// The recommended patterns that were followed, as feedback told.
    #[serde(default)]
    pub applied_patterns: Vec<PatternId>,
    /// Whatever the client keeps with it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Its tags, sorted.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where it was left, to be taken up again.
    #[serde(default)]
    pub checkpoints: Vec<Checkpoint>,
    /// What stands out in it; made at completion.
    #[serde(default)]
    pub salient_features: Option<Features>,
    /// How much can be learned from it, from 0 to 1; made at completion.
    #[serde(default)]
    pub quality_score: Option<f64>,
}

impl Episode {
    /// Seconds from creation to completion; none while it is open.
    pub fn duration_seconds(&self) -> Option<f64> {
        let end = self.end_time?;
        let micros = (end - self.start_time).num_microseconds()?;
        Some(micros.max(0) as f64 / 1e6)
    }
}
