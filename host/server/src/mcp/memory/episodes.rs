//! Episodes: written, read and deleted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vesicle_memory::{
    EpisodeId, Error, Memory,
    memory::{CompleteEpisode, NewEpisode, NewStep, UpdateEpisode, selected},
};

use super::tool::{Effect, MemoryTool};

/// An episode by its id.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ById {
    pub episode_id: EpisodeId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Get {
    episode_id: EpisodeId,
    /// Only these parts, as dotted paths
    #[serde(default)]
    fields: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Got {
    success: bool,
    episode: Value,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByIds {
    /// At most 100
    episode_ids: Vec<EpisodeId>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Delete {
    episode_id: EpisodeId,
    /// Must be true
    confirm: bool,
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::{Adds, AddsOnce, Changes, Reads};
    vec![
        MemoryTool::new(
            "create_episode",
            "Begin an episode: a piece of work to remember",
            Adds,
            |memory: Memory, new: NewEpisode| async move { memory.create_episode(new).await },
        ),
        MemoryTool::new(
            "add_episode_step",
            "Add what was done to an open episode",
            AddsOnce,
            |memory: Memory, new: NewStep| async move { memory.add_episode_step(new).await },
        ),
        MemoryTool::new(
            "complete_episode",
            "Say how an episode ended; it is learned from. A success needs `verdict`, a failure `reason`",
            AddsOnce,
            |memory: Memory, how: CompleteEpisode| async move { memory.complete_episode(how).await },
        ),
        MemoryTool::new("get_episode", "An episode with its steps", Reads, get),
        MemoryTool::new(
            "bulk_episodes",
            "Several episodes by their ids",
            Reads,
            |memory: Memory, ids: ByIds| async move { memory.bulk_episodes(ids.episode_ids).await },
        ),
        MemoryTool::new(
            "update_episode",
            "Change an episode's description, tags or metadata",
            Changes,
            |memory: Memory, update: UpdateEpisode| async move { memory.update_episode(update).await },
        ),
        MemoryTool::new(
            "delete_episode",
            "Delete an episode for good",
            Changes,
            |memory: Memory, delete: Delete| async move {
                memory
                    .delete_episode(delete.episode_id, delete.confirm)
                    .await
            },
        ),
        MemoryTool::new(
            "get_episode_timeline",
            "The steps of an episode in the order of time",
            Reads,
            |memory: Memory, of: ById| async move { memory.get_episode_timeline(of.episode_id).await },
        ),
    ]
}

async fn get(memory: Memory, asked: Get) -> Result<Got, Error> {
    let episode = memory.get_episode(asked.episode_id).await?;
    Ok(Got {
        success: true,
        episode: selected(&json(&episode)?, &asked.fields)?,
    })
}

/// A part of an answer as JSON, of which fields can be selected.
pub fn json(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value)
        .map_err(|error| Error::Store(format!("the answer is no JSON: {error}")))
}
