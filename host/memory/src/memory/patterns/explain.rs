//! What a pattern rests on.

use schemars::JsonSchema;
use serde::Serialize;

use super::analyze::measured;
use crate::learning::{heuristic, wilson_lower, wilson_upper};
use crate::memory::Memory;
use crate::memory::complete::pattern_in;
use crate::model::{EpisodeId, Heuristic, OutcomeKind, Pattern, PatternId, PatternKind};
use crate::{Error, Result};

/// A pattern, in words and with its evidence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Explanation {
    /// The pattern.
    pub pattern: Pattern,
    /// In sentences.
    pub explanation: String,
    /// The share of successes; none where no episode succeeded or failed.
    pub measured_success_rate: Option<f64>,
    /// The 95 % Wilson interval of it.
    pub confidence_interval: [f64; 2],
    /// The advice that follows; none while it rests on too little.
    pub heuristic: Option<Heuristic>,
    /// The latest episodes that show it.
    pub episodes: Vec<SupportingEpisode>,
}

/// An episode that shows a pattern.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SupportingEpisode {
    /// The episode.
    pub episode_id: EpisodeId,
    /// What was to be done.
    pub task_description: String,
    /// How it ended.
    pub outcome: Option<OutcomeKind>,
    /// Its total reward.
    pub reward: Option<f64>,
}

impl Memory {
    /// Explains a pattern with the episodes behind it.
    ///
    /// # Errors
    /// There is no such pattern.
    pub async fn explain_pattern(&self, id: PatternId) -> Result<Explanation> {
        self.reading(move |memory, tx| {
            let pattern = pattern_in(tx, id)?.filter(|pattern| memory.sees(&pattern.domain));
            let instead = "take an id that search_patterns or recommend_patterns answered with";
            let pattern = pattern.ok_or_else(|| Error::not_found("pattern", id, instead))?;
            let mut episodes = Vec::new();
            for &episode_id in &pattern.episode_ids {
                // Deleted ones are left out; the counts have them still.
                if let Some(episode) = tx.episode(episode_id)? {
                    episodes.push(SupportingEpisode {
                        episode_id,
                        task_description: episode.task_description,
                        outcome: episode.outcome.map(|outcome| outcome.kind()),
                        reward: episode.reward.map(|reward| reward.total),
                    });
                }
            }
            let trials = pattern.success_count + pattern.failure_count;
            Ok(Explanation {
                explanation: explanation(&pattern),
                measured_success_rate: measured(&pattern),
                confidence_interval: [
                    wilson_lower(pattern.success_count, trials),
                    wilson_upper(pattern.success_count, trials),
                ],
                heuristic: heuristic(&pattern),
                episodes,
                pattern,
            })
        })
        .await
    }
}

fn explanation(pattern: &Pattern) -> String {
    let kind = match pattern.body.kind() {
        PatternKind::ToolSequence => "a sequence of tools",
        PatternKind::DecisionPoint => "a decision",
        PatternKind::ErrorRecovery => "a way out of an error",
        PatternKind::ContextPattern => "how work of this kind goes",
    };
    let Pattern {
        description,
        domain,
        task_type,
        occurrence_count,
        success_count,
        failure_count,
        ..
    } = pattern;
    let mut text = format!(
        "This is {kind}: {description}. It was seen in {occurrence_count} episodes of {task_type} in {domain}; \
         {success_count} of them succeeded and {failure_count} failed. With so many, the success rate is {:.0} % at least \
         (95 % Wilson bound), and their mean reward is {:.2}, {:+.2} against the usual.",
        100.0 * pattern.success_rate,
        pattern.avg_reward,
        pattern.effectiveness.avg_reward_delta,
    );
    let known = &pattern.effectiveness;
    if known.times_applied > 0 {
        text.push_str(&format!(
            " It was recommended {} times and followed {} times, {} of them with success.",
            known.times_retrieved, known.times_applied, known.success_when_applied
        ));
    }
    if pattern.is_anti_pattern {
        text.push_str(" Work that shows it rather fails: do it another way.");
    }
    text
}
