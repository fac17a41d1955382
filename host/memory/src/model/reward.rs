//! What is said about an episode when it is completed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// How well an episode went: `base × efficiency × complexity_bonus × quality_multiplier + learning_bonus`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reward {
    /// The product and the bonus.
    pub total: f64,
    /// By the outcome, from 0 to 1.
    pub base: f64,
    /// By steps, failed steps and time.
    pub efficiency: f64,
    /// By how much the task asked for.
    pub complexity_bonus: f64,
    /// By how cleanly it went.
    pub quality_multiplier: f64,
    /// For what can be learned from it.
    pub learning_bonus: f64,
}

/// What can be said about an episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reflection {
    /// What went well.
    pub successes: Vec<String>,
    /// What could go better.
    pub improvements: Vec<String>,
    /// What follows from it.
    pub insights: Vec<String>,
    /// When it was made.
    pub generated_at: Time,
}
