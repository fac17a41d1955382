//! What was recommended, and what came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EpisodeId, Outcome, PatternId, SessionId, Time};

/// What was recommended for an episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Its id.
    pub session_id: SessionId,
    /// The episode that asked.
    pub episode_id: EpisodeId,
    /// When.
    pub timestamp: Time,
    /// The patterns that were recommended.
    pub recommended_pattern_ids: Vec<PatternId>,
    /// The playbooks that were recommended, by whatever ids the client has for them.
    #[serde(default)]
    pub recommended_playbook_ids: Vec<String>,
    /// What came of it.
    #[serde(default)]
    pub feedback: Option<Feedback>,
}

/// What came of a recommendation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// The patterns that were followed.
    #[serde(default)]
    pub applied_pattern_ids: Vec<PatternId>,
    /// The episodes that were read.
    #[serde(default)]
    pub consulted_episode_ids: Vec<EpisodeId>,
    /// How it ended.
    pub outcome: Outcome,
    /// How useful it was, from 0 to 1, by whoever followed it.
    #[serde(default)]
    pub agent_rating: Option<f64>,
    /// When it was told.
    pub timestamp: Time,
}
