//! A playbook: what to do for a task, made of the patterns and episodes that fit it best.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::analyze::tools_of;
use super::search::{Scored, advises};
use crate::limits::{PLAYBOOK_STEPS_MAX, QUERY_BYTES_MAX};
use crate::memory::{Hit, Memory, check};
use crate::model::{
    EpisodeId, OutcomeKind, PatternBody, PatternId, PatternKind, TaskType, normalized_tags,
};
use crate::retrieval::Preference;
use crate::{Result, learning};

const STEPS: usize = 5;
/// Episodes that are looked at.
const EPISODES: usize = 8;
/// Patterns that are looked at.
const PATTERNS: usize = 20;
/// The least score of a pattern that is followed.
const SCORE_MIN: f64 = 0.3;
const LIST_MAX: usize = 5;

/// A task that a playbook is wanted for, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecommendPlaybook {
    /// The task.
    pub task_description: String,
    /// The area of work.
    pub domain: String,
    /// What kind of work it is.
    #[serde(default)]
    pub task_type: Option<TaskType>,
    /// Steps at most; 5 when left out.
    #[serde(default)]
    pub max_steps: Option<usize>,
    /// The programming language.
    #[serde(default)]
    pub language: Option<String>,
    /// The framework.
    #[serde(default)]
    pub framework: Option<String>,
    /// Tags of the work.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The episode that asks; it is not looked at itself.
    #[serde(default)]
    pub episode_id: Option<EpisodeId>,
}

/// The answer, in the form of the contract.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaybookAnswer {
    /// None when nothing is known that would help.
    pub playbook: Option<Playbook>,
    /// Why there is none, or what it is made of.
    pub message: String,
}

/// What to do for a task.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Playbook {
    /// Why it fits.
    pub why_relevant: String,
    /// When it helps.
    pub when_to_apply: Vec<String>,
    /// When it does not.
    pub when_not_to_apply: Vec<String>,
    /// What to do, in this order.
    pub ordered_steps: Vec<PlaybookStep>,
    /// What went wrong before.
    pub pitfalls: Vec<String>,
    /// What to expect.
    pub expected_outcome: String,
    /// The lower bound of the 95 % Wilson interval of the success rate of what it is made of.
    pub confidence: f64,
    /// The patterns behind it.
    pub supporting_pattern_ids: Vec<PatternId>,
    /// The episodes behind it.
    pub supporting_episode_ids: Vec<EpisodeId>,
}

/// One step of a playbook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaybookStep {
    /// From 1.
    pub order: usize,
    /// What to do it with.
    pub tool: String,
    /// What was done with it before.
    pub action: String,
    /// Where it comes from.
    pub source: &'static str,
}

impl Memory {
    /// Makes a playbook for a task.
    ///
    /// # Errors
    /// A field is not what it must be, or the store failed.
    pub async fn recommend_playbook(&self, asked: RecommendPlaybook) -> Result<PlaybookAnswer> {
        let steps_max = asked.max_steps.unwrap_or(STEPS);
        check::filled("task_description", &asked.task_description, QUERY_BYTES_MAX)?;
        check::within("max_steps", steps_max, 1, PLAYBOOK_STEPS_MAX)?;
        let tags = normalized_tags(&asked.tags)?;
        let text = [
            Some(asked.task_description.as_str()),
            asked.language.as_deref(),
            asked.framework.as_deref(),
        ];
        let text = text.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let (vector, _) = self.query_vector(&text).await;
        self.blocking(move |memory| {
            let preference = Preference {
                domain: Some(asked.domain.clone()),
                task_type: asked.task_type,
            };
            let filter = crate::store::Filter {
                completed: Some(true),
                ..memory.filter()
            };
            let hits = memory.ranked_hits(&text, vector, &filter, &preference, EPISODES)?;
            let mut hits = memory.with_episodes(hits)?;
            hits.retain(|hit| Some(hit.episode.episode_id) != asked.episode_id);
            let entries = memory.pattern_entries(Some(&asked.domain))?;
            let mut scored =
                memory.scored(entries, &text, Some(&asked.domain), asked.task_type, &tags);
            scored.retain(|scored| scored.score >= SCORE_MIN);
            scored.truncate(PATTERNS);
            Ok(answer(&hits, scored, steps_max))
        })
        .await
    }
}

