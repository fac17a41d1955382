//! Patterns: searched, recommended and explained; and what came of recommendations.

use schemars::JsonSchema;
use serde::Deserialize;
use vesicle_memory::{
    Error, Memory, PatternId, TaskType,
    memory::{
        AnalyzePatterns, AskAnalysis, NewFeedback, NewSession, PatternsAnalyzed, RecommendPatterns,
        RecommendPlaybook, SearchPatterns,
    },
};

use super::{
    answered::{Selected, of_answer},
    tool::{Effect, MemoryTool},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Analyze {
    task_type: TaskType,
    /// 0 to 1; 0.7 when left out
    #[serde(default)]
    min_success_rate: Option<f64>,
    /// 20 when left out
    #[serde(default)]
    limit: Option<usize>,
    /// Only these parts of the answer, such as `statistics`
    #[serde(default)]
    fields: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByPattern {
    pattern_id: PatternId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::{Adds, AddsOnce, Reads};
    vec![
        MemoryTool::new(
            "analyze_patterns",
            "The patterns of a task type, and what they come to",
            Reads,
            analyze,
        ),
        MemoryTool::new(
            "search_patterns",
            "Find patterns: what worked or failed more than once",
            Reads,
            |memory: Memory, asked: SearchPatterns| async move { memory.search_patterns(asked).await },
        ),
        MemoryTool::new(
            "recommend_patterns",
            "Patterns that help with a task",
            Adds,
            |memory: Memory, asked: RecommendPatterns| async move {
                memory.recommend_patterns(asked).await
            },
        ),
        MemoryTool::new(
            "recommend_playbook",
            "Steps for a task, made of what worked before",
            Reads,
            |memory: Memory, asked: RecommendPlaybook| async move {
                memory.recommend_playbook(asked).await
            },
        ),
        MemoryTool::new(
            "explain_pattern",
            "A pattern in words, with the episodes behind it",
            Reads,
            |memory: Memory, by: ByPattern| async move { memory.explain_pattern(by.pattern_id).await },
        ),
        MemoryTool::new(
            "record_recommendation_session",
            "Note what was recommended to an episode",
            Adds,
            |memory: Memory, new: NewSession| async move {
                memory.record_recommendation_session(new).await
            },
        ),
        MemoryTool::new(
            "record_recommendation_feedback",
            "Note what came of recommendations; later ones follow it",
            AddsOnce,
            |memory: Memory, new: NewFeedback| async move {
                memory.record_recommendation_feedback(new).await
            },
        ),
        MemoryTool::new(
            "get_recommendation_stats",
            "How often recommendations were followed, and how it ended",
            Reads,
            |memory: Memory, _: Nothing| async move { memory.get_recommendation_stats().await },
        ),
        MemoryTool::new(
            "advanced_pattern_analysis",
            "What numbers over time say: correlations, changes, trends, forecasts, anomalies; of series, or of the episodes",
            Reads,
            |memory: Memory, asked: AskAnalysis| async move {
                memory.advanced_pattern_analysis(asked).await
            },
        ),
    ]
}

async fn analyze(memory: Memory, asked: Analyze) -> Result<Selected<PatternsAnalyzed>, Error> {
    let Analyze {
        task_type,
        min_success_rate,
        limit,
        fields,
    } = asked;
    let analyzed = AnalyzePatterns {
        task_type,
        min_success_rate,
        limit,
    };
    of_answer(&memory.analyze_patterns(analyzed).await?, &fields)
}
