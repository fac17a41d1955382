//! Completion: the learning cycle, in the transaction that keeps the outcome.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Completed, Memory, check, pruning, steps};
use crate::learning::{self, Observation, Seen};
use crate::limits::{ARTIFACT_BYTES_MAX, OUTCOME_LIST_MAX, VERDICT_BYTES_MAX};
use crate::model::{Episode, EpisodeId, Heuristic, Outcome, OutcomeKind, Pattern, PatternId, now};
use crate::store::{Read, Record, RecordKind, Write};
use crate::{Error, Result};

/// How an episode is completed, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteEpisode {
    /// The episode.
    pub episode_id: EpisodeId,
    /// `success`, `partial_success` or `failure`.
    pub outcome_type: OutcomeKind,
    /// Of a success, whole or partial: in a sentence.
    #[serde(default)]
    pub verdict: Option<String>,
    /// Of a success: what came of it.
    #[serde(default)]
    pub artifacts: Vec<String>,
    /// Of a partial success: what is done.
    #[serde(default)]
    pub completed: Vec<String>,
    /// Of a partial success: what is not.
    #[serde(default)]
    pub failed: Vec<String>,
    /// Of a failure: why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Of a failure: the error, as it was told.
    #[serde(default)]
    pub error_details: Option<String>,
}

impl CompleteEpisode {
    /// What is told of the outcome, in its own form.
    ///
    /// # Errors
    /// The sentence is missing that this outcome needs.
    pub fn into_outcome(self) -> Result<Outcome> {
        let needed = |field: &str, value: Option<String>| {
            value.ok_or_else(|| {
                let kind = self.outcome_type.as_str();
                Error::Invalid(format!(
                    "outcome_type {kind} needs {field}; say in a sentence how it ended"
                ))
            })
        };
        Ok(match self.outcome_type {
            OutcomeKind::Success => Outcome::Success {
                verdict: needed("verdict", self.verdict)?,
                artifacts: self.artifacts,
            },
            OutcomeKind::PartialSuccess => Outcome::PartialSuccess {
                verdict: needed("verdict", self.verdict)?,
                completed: self.completed,
                failed: self.failed,
            },
            OutcomeKind::Failure => Outcome::Failure {
                reason: needed("reason", self.reason)?,
                error_details: self.error_details,
            },
            OutcomeKind::Abstained => Outcome::Abstained {
                reason: needed("reason", self.reason)?,
            },
        })
    }
}

/// What an outcome has to be, wherever it comes from.
pub fn check_outcome(outcome: &Outcome) -> Result<()> {
    let sentence = if outcome.kind().is_successful() {
        "verdict"
    } else {
        "reason"
    };
    check::text(sentence, outcome.summary(), VERDICT_BYTES_MAX)?;
    let texts = |field: &str, texts: &[String], bytes_max: usize| {
        check::count(field, texts.len(), OUTCOME_LIST_MAX)?;
        texts
            .iter()
            .try_for_each(|text| check::text(field, text, bytes_max))
    };
    match outcome {
        Outcome::Success { artifacts, .. } => {
            texts("an artifact of artifacts", artifacts, ARTIFACT_BYTES_MAX)
        }
        Outcome::PartialSuccess {
            completed, failed, ..
        } => {
            texts("completed", completed, VERDICT_BYTES_MAX)?;
            texts("failed", failed, VERDICT_BYTES_MAX)
        }
        Outcome::Failure { error_details, .. } => check::text(
            "error_details",
            error_details.as_deref().unwrap_or_default(),
            VERDICT_BYTES_MAX,
        ),
        Outcome::Abstained { .. } => Ok(()),
    }
}

/// The mean reward of a domain and task type.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
struct Usual {
    episodes: u64,
    reward: f64,
}

impl Memory {
    /// Completes an episode and learns from it, all or nothing. Completing it again with the same outcome gives the same
    /// answer.
    ///
    /// # Errors
    /// There is no such episode, it was completed otherwise, or a bound is exceeded.
    pub async fn complete_episode(&self, complete: CompleteEpisode) -> Result<Completed> {
        let id = complete.episode_id;
        let outcome = complete.into_outcome()?;
        self.complete_with(id, outcome).await
    }

    /// As [`Self::complete_episode`], with the outcome in its own form.
    ///
    /// # Errors
    /// As there.
    pub async fn complete_with(&self, id: EpisodeId, outcome: Outcome) -> Result<Completed> {
        check_outcome(&outcome)?;
        self.writing(move |memory, tx| {
            let episode = memory.whole_in(tx, id)?;
            match &episode.outcome {
                None => memory.complete_in(tx, episode, outcome.clone()),
                Some(known) if *known == outcome => memory.completed_before(tx, &episode),
                Some(known) => Err(Error::Conflict(format!(
                    "the episode {id} was completed before, as {}: {}; it stays so",
                    known.kind().as_str(),
                    known.summary().chars().take(200).collect::<String>()
                ))),
            }
        })
        .await
        .inspect(|_| self.wake_reindex())
    }

    fn complete_in(
        &self,
        tx: &mut dyn Write,
        mut episode: Episode,
        outcome: Outcome,
    ) -> Result<Completed> {
        episode.outcome = Some(outcome);
        episode.end_time = Some(now().max(episode.start_time));
        let patterns = learn(tx, &mut episode)?;
        let bytes = serde_json::to_string(&episode).map_or(0, |body| body.len());
        steps::check_bytes(bytes)?;
        self.put_found(tx, &episode)?;
        let new = patterns
            .iter()
            .filter(|pattern| pattern.occurrence_count == 1)
            .count();
        let message = format!(
            "The episode is completed. It showed {} patterns, {new} of them for the first time.",
            patterns.len()
        );
        answer(&episode, patterns, message)
    }

