//! Where an episode was left, and what the next one needs to take it up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckpointId, Context, EpisodeId, Heuristic, Pattern, Step, TaskType, Time};

/// Where an episode was left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checkpoint {
    /// Its id.
    pub checkpoint_id: CheckpointId,
    /// When it was made.
    pub created_at: Time,
    /// Why.
    pub reason: String,
    /// The number of the last step before it; 0 before the first.
    pub step_number: u32,
    /// What to know besides.
    #[serde(default)]
    pub note: Option<String>,
}

/// What whoever takes an episode up needs. `resume_from_handoff` takes it as `get_handoff_pack` gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HandoffPack {
    /// The checkpoint that it was made of.
    pub checkpoint_id: CheckpointId,
    /// The episode that was left.
    pub episode_id: EpisodeId,
    /// When the pack was made.
    pub timestamp: Time,
    /// What was to be done.
    pub current_goal: String,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// What it was done in.
    pub context: Context,
    /// Why it was left.
    pub reason: String,
    /// What to know besides.
    #[serde(default)]
    pub note: Option<String>,
    /// The number of the last step before it; 0 before the first.
    pub step_number: u32,
    /// The steps up to there.
    pub steps_completed: Vec<Step>,
    /// What worked, by the steps.
    pub what_worked: Vec<String>,
    /// What failed, by the steps.
    pub what_failed: Vec<String>,
    /// Which tools were used, and how they did.
    pub salient_facts: Vec<String>,
    /// What to do next.
    pub suggested_next_steps: Vec<String>,
    /// Patterns that fit.
    pub relevant_patterns: Vec<Pattern>,
    /// Heuristics that fit.
    pub relevant_heuristics: Vec<Heuristic>,
}
