//! The patterns of a domain: what works there, and what does not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::limits::QUERY_LIMIT_MAX;
use crate::memory::patterns::measured;
use crate::memory::{Memory, check};
use crate::model::{EpisodeId, Pattern, PatternKind, TaskType, Time};
use crate::store::{self, Filter};

const EPISODES_MIN: u64 = 3;
const SUCCESS_RATE_MIN: f64 = 0.6;
const LIMIT: usize = 50;
const RECOMMENDATIONS_MAX: usize = 5;

/// Which patterns are meant, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzePatternBatch {
    /// Of this domain.
    pub domain: String,
    /// Of this type.
    #[serde(default)]
    pub task_type: Option<TaskType>,
    /// Seen within this time.
    #[serde(default)]
    pub time_range: TimeRange,
    /// In so many episodes; 3 when left out.
    #[serde(default)]
    pub min_episodes: Option<u64>,
    /// With this share of successes; 0.6 when left out.
    #[serde(default)]
    pub min_success_rate: Option<f64>,
    /// Also what rather fails.
    #[serde(default = "yes")]
    pub include_anti_patterns: bool,
    /// How many of each at most; 50 when left out.
    #[serde(default)]
    pub limit: Option<usize>,
}

const fn yes() -> bool {
    true
}

/// A time, open at the ends that are left out.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TimeRange {
    /// From then on.
    pub start: Option<Time>,
    /// Until before then.
    pub end: Option<Time>,
}

/// What works in a domain.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BatchPatterns {
    /// The patterns.
    pub analysis: PatternAnalysis,
    /// In sentences.
    pub recommendations: Vec<String>,
}

/// The patterns of a domain.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PatternAnalysis {
    /// Completed episodes of the domain, type and time.
    pub episodes_analyzed: u64,
    /// Patterns of enough episodes, good and bad.
    pub total_patterns_found: usize,
    /// What works, the surest first.
    pub successful_patterns: Vec<BatchPattern>,
    /// What does not, the surest first.
    pub anti_patterns: Vec<BatchPattern>,
}

/// A pattern, briefly.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BatchPattern {
    /// What makes it the same in another episode.
    pub signature: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: PatternKind,
    /// In a sentence.
    pub description: String,
    /// In how many episodes it was seen.
    pub occurrences: u64,
    /// The share of successes.
    pub success_rate: f64,
    /// The mean reward of its episodes.
    pub avg_reward: f64,
    /// The latest of them.
    pub example: Option<EpisodeId>,
}

impl Memory {
    /// What works in a domain, and what does not.
    ///
    /// # Errors
    /// A field is not what it must be, or the store failed.
    pub async fn batch_pattern_analysis(
        &self,
        asked: AnalyzePatternBatch,
    ) -> Result<BatchPatterns> {
        let limit = asked.limit.unwrap_or(LIMIT);
        let least = asked.min_success_rate.unwrap_or(SUCCESS_RATE_MIN);
        check::within("limit", limit, 1, QUERY_LIMIT_MAX)?;
        check::share("min_success_rate", least)?;
        self.blocking(move |memory| {
            let filter = Filter {
                domain: Some(asked.domain.clone()),
                task_type: asked.task_type,
                completed: Some(true),
                from: asked.time_range.start,
                until: asked.time_range.end,
                ..memory.filter()
            };
            let totals = store::read(&*memory.inner.store, |tx| tx.totals(&filter))?;
            let entries = memory.pattern_entries(Some(&asked.domain))?.into_iter();
            let patterns: Vec<_> = entries
                .map(|entry| entry.pattern)
                .filter(|pattern| asked.wants(pattern))
                .collect();
            let rate = |pattern: &Pattern| measured(pattern).unwrap_or_default();
            let mut good: Vec<_> = patterns
                .iter()
                .filter(|pattern| !pattern.is_anti_pattern && rate(pattern) >= least)
                .collect();
            let mut bad: Vec<_> = patterns
                .iter()
                .filter(|pattern| pattern.is_anti_pattern && asked.include_anti_patterns)
                .collect();
            good.sort_by(|a, b| {
                b.success_rate
                    .total_cmp(&a.success_rate)
                    .then_with(|| a.signature.cmp(&b.signature))
            });
            bad.sort_by(|a, b| {
                b.failure_count
                    .cmp(&a.failure_count)
                    .then_with(|| a.signature.cmp(&b.signature))
            });
            let brief = |pattern: &&std::sync::Arc<Pattern>| BatchPattern {
                signature: pattern.signature.clone(),
                kind: pattern.body.kind(),
                description: pattern.description.clone(),
                occurrences: pattern.occurrence_count,
                success_rate: rate(pattern),
                avg_reward: pattern.avg_reward,
                example: pattern.episode_ids.first().copied(),
            };
            let analysis = PatternAnalysis {
                episodes_analyzed: totals.episodes,
                total_patterns_found: good.len() + bad.len(),
                successful_patterns: good.iter().map(brief).take(limit).collect(),
                anti_patterns: bad.iter().map(brief).take(limit).collect(),
            };
            Ok(BatchPatterns {
                recommendations: recommendations(&analysis),
                analysis,
            })
        })
        .await
    }
}

impl AnalyzePatternBatch {
    fn wants(&self, pattern: &Pattern) -> bool {
        let seen = pattern.effectiveness.last_used;
        self.task_type
            .is_none_or(|wanted| wanted == pattern.task_type)
            && pattern.occurrence_count >= self.min_episodes.unwrap_or(EPISODES_MIN)
            && self.time_range.start.is_none_or(|start| seen >= start)
            && self
                .time_range
                .end
                .is_none_or(|end| pattern.effectiveness.created_at < end)
    }
}

fn recommendations(analysis: &PatternAnalysis) -> Vec<String> {
    let good = analysis.successful_patterns.iter().map(|pattern| {
        format!(
            "Do it like this: {} ({:.0} % of {} succeeded).",
            pattern.description,
            100.0 * pattern.success_rate,
            pattern.occurrences
        )
    });
    let bad = analysis.anti_patterns.iter().map(|pattern| {
        format!(
            "Do it another way than this: {} ({:.0} % of {} succeeded).",
            pattern.description,
            100.0 * pattern.success_rate,
            pattern.occurrences
        )
    });
    let all: Vec<_> = good
        .take(RECOMMENDATIONS_MAX)
        .chain(bad.take(RECOMMENDATIONS_MAX))
        .collect();
    if all.is_empty() {
        return vec![
            "Nothing was seen in enough episodes; complete more of them, or lower min_episodes."
                .to_owned(),
        ];
    }
    all
}
