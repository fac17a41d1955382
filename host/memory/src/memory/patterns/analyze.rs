//! The patterns of a task type, and what they come to.

use std::collections::HashMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::limits::PATTERN_SEARCH_MAX;
use crate::memory::{Memory, check};
use crate::model::{Pattern, PatternBody, TaskType};

/// The least success rate that is asked for when nothing is said.
const SUCCESS_RATE_MIN: f64 = 0.7;
const LIMIT: usize = 20;
const TOOLS_MAX: usize = 5;

/// Which patterns are meant, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzePatterns {
    /// Of this type.
    pub task_type: TaskType,
    /// Where at least this share of the episodes ended in success; 0.7 when left out.
    #[serde(default)]
    pub min_success_rate: Option<f64>,
    /// How many at most; 20 when left out.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// The patterns of a task type.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PatternsAnalyzed {
    /// What was seen most often first.
    pub patterns: Vec<Pattern>,
    /// About all that fit, also those beyond the limit.
    pub statistics: PatternStatistics,
}

/// What patterns come to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PatternStatistics {
    /// How many there are.
    pub total_patterns: usize,
    /// The mean of the measured shares of success; none without patterns.
    pub avg_success_rate: Option<f64>,
    /// The tools that they name most often.
    pub most_common_tools: Vec<String>,
}

impl Memory {
    /// The patterns of a task type, in all domains that may be seen.
    ///
    /// # Errors
    /// A field is not what it must be, or the store failed.
    pub async fn analyze_patterns(&self, asked: AnalyzePatterns) -> Result<PatternsAnalyzed> {
        let least = asked.min_success_rate.unwrap_or(SUCCESS_RATE_MIN);
        let limit = asked.limit.unwrap_or(LIMIT);
        check::share("min_success_rate", least)?;
        check::within("limit", limit, 1, PATTERN_SEARCH_MAX)?;
        self.blocking(move |memory| {
            let entries = memory
                .pattern_entries(None)?
                .into_iter()
                .map(|entry| entry.pattern);
            let mut patterns: Vec<Arc<Pattern>> = entries
                .filter(|pattern| pattern.task_type == asked.task_type)
                .filter(|pattern| measured(pattern).is_some_and(|rate| rate >= least))
                .collect();
            patterns.sort_by(|a, b| {
                let by_count = b.occurrence_count.cmp(&a.occurrence_count);
                by_count
                    .then(b.success_rate.total_cmp(&a.success_rate))
                    .then_with(|| a.signature.cmp(&b.signature))
            });
            let rates: Vec<f64> = patterns
                .iter()
                .filter_map(|pattern| measured(pattern))
                .collect();
            let statistics = PatternStatistics {
                total_patterns: patterns.len(),
                avg_success_rate: (!rates.is_empty())
                    .then(|| rates.iter().sum::<f64>() / rates.len() as f64),
                most_common_tools: common_tools(&patterns),
            };
            patterns.truncate(limit);
            let patterns = patterns.iter().map(|pattern| Pattern::clone(pattern));
            Ok(PatternsAnalyzed {
                patterns: patterns.collect(),
                statistics,
            })
        })
        .await
    }
}

/// The share of successes; none where no episode succeeded or failed.
pub fn measured(pattern: &Pattern) -> Option<f64> {
    let trials = pattern.success_count + pattern.failure_count;
    (trials > 0).then(|| pattern.success_count as f64 / trials as f64)
}

/// The tools that a pattern names.
pub fn tools_of(pattern: &Pattern) -> &[String] {
    match &pattern.body {
        PatternBody::ToolSequence { tools } => tools,
        PatternBody::ErrorRecovery { recovery, .. } => recovery,
        PatternBody::DecisionPoint { tool, .. } => std::slice::from_ref(tool),
        PatternBody::ContextPattern { .. } => &[],
    }
}

fn common_tools(patterns: &[Arc<Pattern>]) -> Vec<String> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for pattern in patterns {
        for tool in tools_of(pattern) {
            *counts.entry(tool).or_default() += pattern.occurrence_count;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts
        .into_iter()
        .take(TOOLS_MAX)
        .map(|(tool, _)| tool.to_owned())
        .collect()
}
