//! Which tools the memory has, and which of them a client is shown from the start.

use std::sync::LazyLock;

use rmcp::model::Tool;
use vesicle_bridge::{
    discovery::LIMIT_DEFAULT,
    search::{Index, Query, Usage},
};

use super::{
    batches, checkpoints, embeddings, episodes, health, operations, patterns, queries, relations,
    tags, tool::MemoryTool,
};

/// What most work needs. A model pays for these in every prompt.
pub const CORE: [&str; 10] = [
    "create_episode",
    "add_episode_step",
    "complete_episode",
    "get_episode",
    "query_memory",
    "query_semantic_memory",
    "search_patterns",
    "recommend_patterns",
    "recommend_playbook",
    operations::NAME,
];
/// What the index calls the server that these tools belong to; never shown.
const HERE: &str = "memory";

static TOOLS: LazyLock<Vec<MemoryTool>> = LazyLock::new(|| {
    let groups = [
        episodes::tools(),
        tags::tools(),
        relations::tools(),
        checkpoints::tools(),
        queries::tools(),
        patterns::tools(),
        operations::tools(),
        batches::tools(),
        embeddings::tools(),
        health::tools(),
    ];
    groups.into_iter().flatten().collect()
});

static INDEX: LazyLock<Index> =
    LazyLock::new(|| Index::new(TOOLS.iter().map(|tool| (HERE, &tool.definition))));

/// All of them, in an order that groups what belongs together.
pub fn all() -> &'static [MemoryTool] {
    &TOOLS
}

/// The tool of this name.
pub fn find(name: &str) -> Option<&'static MemoryTool> {
    TOOLS.iter().find(|tool| tool.name() == name)
}

/// Tools for a task in plain words, best first.
pub fn search(text: &str, limit: usize) -> Vec<&'static Tool> {
    let query = Query {
        text,
        server: None,
        limit: limit.max(LIMIT_DEFAULT),
        used: &[],
    };
    let hits = INDEX.search(&query, &Usage::default());
    let tools = hits.iter().filter_map(|hit| find(hit.tool));
    tools.map(|tool| &tool.definition).take(limit).collect()
}
