//! Relationships between episodes, and the graphs that they make.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vesicle_memory::{
    Direction, EpisodeId, Error, Memory, RelationshipId, RelationshipType,
    limits::GRAPH_DEPTH,
    memory::{DependencyGraph, NewRelationship},
};

use super::tool::{Effect, MemoryTool};

/// How many related episodes are told where nobody says.
const RELATED: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByRelationship {
    relationship_id: RelationshipId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfEpisode {
    episode_id: EpisodeId,
    /// `both` when left out
    #[serde(default = "both")]
    direction: Direction,
    #[serde(default)]
    relationship_type: Option<RelationshipType>,
}

const fn both() -> Direction {
    Direction::Both
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Related {
    episode_id: EpisodeId,
    #[serde(default)]
    relationship_type: Option<RelationshipType>,
    /// 1 to 1000; 100 when left out
    #[serde(default = "related")]
    limit: usize,
}

const fn related() -> usize {
    RELATED
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    from_episode_id: EpisodeId,
    to_episode_id: EpisodeId,
    relationship_type: RelationshipType,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskGraph {
    episode_id: EpisodeId,
    /// 1 to 10; 2 when left out
    #[serde(default = "depth")]
    depth: u32,
    /// `json` when left out
    #[serde(default)]
    format: Format,
}

const fn depth() -> u32 {
    GRAPH_DEPTH
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Json,
    Dot,
}

#[derive(Serialize, JsonSchema)]
struct Graph {
    #[serde(flatten)]
    graph: DependencyGraph,
    /// In the language of Graphviz.
    #[serde(skip_serializing_if = "Option::is_none")]
    dot: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskCycles {
    episode_id: EpisodeId,
    /// `depends_on` when left out
    #[serde(default)]
    relationship_type: Option<RelationshipType>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Several {
    episode_ids: Vec<EpisodeId>,
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::{AddsOnce, Changes, Reads};
    vec![
        MemoryTool::new(
            "add_episode_relationship",
            "Say how two episodes are related",
            AddsOnce,
            |memory: Memory, new: NewRelationship| async move {
                memory.add_episode_relationship(new).await
            },
        ),
        MemoryTool::new(
            "remove_episode_relationship",
            "Remove a relationship",
            Changes,
            |memory: Memory, by: ByRelationship| async move {
                memory.remove_episode_relationship(by.relationship_id).await
            },
        ),
        MemoryTool::new(
            "get_episode_relationships",
            "The relationships of an episode",
            Reads,
            |memory: Memory, of: OfEpisode| async move {
                let OfEpisode {
                    episode_id,
                    direction,
                    relationship_type,
                } = of;
                memory
                    .get_episode_relationships(episode_id, direction, relationship_type)
                    .await
            },
        ),
        MemoryTool::new(
            "find_related_episodes",
            "The episodes that an episode is related to",
            Reads,
            |memory: Memory, of: Related| async move {
                let Related {
                    episode_id,
                    relationship_type,
                    limit,
                } = of;
                memory
                    .find_related_episodes(episode_id, relationship_type, limit)
                    .await
            },
        ),
        MemoryTool::new(
            "check_relationship_exists",
            "Whether two episodes are related so",
            Reads,
            |memory: Memory, pair: Pair| async move {
                let Pair {
                    from_episode_id,
                    to_episode_id,
                    relationship_type,
                } = pair;
                memory
                    .check_relationship_exists(from_episode_id, to_episode_id, relationship_type)
                    .await
            },
        ),
        MemoryTool::new(
            "get_dependency_graph",
            "The episodes around an episode, and how they are related",
            Reads,
            graph,
        ),
        MemoryTool::new(
            "validate_no_cycles",
            "Whether what an episode depends on leads back to it",
            Reads,
            |memory: Memory, asked: AskCycles| async move {
                memory
                    .validate_no_cycles(asked.episode_id, asked.relationship_type)
                    .await
            },
        ),
        MemoryTool::new(
            "get_topological_order",
            "Episodes and what they depend on, in an order to work in",
            Reads,
            |memory: Memory, asked: Several| async move {
                memory.get_topological_order(asked.episode_ids).await
            },
        ),
    ]
}

async fn graph(memory: Memory, asked: AskGraph) -> Result<Graph, Error> {
    let graph = memory
        .get_dependency_graph(asked.episode_id, asked.depth)
        .await?;
    let dot = (asked.format == Format::Dot).then(|| graph.to_dot());
    Ok(Graph { graph, dot })
}
