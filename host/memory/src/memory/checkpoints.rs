//! Checkpoints: an episode is left, and taken up by somebody else.

use schemars::JsonSchema;
use serde::Serialize;

use super::complete::from_json;
use super::{Memory, check};
use crate::limits::{CHECKPOINT_NOTE_BYTES_MAX, CHECKPOINT_REASON_BYTES_MAX, CHECKPOINTS_MAX};
use crate::model::{
    Checkpoint, CheckpointId, Episode, EpisodeId, HandoffPack, Heuristic, ResultKind, StepResult,
    now,
};
use crate::store::{Record, RecordKind, Records};
use crate::{Error, Result};

/// Patterns and heuristics in a pack.
const ADVICE_MAX: usize = 5;
/// Sentences of each list in a pack.
const SENTENCES_MAX: usize = 20;
const CHARS_MAX: usize = 300;

/// A checkpoint was made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckpointMade {
    /// Always true; a failure is an error.
    pub success: bool,
    /// What `get_handoff_pack` takes.
    pub checkpoint_id: CheckpointId,
    /// The episode.
    pub episode_id: EpisodeId,
    /// The number of the last step before it; 0 before the first.
    pub step_number: u32,
    /// For people.
    pub message: String,
}

/// An episode was taken up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Resumed {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The episode to go on with.
    pub episode_id: EpisodeId,
    /// The number that the next step takes.
    pub next_step_number: u32,
    /// Whether the episode that was left is gone on with; otherwise it is a new one.
    pub is_same_episode: bool,
    /// For people.
    pub message: String,
}

impl Memory {
    /// Notes where an episode is left.
    ///
    /// # Errors
    /// There is no such episode, it is completed, it has too many checkpoints, or a text is too long.
    pub async fn checkpoint_episode(
        &self,
        id: EpisodeId,
        reason: &str,
        note: Option<&str>,
    ) -> Result<CheckpointMade> {
        check::filled("reason", reason, CHECKPOINT_REASON_BYTES_MAX)?;
        check::text("note", note.unwrap_or_default(), CHECKPOINT_NOTE_BYTES_MAX)?;
        let (reason, note) = (reason.to_owned(), note.map(str::to_owned));
        self.writing(move |memory, tx| {
            let mut episode = memory.whole_in(tx, id)?;
            if episode.outcome.is_some() {
                return Err(Error::Conflict(format!(
                    "the episode {id} is completed, and there is nothing to take up; create another"
                )));
            }
            if episode.checkpoints.len() >= CHECKPOINTS_MAX {
                return Err(Error::Limit(format!(
                    "the episode {id} has {CHECKPOINTS_MAX} checkpoints, and that is the most"
                )));
            }
            let checkpoint = Checkpoint {
                checkpoint_id: CheckpointId::new(),
                created_at: now(),
                reason: reason.clone(),
                step_number: episode.steps.last().map_or(0, |step| step.step_number),
                note: note.clone(),
            };
            let answer = CheckpointMade {
                success: true,
                checkpoint_id: checkpoint.checkpoint_id,
                episode_id: id,
                step_number: checkpoint.step_number,
                message: "The checkpoint is kept; get_handoff_pack makes a pack of it.".to_owned(),
            };
            tx.put_record(&Record {
                kind: RecordKind::Checkpoint,
                id: checkpoint.checkpoint_id.to_string(),
                a: id.to_string(),
                b: String::new(),
                body: super::complete::to_json(&id)?,
            })?;
            episode.checkpoints.push(checkpoint);
            memory.put_found(tx, &episode)?;
            Ok(answer)
        })
        .await
    }

    /// What whoever takes the episode up needs.
    ///
    /// # Errors
    /// There is no such checkpoint.
    pub async fn get_handoff_pack(&self, id: CheckpointId) -> Result<HandoffPack> {
        self.blocking(move |memory| {
            let instead = "take an id that checkpoint_episode answered with";
            let missing = || Error::not_found("checkpoint", id, instead);
            let (episode, checkpoint, relevant_heuristics) =
                crate::store::read(&**memory.store(), |tx| {
                    let record = tx
                        .record(RecordKind::Checkpoint, &id.to_string())?
                        .ok_or_else(missing)?;
                    let episode = memory
                        .whole_in(tx, from_json(&record.body)?)
                        .map_err(|_| missing())?;
                    let checkpoint = episode
                        .checkpoints
                        .iter()
                        .find(|known| known.checkpoint_id == id)
                        .cloned();
                    let scope = Records::all(RecordKind::Heuristic)
                        .with_a(&episode.context.domain)
                        .with_b(episode.task_type.as_str());
                    let heuristics = tx.records(&scope)?;
                    let heuristics = heuristics.iter().map(|record| from_json(&record.body));
                    let mut heuristics = heuristics.collect::<Result<Vec<Heuristic>>>()?;
                    heuristics.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
                    heuristics.truncate(ADVICE_MAX);
                    Ok((episode, checkpoint.ok_or_else(missing)?, heuristics))
                })?;
            let scope = (
                Some(episode.context.domain.as_str()),
                Some(episode.task_type),
            );
            let relevant_patterns =
                memory.fitting_patterns(&episode.task_description, scope, ADVICE_MAX)?;
            let pack = pack(episode, checkpoint);
            Ok(HandoffPack {
                relevant_patterns,
                relevant_heuristics,
                ..pack
            })
        })
        .await
    }

