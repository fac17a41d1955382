//! Episodes by ids or by a filter, with what they come to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::QUERY_LIMIT_MAX;
use crate::memory::complete::pattern_in;
use crate::memory::{Memory, check};
use crate::model::{Episode, EpisodeId, OutcomeKind, TaskType, normalized_tags};
use crate::store::{Filter, Order, Page, Read};
use crate::{Error, Result};

const LIMIT: usize = 100;

/// Which episodes are meant, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueryEpisodes {
    /// These; empty means those that the filter lets through.
    pub episode_ids: Vec<EpisodeId>,
    /// Which of them.
    pub filter: BatchFilter,
    /// With their steps.
    pub include_steps: bool,
    /// With their patterns in full.
    pub include_patterns: bool,
    /// With their reflections.
    pub include_reflections: bool,
    /// How many at most.
    pub limit: usize,
    /// After so many.
    pub offset: usize,
    /// With what they come to.
    pub aggregate_stats: bool,
}

impl Default for QueryEpisodes {
    fn default() -> Self {
        Self {
            episode_ids: Vec::new(),
            filter: BatchFilter::default(),
            include_steps: true,
            include_patterns: false,
            include_reflections: false,
            limit: LIMIT,
            offset: 0,
            aggregate_stats: true,
        }
    }
}

/// What episodes have to be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BatchFilter {
    /// Of this domain.
    pub domain: Option<String>,
    /// Of this type.
    pub task_type: Option<TaskType>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Only those that ended in success, wholly or in part.
    pub success_only: bool,
}

/// Many episodes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BatchEpisodes {
    /// How many ids were sent, or how many episodes the filter lets through.
    pub requested_count: usize,
    /// How many are here.
    pub found_count: usize,
    /// The episodes, with what was asked for.
    pub episodes: Vec<Value>,
    /// About the episodes that are here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<BatchStatistics>,
}

/// What episodes come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct BatchStatistics {
    /// How many there are.
    pub total_episodes: usize,
    /// How many are completed.
    pub completed: usize,
    /// How many ended in success, wholly or in part.
    pub successful: usize,
    /// How many failed or were not tried.
    pub failed: usize,
    /// The share of successes among the completed ones.
    pub success_rate: Option<f64>,
    /// The mean of their durations.
    pub avg_duration_seconds: Option<f64>,
    /// The mean of their rewards.
    pub avg_reward_score: Option<f64>,
    /// The mean of their numbers of steps.
    pub avg_steps: Option<f64>,
    /// Different patterns that they show.
    pub total_patterns: usize,
}

impl Memory {
    /// Many episodes, with what they come to.
    ///
    /// # Errors
    /// A field is not what it must be, or the store failed.
    pub async fn batch_query_episodes(&self, asked: QueryEpisodes) -> Result<BatchEpisodes> {
        check::within("limit", asked.limit, 1, QUERY_LIMIT_MAX)?;
        check::count("episode_ids", asked.episode_ids.len(), QUERY_LIMIT_MAX)?;
        let filter = Filter {
            domain: asked.filter.domain.clone(),
            task_type: asked.filter.task_type,
            tags: normalized_tags(&asked.filter.tags)?,
            ..self.filter()
        };
        let filter = if asked.filter.success_only {
            filter.successful()
        } else {
            filter
        };
        self.reading(move |memory, tx| {
            let (requested_count, ids) = wanted(tx, &asked, &filter)?;
            let mut episodes = Vec::with_capacity(ids.len());
            for id in ids {
                match memory.whole_in(tx, id) {
                    Ok(episode) if asked.episode_ids.is_empty() || fits(&episode, &filter) => {
                        episodes.push(episode)
                    }
                    Ok(_) | Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            let statistics = asked.aggregate_stats.then(|| statistics(&episodes));
            let shown = episodes.iter().map(|episode| shown(tx, episode, &asked));
            Ok(BatchEpisodes {
                requested_count,
                found_count: episodes.len(),
                episodes: shown.collect::<Result<_>>()?,
                statistics,
            })
        })
        .await
    }
}

fn wanted(
    tx: &mut dyn Read,
    asked: &QueryEpisodes,
    filter: &Filter,
) -> Result<(usize, Vec<EpisodeId>)> {
    if asked.episode_ids.is_empty() {
        let total = tx.totals(filter)?.episodes as usize;
        let page = Page {
            limit: asked.limit,
            offset: asked.offset,
        };
        return Ok((total, tx.list(filter, Order::Newest, page)?));
    }
    let ids = asked
        .episode_ids
        .iter()
        .skip(asked.offset)
        .take(asked.limit);
    Ok((asked.episode_ids.len(), ids.copied().collect()))
}

fn fits(episode: &Episode, filter: &Filter) -> bool {
    let kind = episode.outcome.as_ref().map(|outcome| outcome.kind());
    filter
        .domain
        .as_ref()
        .is_none_or(|domain| *domain == episode.context.domain)
        && filter
            .task_type
            .is_none_or(|task_type| task_type == episode.task_type)
        && filter.tags.iter().all(|tag| episode.tags.contains(tag))
        && (filter.outcomes.is_empty() || kind.is_some_and(|kind| filter.outcomes.contains(&kind)))
}

fn shown(tx: &mut dyn Read, episode: &Episode, asked: &QueryEpisodes) -> Result<Value> {
    let mut value =
        serde_json::to_value(episode).map_err(|error| Error::Store(error.to_string()))?;
    let Some(members) = value.as_object_mut() else {
        return Ok(value);
    };
    if !asked.include_steps {
        members.remove("steps");
        members.insert("step_count".to_owned(), episode.steps.len().into());
    }
    if !asked.include_reflections {
        members.remove("reflection");
    }
    if asked.include_patterns {
        let mut patterns = Vec::new();
        for id in &episode.patterns {
            if let Some(pattern) = pattern_in(tx, *id)? {
                patterns.push(
                    serde_json::to_value(pattern)
                        .map_err(|error| Error::Store(error.to_string()))?,
                );
            }
        }
        members.insert("patterns".to_owned(), Value::Array(patterns));
    }
    Ok(value)
}

/// What these episodes come to.
pub fn statistics(episodes: &[Episode]) -> BatchStatistics {
    let kinds = episodes
        .iter()
        .filter_map(|episode| episode.outcome.as_ref().map(|outcome| outcome.kind()));
    let kinds: Vec<OutcomeKind> = kinds.collect();
    let successful = kinds.iter().filter(|kind| kind.is_successful()).count();
    let mut patterns: Vec<_> = episodes
        .iter()
        .flat_map(|episode| &episode.patterns)
        .collect();
    patterns.sort_unstable();
    patterns.dedup();
    BatchStatistics {
        total_episodes: episodes.len(),
        completed: kinds.len(),
        successful,
        failed: kinds.len() - successful,
        success_rate: mean(
            kinds
                .iter()
                .map(|kind| f64::from(u8::from(kind.is_successful()))),
        ),
        avg_duration_seconds: mean(episodes.iter().filter_map(Episode::duration_seconds)),
        avg_reward_score: mean(
            episodes
                .iter()
                .filter_map(|episode| Some(episode.reward?.total)),
        ),
        avg_steps: mean(episodes.iter().map(|episode| episode.steps.len() as f64)),
        total_patterns: patterns.len(),
    }
}

/// The mean; none of nothing.
pub fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = numbers.fold((0_u64, 0.0), |(count, sum), n| (count + 1, sum + n));
    (count > 0).then(|| sum / count as f64)
}