    fn completed_before(&self, tx: &mut dyn Write, episode: &Episode) -> Result<Completed> {
        let mut patterns = Vec::new();
        for id in &episode.patterns {
            patterns.extend(pattern_in(tx, *id)?);
        }
        answer(
            episode,
            patterns,
            "The episode was completed before, with the same outcome.".to_owned(),
        )
    }
}

fn answer(episode: &Episode, patterns: Vec<Pattern>, message: String) -> Result<Completed> {
    let missing = || {
        Error::Damaged(format!(
            "the episode {} is completed without a reward",
            episode.episode_id
        ))
    };
    Ok(Completed {
        success: true,
        episode_id: episode.episode_id,
        outcome_type: episode
            .outcome
            .as_ref()
            .ok_or_else(missing)?
            .kind()
            .as_str(),
        reward: episode.reward.ok_or_else(missing)?,
        reflection: episode.reflection.clone().ok_or_else(missing)?,
        quality_score: episode.quality_score.unwrap_or_default(),
        patterns,
        message,
    })
}

/// Makes of an episode with an outcome all that is learned from it, and strengthens its patterns.
pub fn learn(tx: &mut dyn Write, episode: &mut Episode) -> Result<Vec<Pattern>> {
    let at = episode.end_time.unwrap_or(episode.start_time);
    let observations = learning::observe(episode);
    let quality = learning::quality(episode);
    let reward = learning::reward(episode, quality, &observations);
    episode.quality_score = Some(quality);
    episode.reward = Some(reward);
    episode.reflection = Some(learning::reflection(episode, &observations, at));
    episode.salient_features = Some(learning::features(episode, &observations));
    let usual_reward = count_reward(tx, episode, reward.total)?;
    let seen = Seen {
        episode,
        reward: reward.total,
        usual_reward,
        at,
    };
    let mut patterns = Vec::with_capacity(observations.len());
    let mut heuristics = Vec::new();
    for observation in &observations {
        let pattern = strengthen(tx, observation, seen)?;
        heuristics.extend(put_heuristic(tx, &pattern)?.map(|heuristic| heuristic.heuristic_id));
        patterns.push(pattern);
    }
    pruning::patterns(tx, &episode.context.domain, episode.task_type.as_str())?;
    episode.patterns = patterns.iter().map(|pattern| pattern.pattern_id).collect();
    episode.heuristics = heuristics;
    Ok(patterns)
}

fn strengthen(tx: &mut dyn Write, observation: &Observation, seen: Seen<'_>) -> Result<Pattern> {
    let known = pattern_in(tx, observation.pattern_id())?;
    let pattern = learning::merged(known, observation, seen);
    put_pattern(tx, &pattern)?;
    Ok(pattern)
}

/// One pattern.
pub fn pattern_in(tx: &mut (impl Read + ?Sized), id: PatternId) -> Result<Option<Pattern>> {
    let record = tx.record(RecordKind::Pattern, &id.to_string())?;
    record.map(|record| from_json(&record.body)).transpose()
}

/// Keeps a pattern.
pub fn put_pattern(tx: &mut dyn Write, pattern: &Pattern) -> Result<()> {
    tx.put_record(&Record {
        kind: RecordKind::Pattern,
        id: pattern.pattern_id.to_string(),
        a: pattern.domain.clone(),
        b: pattern.task_type.as_str().to_owned(),
        body: to_json(pattern)?,
    })
}

/// Keeps the advice that follows from a pattern, or takes it back when it no longer does.
pub fn put_heuristic(tx: &mut dyn Write, pattern: &Pattern) -> Result<Option<Heuristic>> {
    let heuristic = learning::heuristic(pattern);
    match &heuristic {
        Some(heuristic) => tx.put_record(&Record {
            kind: RecordKind::Heuristic,
            id: heuristic.heuristic_id.to_string(),
            a: pattern.domain.clone(),
            b: pattern.task_type.as_str().to_owned(),
            body: to_json(heuristic)?,
        })?,
        None => {
            let id = crate::HeuristicId::of(&pattern.signature);
            tx.delete_record(RecordKind::Heuristic, &id.to_string())?;
        }
    }
    Ok(heuristic)
}

/// Counts the reward; the answer is the mean of all of the domain and task type.
fn count_reward(tx: &mut dyn Write, episode: &Episode, reward: f64) -> Result<f64> {
    let id = format!(
        "usual reward|{}|{}",
        episode.context.domain, episode.task_type
    );
    let record = tx.record(RecordKind::Setting, &id)?;
    let mut usual: Usual = record
        .map(|record| from_json(&record.body))
        .transpose()?
        .unwrap_or_default();
    usual.episodes += 1;
    usual.reward += (reward - usual.reward) / usual.episodes as f64;
    tx.put_record(&Record {
        kind: RecordKind::Setting,
        id,
        a: String::new(),
        b: String::new(),
        body: to_json(&usual)?,
    })?;
    Ok(usual.reward)
}

pub fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::Store(format!("it cannot be written as JSON: {error}")))
}

pub fn from_json<T: serde::de::DeserializeOwned>(body: &str) -> Result<T> {
    serde_json::from_str(body)
        .map_err(|error| Error::Damaged(format!("what is kept is no JSON of ours: {error}")))
}
