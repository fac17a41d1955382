//! A few episodes beside each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::episodes::mean;
use crate::Result;
use crate::learning::expected_steps;
use crate::limits::COMPARE_MAX;
use crate::memory::{Memory, check};
use crate::model::{Episode, EpisodeId, OutcomeKind, ResultKind};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Seconds from creation to completion; fewer are better.
    Duration,
    /// The total reward.
    RewardScore,
    /// How many steps; fewer are better.
    StepCount,
    /// Steps that a task of the complexity usually takes, by the steps that it took.
    Efficiency,
}

/// Which episodes are compared, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareEpisodes {
    /// Two to ten.
    pub episode_ids: Vec<EpisodeId>,
    /// In what; all when left out.
    #[serde(default = "all_metrics")]
    pub compare_metrics: Vec<Metric>,
    /// Also which tools they used.
    #[serde(default = "yes")]
    pub compare_approaches: bool,
    /// Also in sentences.
    #[serde(default = "yes")]
    pub generate_insights: bool,
}

fn all_metrics() -> Vec<Metric> {
    vec![
        Metric::Duration,
        Metric::RewardScore,
        Metric::StepCount,
        Metric::Efficiency,
    ]
}

const fn yes() -> bool {
    true
}

/// The comparison.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EpisodesCompared {
    /// One for each metric.
    pub comparisons: Vec<Comparison>,
    /// In sentences.
    pub insights: Vec<String>,
    /// Which tools they used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approach_comparison: Option<ApproachComparison>,
}

/// The episodes in one metric.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Comparison {
    /// Which.
    pub metric: Metric,
    /// The value of each episode; none where it has none.
    pub values: Vec<(EpisodeId, Option<f64>)>,
    /// Which is best.
    pub best: Option<EpisodeId>,
    /// Which is worst.
    pub worst: Option<EpisodeId>,
    /// The mean.
    pub mean: Option<f64>,
}

/// Which tools episodes used.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApproachComparison {
    /// Tools that all of them used.
    pub common_tools: Vec<String>,
    /// Tools that only successful ones used.
    pub only_in_successes: Vec<String>,
    /// Tools that only others used.
    pub only_in_failures: Vec<String>,
    /// Of each episode its tools in order, those in a row as one.
    pub sequences: Vec<(EpisodeId, Vec<String>)>,
}

impl Memory {
    /// Compares episodes.
    ///
    /// # Errors
    /// Not two to ten ids, or an episode is not there.
    pub async fn batch_compare_episodes(&self, asked: CompareEpisodes) -> Result<EpisodesCompared> {
        check::within(
            "the number of episode_ids",
            asked.episode_ids.len(),
            2,
            COMPARE_MAX,
        )?;
        self.reading(move |memory, tx| {
            let episodes = asked.episode_ids.iter().map(|&id| memory.whole_in(tx, id));
            let episodes = episodes.collect::<Result<Vec<_>>>()?;
            let comparisons = asked
                .compare_metrics
                .iter()
                .map(|&metric| compare(metric, &episodes));
            let comparisons: Vec<_> = comparisons.collect();
            let approaches = approaches(&episodes);
            Ok(EpisodesCompared {
                insights: if asked.generate_insights {
                    insights(&episodes, &comparisons, &approaches)
                } else {
                    Vec::new()
                },
                comparisons,
                approach_comparison: asked.compare_approaches.then_some(approaches),
            })
        })
        .await
    }
}

fn compare(metric: Metric, episodes: &[Episode]) -> Comparison {
    let values = episodes
        .iter()
        .map(|episode| (episode.episode_id, value(metric, episode)));
    let values: Vec<_> = values.collect();
    let mut known: Vec<(EpisodeId, f64)> = values
        .iter()
        .filter_map(|&(id, value)| Some((id, value?)))
        .collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mean = mean(known.iter().map(|(_, value)| *value));
    let (least, greatest) = (
        known.first().map(|(id, _)| *id),
        known.last().map(|(id, _)| *id),
    );
    let is_less_better = matches!(metric, Metric::Duration | Metric::StepCount);
    let (best, worst) = if is_less_better {
        (least, greatest)
    } else {
        (greatest, least)
    };
    Comparison {
        metric,
        values,
        best,
        worst,
        mean,
    }
}

