//! Checkpoints: an episode is left, and taken up by somebody else.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use vesicle_memory::{CheckpointId, EpisodeId, HandoffPack, Memory};

use super::tool::{Effect, MemoryTool};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Checkpoint {
    episode_id: EpisodeId,
    /// Why it is left
    reason: String,
    /// What to know besides
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByCheckpoint {
    checkpoint_id: CheckpointId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Resume {
    /// As get_handoff_pack answered
    #[schemars(with = "Map<String, Value>")]
    handoff_pack: HandoffPack,
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::{Adds, Reads};
    vec![
        MemoryTool::new(
            "checkpoint_episode",
            "Note where an open episode is left",
            Adds,
            |memory: Memory, at: Checkpoint| async move {
                memory
                    .checkpoint_episode(at.episode_id, &at.reason, at.note.as_deref())
                    .await
            },
        ),
        MemoryTool::new(
            "get_handoff_pack",
            "What whoever takes an episode up needs",
            Reads,
            |memory: Memory, by: ByCheckpoint| async move {
                memory.get_handoff_pack(by.checkpoint_id).await
            },
        ),
        MemoryTool::new(
            "resume_from_handoff",
            "Take an episode up from a pack",
            Adds,
            |memory: Memory, resume: Resume| async move {
                memory.resume_from_handoff(resume.handoff_pack).await
            },
        ),
    ]
}
