//! Tags of episodes.

use schemars::JsonSchema;
use serde::Deserialize;
use vesicle_memory::{EpisodeId, Memory};

use super::{
    episodes::ById,
    tool::{Effect, MemoryTool},
};

/// How many episodes a search gives that does not say.
const LIMIT: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Tags {
    episode_id: EpisodeId,
    /// 2 to 100 of a-z 0-9 - _ each
    tags: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    tags: Vec<String>,
    /// All of them, not one
    #[serde(default)]
    require_all: bool,
    /// 1 to 1000; 100 when left out
    #[serde(default = "limit")]
    limit: usize,
}

const fn limit() -> usize {
    LIMIT
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::{AddsOnce, Changes, Reads};
    vec![
        MemoryTool::new(
            "add_episode_tags",
            "Add tags to an episode",
            AddsOnce,
            |memory: Memory, sent: Tags| async move {
                memory.add_episode_tags(sent.episode_id, &sent.tags).await
            },
        ),
        MemoryTool::new(
            "remove_episode_tags",
            "Remove tags from an episode",
            Changes,
            |memory: Memory, sent: Tags| async move {
                memory
                    .remove_episode_tags(sent.episode_id, &sent.tags)
                    .await
            },
        ),
        MemoryTool::new(
            "set_episode_tags",
            "Replace all tags of an episode",
            Changes,
            |memory: Memory, sent: Tags| async move {
                memory.set_episode_tags(sent.episode_id, &sent.tags).await
            },
        ),
        MemoryTool::new(
            "get_episode_tags",
            "The tags of an episode",
            Reads,
            |memory: Memory, of: ById| async move { memory.get_episode_tags(of.episode_id).await },
        ),
        MemoryTool::new(
            "search_episodes_by_tags",
            "Episodes with these tags, the newest first",
            Reads,
            |memory: Memory, sent: Search| async move {
                let Search {
                    tags,
                    require_all,
                    limit,
                } = sent;
                memory
                    .search_episodes_by_tags(&tags, require_all, limit)
                    .await
            },
        ),
    ]
}
