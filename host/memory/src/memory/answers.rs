//! What writing operations answer with, as the contract has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{EpisodeId, Outcome, Pattern, Reflection, ResultKind, Reward, TaskType, Time};

/// An episode was created.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Created {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The id to go on with.
    pub episode_id: EpisodeId,
    /// As it was given.
    pub task_description: String,
    /// As it was given.
    pub domain: String,
    /// As it was given.
    pub task_type: TaskType,
    /// For people.
    pub message: String,
}

/// A step was added.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepAdded {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The episode.
    pub episode_id: EpisodeId,
    /// The step.
    pub step_number: u32,
    /// For people.
    pub message: String,
}

/// An episode was completed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Completed {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The episode.
    pub episode_id: EpisodeId,
    /// How it ended.
    pub outcome_type: &'static str,
    /// How well it went.
    pub reward: Reward,
    /// What can be said about it.
    pub reflection: Reflection,
    /// How much can be learned from it, from 0 to 1.
    pub quality_score: f64,
    /// The patterns that it showed, new ones and strengthened ones.
    pub patterns: Vec<Pattern>,
    /// For people.
    pub message: String,
}

/// An episode was changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Updated {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The episode.
    pub episode_id: EpisodeId,
    /// What was changed.
    pub updated_fields: Vec<&'static str>,
    /// For people.
    pub message: String,
}

/// An episode was deleted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Deleted {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The episode that was.
    pub episode_id: EpisodeId,
    /// For people.
    pub message: String,
}

/// The tags of an episode, after a change of them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tagged {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The episode.
    pub episode_id: EpisodeId,
    /// Those that were not there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags_added: Option<Vec<String>>,
    /// Those that were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags_removed: Option<Vec<String>>,
    /// All that were set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags_set: Option<Vec<String>>,
    /// All tags now.
    pub current_tags: Vec<String>,
}

/// An episode in the order of time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Timeline {
    /// The episode.
    pub episode_id: EpisodeId,
    /// When it was created.
    pub start_time: Time,
    /// When it was completed.
    pub end_time: Option<Time>,
    /// From creation to completion.
    pub duration_seconds: Option<f64>,
    /// How many steps it has.
    pub step_count: usize,
    /// The steps.
    pub timeline: Vec<TimelineEntry>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// A step in a timeline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TimelineEntry {
    /// Its number.
    pub step_number: u32,
    /// When it was told.
    pub timestamp: Time,
    /// What it was done with.
    pub tool: String,
    /// What was done.
    pub action: String,
    /// How it ended.
    pub result_type: ResultKind,
    /// How long it took.
    pub latency_ms: Option<u64>,
}
