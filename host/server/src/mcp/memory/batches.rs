//! Many episodes at once.

use vesicle_memory::{
    Memory,
    memory::batch::{AnalyzePatternBatch, CompareEpisodes, QueryEpisodes},
};

use super::tool::{Effect, MemoryTool};

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::Reads;
    vec![
        MemoryTool::new(
            "batch_query_episodes",
            "Many episodes by ids or a filter, with what they come to",
            Reads,
            |memory: Memory, asked: QueryEpisodes| async move {
                memory.batch_query_episodes(asked).await
            },
        ),
        MemoryTool::new(
            "batch_pattern_analysis",
            "What works in a domain, and what does not",
            Reads,
            |memory: Memory, asked: AnalyzePatternBatch| async move {
                memory.batch_pattern_analysis(asked).await
            },
        ),
        MemoryTool::new(
            "batch_compare_episodes",
            "Two to ten episodes beside each other",
            Reads,
            |memory: Memory, asked: CompareEpisodes| async move {
                memory.batch_compare_episodes(asked).await
            },
        ),
    ]
}
