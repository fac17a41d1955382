//! Runs of tau-bench as episodes.
//!
//! | tau-bench | episode |
//! |---|---|
//! | `task_description` | `task_description` |
//! | `task_id`, `trial` | metadata; the id follows from them and the description, so that a run has the same one each time |
//! | `steps[]` | steps from 1; `result` that begins with `Error` is an error; the thought of `think` is the action |
//! | `reward` 1 | `success` |
//! | `reward` 0 | `failure` |
//! | – | domain `airline`, task type `analysis`; a run starts a minute after the one before, a step takes a second |

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::{
    Complexity, Context, Episode, EpisodeId, Outcome, Step, StepResult, TaskType, Time,
};
use crate::{Error, Result};

const DOMAIN: &str = "airline";
/// 2024-05-15 in seconds since 1970: the day on which the runs are set.
const FIRST_RUN: i64 = 1_715_731_200;
const RUNS_OF_A_TASK: i64 = 10;
const ACTION_CHARS_MAX: usize = 300;

#[derive(Deserialize)]
struct Run {
    task_id: i64,
    trial: i64,
    reward: f64,
    task_description: String,
    steps: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    tool: String,
    parameters: Map<String, Value>,
    result: Option<String>,
}

/// One line as an episode.
///
/// # Errors
/// The line is not a run.
pub fn episode(line: &str) -> Result<Episode> {
    let run: Run = serde_json::from_str(line).map_err(|error| Error::Invalid(error.to_string()))?;
    let minute = run
        .task_id
        .saturating_mul(RUNS_OF_A_TASK)
        .saturating_add(run.trial);
    let start = Time::from_timestamp(FIRST_RUN, 0)
        .and_then(|first| first.checked_add_signed(TimeDelta::try_minutes(minute)?));
    let start_time =
        start.ok_or_else(|| Error::Invalid(format!("task_id {} is too great", run.task_id)))?;
    let steps: Vec<Step> = (1..)
        .zip(run.steps)
        .map(|(number, call)| step(number, call, start_time))
        .collect();
    let outcome = if run.reward >= 1.0 {
        Outcome::Success {
            verdict: "The task ended as it should.".to_owned(),
            artifacts: Vec::new(),
        }
    } else {
        Outcome::Failure {
            reason: "The task did not end as it should.".to_owned(),
            error_details: None,
        }
    };
    let signature = format!(
        "tau-bench|{}|{}|{}",
        run.task_id, run.trial, run.task_description
    );
    let metadata = [("task_id", run.task_id), ("trial", run.trial)];
    Ok(Episode {
        episode_id: EpisodeId::of(&signature),
        task_type: TaskType::Analysis,
        task_description: run.task_description,
        context: Context {
            complexity: Complexity::Moderate,
            domain: DOMAIN.to_owned(),
            ..Context::default()
        },
        start_time,
        end_time: Some(start_time + TimeDelta::seconds(steps.len() as i64)),
        steps,
        outcome: Some(outcome),
        reward: None,
        reflection: None,
        patterns: Vec::new(),
        heuristics: Vec::new(),
        applied_patterns: Vec::new(),
        metadata: metadata
            .map(|(key, value)| (key.to_owned(), value.to_string()))
            .into(),
        tags: Vec::new(),
        checkpoints: Vec::new(),
        salient_features: None,
        quality_score: None,
    })
}

fn step(number: u32, call: Call, start_time: Time) -> Step {
    let thought = call.parameters.get("thought").and_then(Value::as_str);
    let action = match thought {
        Some(thought) => thought.to_owned(),
        None => Value::Object(call.parameters.clone()).to_string(),
    };
    let result = call.result.map(|text| {
        if text.starts_with("Error") {
            StepResult::Error { message: text }
        } else {
            StepResult::Success { output: text }
        }
    });
    Step {
        step_number: number,
        timestamp: start_time + TimeDelta::seconds(number.into()),
        tool: call.tool,
        action: action.chars().take(ACTION_CHARS_MAX).collect(),
        parameters: call.parameters,
        result,
        latency_ms: None,
        tokens_used: None,
    }
}