fn answer(hits: &[Hit], scored: Vec<Scored>, steps_max: usize) -> PlaybookAnswer {
    let (good, bad): (Vec<_>, Vec<_>) = hits
        .iter()
        .partition(|hit| kind(hit).is_some_and(OutcomeKind::is_successful));
    let (advice, rest): (Vec<_>, Vec<_>) = scored
        .into_iter()
        .partition(|scored| advises(&scored.pattern));
    let ordered_steps = steps(&good, &advice, steps_max);
    if ordered_steps.is_empty() {
        return PlaybookAnswer {
            playbook: None,
            message: "Nothing that succeeded is known for such a task; complete some episodes of this domain first.".to_owned(),
        };
    }
    let confidence = learning::wilson_lower(good.len() as u64, hits.len() as u64);
    let advice: Vec<_> = advice.into_iter().take(LIST_MAX).collect();
    let playbook = Playbook {
        why_relevant: format!(
            "{} of the {} episodes that are most like this task succeeded, and {} patterns of the domain fit it.",
            good.len(),
            hits.len(),
            advice.len()
        ),
        when_to_apply: advice
            .iter()
            .map(|scored| scored.pattern.description.clone())
            .collect(),
        when_not_to_apply: rest
            .iter()
            .filter(|scored| scored.pattern.is_anti_pattern)
            .map(|scored| scored.pattern.description.clone())
            .take(LIST_MAX)
            .collect(),
        ordered_steps,
        pitfalls: pitfalls(&bad),
        expected_outcome: good
            .first()
            .and_then(|hit| hit.episode.outcome.as_ref())
            .map_or_else(
                || {
                    "No episode like this one succeeded yet; the steps are those of patterns."
                        .to_owned()
                },
                |outcome| outcome.summary().chars().take(300).collect(),
            ),
        confidence,
        supporting_pattern_ids: advice
            .iter()
            .map(|scored| scored.pattern.pattern_id)
            .collect(),
        supporting_episode_ids: good.iter().map(|hit| hit.episode.episode_id).collect(),
    };
    PlaybookAnswer {
        message: format!("A playbook of {} steps.", playbook.ordered_steps.len()),
        playbook: Some(playbook),
    }
}

fn kind(hit: &Hit) -> Option<OutcomeKind> {
    hit.episode.outcome.as_ref().map(|outcome| outcome.kind())
}

/// The steps of the best success, without those that failed; where there is none, those of the best sequence.
fn steps(good: &[&Hit], advice: &[Scored], steps_max: usize) -> Vec<PlaybookStep> {
    let mut steps = Vec::new();
    for hit in good {
        for step in &hit.episode.steps {
            let has_failed = matches!(
                step.result_kind(),
                crate::ResultKind::Error | crate::ResultKind::Timeout
            );
            if !has_failed && steps.len() < steps_max {
                let order = steps.len() + 1;
                let action = step.action.chars().take(300).collect();
                steps.push(PlaybookStep {
                    order,
                    tool: step.tool.clone(),
                    action,
                    source: "episode",
                });
            }
        }
        if !steps.is_empty() {
            return steps;
        }
    }
    let sequence = advice
        .iter()
        .find(|scored| scored.pattern.body.kind() == PatternKind::ToolSequence);
    let tools = sequence.map_or(&[][..], |scored| tools_of(&scored.pattern));
    let steps = tools
        .iter()
        .take(steps_max)
        .enumerate()
        .map(|(at, tool)| PlaybookStep {
            order: at + 1,
            tool: tool.clone(),
            action: String::new(),
            source: "pattern",
        });
    steps.collect()
}

/// Why episodes like it failed, and which errors they met.
fn pitfalls(bad: &[&Hit]) -> Vec<String> {
    let mut pitfalls = Vec::new();
    for hit in bad {
        if let Some(outcome) = &hit.episode.outcome {
            pitfalls.push(outcome.summary().chars().take(300).collect::<String>());
        }
        for observation in learning::observe(&hit.episode) {
            if let PatternBody::ErrorRecovery { .. } = observation.body {
                pitfalls.push(observation.description);
            }
        }
    }
    pitfalls.retain(|pitfall| !pitfall.trim().is_empty());
    pitfalls.dedup();
    pitfalls.truncate(LIST_MAX);
    pitfalls
}