    /// Takes an episode up: the same one where it is still open, otherwise a new one with the same task.
    ///
    /// # Errors
    /// The pack names a domain that may not be written, or its texts are too long.
    pub async fn resume_from_handoff(&self, pack: HandoffPack) -> Result<Resumed> {
        self.check_domain(&pack.context.domain)?;
        let known = self.get_episode(pack.episode_id).await;
        match known {
            Ok(episode) if episode.outcome.is_none() => {
                let next = episode.steps.last().map_or(0, |step| step.step_number) + 1;
                Ok(Resumed {
                    success: true,
                    episode_id: episode.episode_id,
                    next_step_number: next,
                    is_same_episode: true,
                    message: format!("The episode is open still; go on with step {next}."),
                })
            }
            Ok(_) | Err(Error::NotFound { .. }) => self.resume_anew(pack).await,
            Err(error) => Err(error),
        }
    }

    async fn resume_anew(&self, pack: HandoffPack) -> Result<Resumed> {
        let new = super::NewEpisode {
            task_description: pack.current_goal,
            domain: pack.context.domain,
            task_type: pack.task_type,
            language: pack.context.language,
            framework: pack.context.framework,
            tags: pack.context.tags,
            complexity: pack.context.complexity,
        };
        let created = self.create_episode(new).await?;
        let mut update = super::UpdateEpisode::new(created.episode_id);
        update.metadata.insert(
            "resumed_from_checkpoint".to_owned(),
            pack.checkpoint_id.to_string(),
        );
        update.metadata.insert(
            "resumed_from_episode".to_owned(),
            pack.episode_id.to_string(),
        );
        self.update_episode(update).await?;
        Ok(Resumed {
            success: true,
            episode_id: created.episode_id,
            next_step_number: 1,
            is_same_episode: false,
            message: "The episode that was left is completed or gone; this is a new one with the same task.".to_owned(),
        })
    }
}

fn pack(episode: Episode, checkpoint: Checkpoint) -> HandoffPack {
    let steps: Vec<_> = episode
        .steps
        .into_iter()
        .filter(|step| step.step_number <= checkpoint.step_number)
        .collect();
    let (mut what_worked, mut what_failed, mut pending) = (Vec::new(), Vec::new(), Vec::new());
    let mut counts: std::collections::BTreeMap<&str, (u32, u32)> = Default::default();
    for step in &steps {
        let action: String = step.action.chars().take(CHARS_MAX).collect();
        let count = counts.entry(&step.tool).or_default();
        count.0 += 1;
        match (step.result_kind(), &step.result) {
            (ResultKind::Success, _) => what_worked.push(format!("{}: {action}", step.tool)),
            (ResultKind::Pending, _) => pending.push(format!(
                "find out how step {} with {} ended: {action}",
                step.step_number, step.tool
            )),
            (_, result) => {
                count.1 += 1;
                let why = match result {
                    Some(StepResult::Error { message }) => {
                        message.chars().take(CHARS_MAX).collect()
                    }
                    _ => "it took too long".to_owned(),
                };
                what_failed.push(format!("{}: {action} ({why})", step.tool));
            }
        }
    }
    let salient_facts = counts.iter().map(|(tool, (all, failed))| {
        format!("{tool} was used {all} times and failed {failed} times")
    });
    let salient_facts = salient_facts.take(SENTENCES_MAX).collect();
    let mut suggested_next_steps = pending;
    if let Some(last) = steps
        .last()
        .filter(|step| matches!(step.result_kind(), ResultKind::Error | ResultKind::Timeout))
    {
        suggested_next_steps.push(format!(
            "overcome the failure of step {} with {}",
            last.step_number, last.tool
        ));
    }
    suggested_next_steps.push(format!("go on with step {}", checkpoint.step_number + 1));
    // The latest say the most.
    let latest = |mut sentences: Vec<String>| {
        sentences.split_off(sentences.len().saturating_sub(SENTENCES_MAX))
    };
    HandoffPack {
        checkpoint_id: checkpoint.checkpoint_id,
        episode_id: episode.episode_id,
        timestamp: now(),
        current_goal: episode.task_description,
        task_type: episode.task_type,
        context: episode.context,
        reason: checkpoint.reason,
        note: checkpoint.note,
        step_number: checkpoint.step_number,
        what_worked: latest(what_worked),
        what_failed: latest(what_failed),
        salient_facts,
        suggested_next_steps: latest(suggested_next_steps),
        steps_completed: steps,
        relevant_patterns: Vec::new(),
        relevant_heuristics: Vec::new(),
    }
}