fn value(metric: Metric, episode: &Episode) -> Option<f64> {
    let steps = episode.steps.len() as f64;
    match metric {
        Metric::Duration => episode.duration_seconds(),
        Metric::RewardScore => episode.reward.map(|reward| reward.total),
        Metric::StepCount => Some(steps),
        Metric::Efficiency => {
            (steps > 0.0).then(|| expected_steps(episode.context.complexity) / steps)
        }
    }
}

fn is_success(episode: &Episode) -> bool {
    episode
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.kind().is_successful())
}

fn approaches(episodes: &[Episode]) -> ApproachComparison {
    let uses = |episode: &Episode, tool: &str| episode.steps.iter().any(|step| step.tool == tool);
    let mut tools: Vec<&str> = episodes
        .iter()
        .flat_map(|episode| &episode.steps)
        .map(|step| step.tool.as_str())
        .collect();
    tools.sort_unstable();
    tools.dedup();
    let those = |wanted: &dyn Fn(&str) -> bool| {
        let those = tools.iter().filter(|tool| wanted(tool));
        those.map(|&tool| tool.to_owned()).collect::<Vec<_>>()
    };
    let only_in = |of_success: bool| {
        those(&|tool| {
            let mut users = episodes.iter().filter(|episode| uses(episode, tool));
            users.all(|episode| is_success(episode) == of_success)
        })
    };
    let sequence = |episode: &Episode| {
        let mut tools: Vec<String> = episode.steps.iter().map(|step| step.tool.clone()).collect();
        tools.dedup();
        (episode.episode_id, tools)
    };
    ApproachComparison {
        common_tools: those(&|tool| episodes.iter().all(|episode| uses(episode, tool))),
        only_in_successes: only_in(true),
        only_in_failures: only_in(false),
        sequences: episodes.iter().map(sequence).collect(),
    }
}

fn insights(
    episodes: &[Episode],
    comparisons: &[Comparison],
    approaches: &ApproachComparison,
) -> Vec<String> {
    let mut insights = Vec::new();
    let successes = episodes
        .iter()
        .filter(|episode| is_success(episode))
        .count();
    insights.push(format!(
        "{successes} of {} episodes succeeded",
        episodes.len()
    ));
    for comparison in comparisons {
        let value = |id| {
            comparison
                .values
                .iter()
                .find(|(known, _)| Some(*known) == id)
                .and_then(|(_, value)| *value)
        };
        let (best, worst) = (value(comparison.best), value(comparison.worst));
        if let (Some(id), Some(best), Some(worst)) = (comparison.best, best, worst)
            && best != worst
        {
            let name = match comparison.metric {
                Metric::Duration => "duration in seconds",
                Metric::RewardScore => "reward",
                Metric::StepCount => "number of steps",
                Metric::Efficiency => "efficiency",
            };
            insights.push(format!(
                "the best {name} is {best:.2}, of {id}; the worst is {worst:.2}"
            ));
        }
    }
    if successes > 0 && successes < episodes.len() {
        if !approaches.only_in_successes.is_empty() {
            insights.push(format!(
                "only what succeeded used {}",
                approaches.only_in_successes.join(", ")
            ));
        }
        if !approaches.only_in_failures.is_empty() {
            insights.push(format!(
                "only what did not succeed used {}",
                approaches.only_in_failures.join(", ")
            ));
        }
    }
    for episode in episodes {
        let failed = episode
            .steps
            .iter()
            .filter(|step| matches!(step.result_kind(), ResultKind::Error | ResultKind::Timeout));
        let failed = failed.count();
        let has_failed =
            episode.outcome.as_ref().map(|outcome| outcome.kind()) == Some(OutcomeKind::Failure);
        if failed > 0 && has_failed {
            insights.push(format!(
                "{failed} of {} steps of {} failed, and so did the episode",
                episode.steps.len(),
                episode.episode_id
            ));
        }
    }
    insights
}
