//! Strengthens a pattern with one more episode.

use super::{Observation, wilson_lower, wilson_upper};
use crate::limits::{EVIDENCE_MAX, TAGS_MAX};
use crate::model::{Effectiveness, Episode, Outcome, OutcomeKind, Pattern, Time};

/// A share of successes below which a pattern rather harms.
const ANTI_PATTERN_BELOW: f64 = 0.5;

/// What has to be known of an episode to count it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The episode, completed.
    pub episode: &'a Episode,
    /// Its total reward.
    pub reward: f64,
    /// The mean reward of all episodes of the domain and task type.
    pub usual_reward: f64,
    /// The time of the completion.
    pub at: Time,
}

/// The pattern with this episode counted.
pub fn merged(known: Option<Pattern>, observation: &Observation, seen: Seen<'_>) -> Pattern {
    let mut pattern = known.unwrap_or_else(|| fresh(observation, seen));
    let id = seen.episode.episode_id;
    pattern.occurrence_count += 1;
    match seen.episode.outcome.as_ref().map(Outcome::kind) {
        Some(OutcomeKind::Success | OutcomeKind::PartialSuccess) => pattern.success_count += 1,
        Some(OutcomeKind::Failure) => pattern.failure_count += 1,
        Some(OutcomeKind::Abstained) | None => {}
    }
    let count = pattern.occurrence_count as f64;
    pattern.avg_reward += (seen.reward - pattern.avg_reward) / count;
    let trials = pattern.success_count + pattern.failure_count;
    pattern.success_rate = wilson_lower(pattern.success_count, trials);
    pattern.is_anti_pattern = wilson_upper(pattern.success_count, trials) < ANTI_PATTERN_BELOW;
    pattern.effectiveness.avg_reward_delta = pattern.avg_reward - seen.usual_reward;
    pattern.effectiveness.last_used = seen.at;
    pattern.episode_ids.insert(0, id);
    pattern.episode_ids.truncate(EVIDENCE_MAX);
    for tag in &seen.episode.tags {
        if let Err(at) = pattern.tags.binary_search(tag)
            && pattern.tags.len() < TAGS_MAX
        {
            pattern.tags.insert(at, tag.clone());
        }
    }
    pattern
}

/// The pattern after a recommendation of it was followed.
pub fn adopted(mut pattern: Pattern, outcome: OutcomeKind, at: Time) -> Pattern {
    let effectiveness = &mut pattern.effectiveness;
    effectiveness.times_applied += 1;
    match outcome {
        OutcomeKind::Success | OutcomeKind::PartialSuccess => {
            effectiveness.success_when_applied += 1;
        }
        OutcomeKind::Failure => effectiveness.failure_when_applied += 1,
        OutcomeKind::Abstained => {}
    }
    effectiveness.last_used = at;
    pattern
}

fn fresh(observation: &Observation, seen: Seen<'_>) -> Pattern {
    Pattern {
        pattern_id: observation.pattern_id(),
        signature: observation.signature.clone(),
        body: observation.body.clone(),
        description: observation.description.clone(),
        domain: seen.episode.context.domain.clone(),
        task_type: seen.episode.task_type,
        occurrence_count: 0,
        success_count: 0,
        failure_count: 0,
        success_rate: 0.0,
        avg_reward: 0.0,
        is_anti_pattern: false,
        effectiveness: Effectiveness {
            times_retrieved: 0,
            times_applied: 0,
            success_when_applied: 0,
            failure_when_applied: 0,
            avg_reward_delta: 0.0,
            last_used: seen.at,
            created_at: seen.at,
        },
        episode_ids: Vec::new(),
        tags: Vec::new(),
    }
}
