//! What was seen in more than one episode, and the advice that follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EpisodeId, HeuristicId, PatternId, TaskType, Time};

/// What kind of pattern it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    /// Tools that follow each other.
    ToolSequence,
    /// A step that decides which way to go, and the way that was gone.
    DecisionPoint,
    /// An error, and what overcame it.
    ErrorRecovery,
    /// How work of this kind goes.
    ContextPattern,
}

impl PatternKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 4] = [
        Self::ToolSequence,
        Self::DecisionPoint,
        Self::ErrorRecovery,
        Self::ContextPattern,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolSequence => "tool_sequence",
            Self::DecisionPoint => "decision_point",
            Self::ErrorRecovery => "error_recovery",
            Self::ContextPattern => "context_pattern",
        }
    }
}

/// What a pattern says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "pattern_type", rename_all = "snake_case")]
pub enum PatternBody {
    /// Tools that follow each other. Calls of one tool in a row count as one.
    ToolSequence {
        /// In this order.
        tools: Vec<String>,
    },
    /// A step that decides which way to go.
    DecisionPoint {
        /// What was decided on.
        condition: String,
        /// With what it was decided.
        tool: String,
        /// What was done next.
        action: String,
    },
    /// An error, and what overcame it.
    ErrorRecovery {
        /// The tool that failed.
        tool: String,
        /// Its message, without what differs from case to case.
        error: String,
        /// The tools that led to its success.
        recovery: Vec<String>,
    },
    /// How work of this kind goes.
    ContextPattern {
        /// `language=rust`, `framework=axum`, `complexity=complex` and tags.
        features: Vec<String>,
    },
}

impl PatternBody {
    /// Which kind it is.
    pub const fn kind(&self) -> PatternKind {
        match self {
            Self::ToolSequence { .. } => PatternKind::ToolSequence,
            Self::DecisionPoint { .. } => PatternKind::DecisionPoint,
            Self::ErrorRecovery { .. } => PatternKind::ErrorRecovery,
            Self::ContextPattern { .. } => PatternKind::ContextPattern,
        }
    }
}

/// How a pattern did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effectiveness {
    /// How often it was recommended.
    pub times_retrieved: u64,
    /// How often a recommendation of it was followed.
    pub times_applied: u64,
    /// How often that ended in success, wholly or in part.
    pub success_when_applied: u64,
    /// How often it did not.
    pub failure_when_applied: u64,
    /// The mean reward of episodes that show it, less that of all of the same domain and task type.
    pub avg_reward_delta: f64,
    /// When it was last seen or followed.
    pub last_used: Time,
    /// When it was first seen.
    pub created_at: Time,
}

/// Something that was seen in episodes of a domain and task type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pattern {
    /// Follows from the signature.
    pub pattern_id: PatternId,
    /// What makes it the same pattern in another episode.
    pub signature: String,
    /// What it says.
    #[serde(flatten)]
    pub body: PatternBody,
    /// In a sentence.
    pub description: String,
    /// Where it was seen.
    pub domain: String,
    /// In what kind of work.
    pub task_type: TaskType,
    /// In how many episodes.
    pub occurrence_count: u64,
    /// How many of these ended in success, wholly or in part.
    pub success_count: u64,
    /// How many failed.
    pub failure_count: u64,
    /// The lower bound of the 95 % Wilson interval of its success rate.
    pub success_rate: f64,
    /// The mean reward of the episodes that show it.
    pub avg_reward: f64,
    /// Whether work that shows it rather fails: the upper bound of the interval is below one half.
    pub is_anti_pattern: bool,
    /// How it did.
    pub effectiveness: Effectiveness,
    /// The latest episodes that show it.
    pub episode_ids: Vec<EpisodeId>,
    /// Tags of these episodes.
    pub tags: Vec<String>,
}

/// What a heuristic rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The latest episodes.
    pub episode_ids: Vec<EpisodeId>,
    /// The share of successes.
    pub success_rate: f64,
    /// Of so many.
    pub sample_size: u64,
}

/// Advice: when this, then that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Heuristic {
    /// Follows from the pattern that it is made of.
    pub heuristic_id: HeuristicId,
    /// The pattern that it is made of.
    pub pattern_id: PatternId,
    /// When to follow it.
    pub condition: String,
    /// What to do.
    pub action: String,
    /// The lower bound of the 95 % Wilson interval of its success rate.
    pub confidence: f64,
    /// What it rests on.
    pub evidence: Evidence,
}
