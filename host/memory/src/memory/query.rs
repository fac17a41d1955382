//! Queries: episodes by meaning and by words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Memory, check};
use crate::limits::{QUERY_BYTES_MAX, QUERY_LIMIT, QUERY_LIMIT_MAX};
use crate::model::{Episode, EpisodeId, Pattern, TaskType, normalized_tags};
use crate::retrieval::{Preference, Why};
use crate::store::Filter;
use crate::{Result, text};

/// In which order hits are given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// What fits best first.
    #[default]
    Relevance,
    /// The latest first.
    Newest,
    /// The earliest first.
    Oldest,
    /// The shortest first.
    Duration,
    /// Successes first, the highest reward first.
    Success,
}

/// A query, as it is sent. What is left out means any.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// What is looked for. Empty means the newest.
    pub query: String,
    /// Only of this domain.
    pub domain: Option<String>,
    /// Only of this type.
    pub task_type: Option<TaskType>,
    /// Only with all of these tags.
    pub tags: Vec<String>,
    /// Only those that ended in success, wholly or in part.
    pub successful: bool,
    /// How many at most; 10 when left out.
    pub limit: Option<usize>,
    /// In which order.
    pub sort: Sort,
}

/// What a query found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Found {
    /// The episodes.
    pub episodes: Vec<Hit>,
    /// Patterns that fit, best first.
    pub patterns: Vec<Pattern>,
    /// About the whole.
    pub insights: Insights,
    /// What could not be done; the answer is without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// An episode that was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hit {
    /// The episode, with its steps.
    #[serde(flatten)]
    pub episode: Episode,
    /// How well it fits, from 0 to 1.
    pub relevance: f64,
    /// The parts of that.
    pub why: Why,
}

/// About what was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Insights {
    /// Episodes that the filters let through.
    pub total_episodes: u64,
    /// Patterns that fit.
    pub relevant_patterns: usize,
    /// The share of successes among the completed episodes that were found.
    pub success_rate: Option<f64>,
}

/// Patterns beside the episodes of a query.
const PATTERNS_BESIDE: usize = 5;

impl Memory {
    /// Finds episodes by meaning and by words, with patterns that fit.
    ///
    /// # Errors
    /// A field is not what it must be, or the store failed. Where the provider of embeddings fails, words alone are
    /// searched, and a warning says so.
    pub async fn query_memory(&self, query: Query) -> Result<Found> {
        let limit = limit(query.limit)?;
        let filter = self.query_filter(&query)?;
        let (vector, warnings) = self.query_vector(&query.query).await;
        self.blocking(move |memory| {
            let preference = Preference::default();
            let hits = memory.ranked_hits(&query.query, vector, &filter, &preference, limit)?;
            let mut hits = memory.with_episodes(hits)?;
            sort(&mut hits, query.sort);
            let scope = (query.domain.as_deref(), query.task_type);
            let patterns = memory.fitting_patterns(&query.query, scope, PATTERNS_BESIDE)?;
            let total = memory.inner.store.count(&filter)?;
            Ok(Found {
                insights: Insights {
                    total_episodes: total,
                    relevant_patterns: patterns.len(),
                    success_rate: success_rate(&hits),
                },
                episodes: hits,
                patterns,
                warnings,
            })
        })
        .await
    }

    /// Finds other episodes that are like one.
    ///
    /// # Errors
    /// There is no such episode, or the limit is none.
    pub async fn similar_episodes(&self, id: EpisodeId, limit: usize) -> Result<Vec<Hit>> {
        check::within("limit", limit, 1, QUERY_LIMIT_MAX)?;
        let episode = self.get_episode(id).await?;
        let text = text::embedded_text(&episode);
        let (vector, _) = self.query_vector(&text).await;
        self.blocking(move |memory| {
            let preference = Preference {
                domain: Some(episode.context.domain.clone()),
                task_type: Some(episode.task_type),
            };
            let mut hits =
                memory.ranked_hits(&text, vector, &memory.filter(), &preference, limit + 1)?;
            hits.retain(|hit| hit.candidate.id != id);
            hits.truncate(limit);
            memory.with_episodes(hits)
        })
        .await
    }

    fn query_filter(&self, query: &Query) -> Result<Filter> {
        check::text("query", &query.query, QUERY_BYTES_MAX)?;
        let filter = Filter {
            domain: query.domain.clone(),
            task_type: query.task_type,
            tags: normalized_tags(&query.tags)?,
            ..self.filter()
        };
        Ok(if query.successful {
            filter.successful()
        } else {
            filter
        })
    }
}

/// How many, when nothing is said.
pub(super) fn limit(limit: Option<usize>) -> Result<usize> {
    let limit = limit.unwrap_or(QUERY_LIMIT);
    check::within("limit", limit, 1, QUERY_LIMIT_MAX)?;
    Ok(limit)
}

fn sort(hits: &mut [Hit], sort: Sort) {
    let reward = |hit: &Hit| hit.episode.reward.map_or(f64::MIN, |reward| reward.total);
    let successful = |hit: &Hit| {
        hit.episode
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.kind().is_successful())
    };
    match sort {
        Sort::Relevance => {}
        Sort::Newest => hits.sort_by_key(|hit| std::cmp::Reverse(hit.episode.start_time)),
        Sort::Oldest => hits.sort_by_key(|hit| hit.episode.start_time),
        Sort::Duration => hits.sort_by(|a, b| {
            let duration = |hit: &Hit| hit.episode.duration_seconds().unwrap_or(f64::MAX);
            duration(a).total_cmp(&duration(b))
        }),
        Sort::Success => hits.sort_by(|a, b| {
            let by_outcome = successful(b).cmp(&successful(a));
            by_outcome.then_with(|| reward(b).total_cmp(&reward(a)))
        }),
    }
}

fn success_rate(hits: &[Hit]) -> Option<f64> {
    let kinds = hits.iter().filter_map(|hit| hit.episode.outcome.as_ref());
    let kinds: Vec<_> = kinds
        .map(|outcome| outcome.kind().is_successful())
        .collect();
    let successes = kinds.iter().filter(|is_success| **is_success).count();
    (!kinds.is_empty()).then(|| successes as f64 / kinds.len() as f64)
}
