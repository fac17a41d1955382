//! New steps.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Memory, StepAdded, check};
use crate::limits::{
    ACTION_BYTES_MAX, EPISODE_BYTES_MAX, STEP_NUMBER_MAX, STEPS_MAX, TOOL_BYTES_MAX,
};
use crate::model::{EpisodeId, Step, StepResult, now};
use crate::store::Write;
use crate::{Error, Result};

/// A step as it is sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewStep {
    /// The episode, which is open.
    pub episode_id: EpisodeId,
    /// From 1; unique within the episode.
    pub step_number: u32,
    /// What it was done with.
    pub tool: String,
    /// What was done.
    pub action: String,
    /// With what.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// How it ended; none while it has not.
    #[serde(default)]
    pub result: Option<StepResult>,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub latency_ms: Option<u64>,
    /// What it cost, in tokens of a model.
    #[serde(default)]
    pub tokens_used: Option<u64>,
}

impl NewStep {
    /// A step with nothing that may be left out.
    pub fn new(episode_id: EpisodeId, step_number: u32, tool: &str, action: &str) -> Self {
        Self {
            episode_id,
            step_number,
            tool: tool.to_owned(),
            action: action.to_owned(),
            parameters: Map::new(),
            result: None,
            latency_ms: None,
            tokens_used: None,
        }
    }

    /// With how it ended.
    pub fn with_result(self, result: StepResult) -> Self {
        let result = Some(result);
        Self { result, ..self }
    }

    fn into_step(self) -> Step {
        Step {
            step_number: self.step_number,
            timestamp: now(),
            tool: self.tool,
            action: self.action,
            parameters: self.parameters,
            result: self.result,
            latency_ms: self.latency_ms,
            tokens_used: self.tokens_used,
        }
    }
}

/// What a step has to be, wherever it comes from.
pub fn check_step(step: &Step) -> Result<()> {
    check::within(
        "step_number",
        step.step_number as usize,
        1,
        STEP_NUMBER_MAX as usize,
    )?;
    check::filled("tool", &step.tool, TOOL_BYTES_MAX)?;
    check::text("action", &step.action, ACTION_BYTES_MAX)?;
    for (key, value) in &step.parameters {
        check::text("parameters", key, usize::MAX)?;
        check::json("parameters", value)?;
    }
    match &step.result {
        Some(StepResult::Success { output }) => {
            check::text("result.output", output, EPISODE_BYTES_MAX)
        }
        Some(StepResult::Error { message }) => {
            check::text("result.message", message, EPISODE_BYTES_MAX)
        }
        Some(StepResult::Timeout) | None => Ok(()),
    }
}

/// That an episode of so many bytes may be kept.
pub fn check_bytes(bytes: usize) -> Result<()> {
    if bytes > EPISODE_BYTES_MAX {
        return Err(Error::Limit(format!(
            "the episode would have {bytes} bytes, and {EPISODE_BYTES_MAX} are the most; keep large outputs elsewhere and name the place"
        )));
    }
    Ok(())
}

impl Memory {
    /// Adds a step to an open episode. The same step sent twice is one step. Once this answers, the step is kept.
    ///
    /// # Errors
    /// There is no such episode, it is completed, it has another step of this number, or a bound is exceeded.
    pub async fn add_episode_step(&self, new: NewStep) -> Result<StepAdded> {
        let episode_id = new.episode_id;
        let step = new.into_step();
        check_step(&step)?;
        let bytes = serde_json::to_string(&step).map_or(0, |body| body.len());
        self.writing(move |memory, tx| {
            let is_new = memory.add_step(tx, episode_id, &step, bytes)?;
            let number = step.step_number;
            let message = if is_new {
                format!("Step {number} is kept.")
            } else {
                format!("Step {number} was kept before, and is the same.")
            };
            Ok(StepAdded {
                success: true,
                episode_id,
                step_number: number,
                message,
            })
        })
        .await
    }

    /// Whether it was not there before.
    fn add_step(
        &self,
        tx: &mut dyn Write,
        id: EpisodeId,
        step: &Step,
        bytes: usize,
    ) -> Result<bool> {
        let standing = tx.standing(id)?;
        let standing = standing.filter(|standing| self.sees(&standing.domain));
        let standing = standing.ok_or_else(|| Error::no_episode(id))?;
        let number = step.step_number;
        if let Some(known) = tx.step(id, number)? {
            if known.says_the_same(step) {
                return Ok(false);
            }
            return Err(Error::Conflict(format!(
                "the episode {id} has another step {number}, with {}; send this one under a number that is free",
                known.tool
            )));
        }
        if standing.completed {
            return Err(Error::Conflict(format!(
                "the episode {id} is completed and takes no more steps; create another, and say with add_episode_relationship that it follows"
            )));
        }
        if standing.steps >= STEPS_MAX {
            return Err(Error::Limit(format!(
                "the episode {id} has {STEPS_MAX} steps, and that is the most; complete it and go on in another"
            )));
        }
        check_bytes(standing.bytes + bytes)?;
        tx.put_steps(id, std::slice::from_ref(step))?;
        Ok(true)
    }
}
