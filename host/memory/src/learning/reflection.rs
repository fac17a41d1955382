//! What can be said about an episode, by rules: each sentence names the facts it follows from.

use super::{Observation, expected_steps, sequences, shortened};
use crate::model::{Episode, Outcome, PatternKind, Reflection, ResultKind, StepResult, Time};

const CHARS_MAX: usize = 300;
const ERRORS_NAMED_MAX: usize = 3;
/// A step is slow when it takes this share of the time of all.
const SLOW_SHARE: f64 = 0.5;
/// And when it takes at least this long.
const SLOW_MS_MIN: u64 = 1_000;

/// What can be said about a completed episode.
pub fn reflection(
    episode: &Episode,
    observations: &[Observation],
    generated_at: Time,
) -> Reflection {
    let mut successes = Vec::new();
    let mut improvements = Vec::new();
    let mut insights = Vec::new();
    outcome(episode.outcome.as_ref(), &mut successes, &mut improvements);
    steps(episode, &mut successes, &mut improvements);
    for observation in observations {
        match observation.body.kind() {
            PatternKind::ErrorRecovery | PatternKind::DecisionPoint => {
                insights.push(shortened(&observation.description, CHARS_MAX));
            }
            PatternKind::ToolSequence | PatternKind::ContextPattern => {}
        }
    }
    if let Some((tool, count)) = sequences::tools(episode).first() {
        let steps = episode.steps.len();
        insights.push(format!("{tool} was used most, in {count} of {steps} steps"));
    }
    Reflection {
        successes,
        improvements,
        insights,
        generated_at,
    }
}

fn outcome(outcome: Option<&Outcome>, successes: &mut Vec<String>, improvements: &mut Vec<String>) {
    match outcome {
        Some(Outcome::Success { verdict, .. }) => successes.push(shortened(verdict, CHARS_MAX)),
        Some(Outcome::PartialSuccess {
            completed,
            failed,
            verdict,
        }) => {
            successes.push(shortened(verdict, CHARS_MAX));
            successes.extend(
                completed
                    .iter()
                    .map(|part| format!("done: {}", shortened(part, CHARS_MAX))),
            );
            improvements.extend(
                failed
                    .iter()
                    .map(|part| format!("not done: {}", shortened(part, CHARS_MAX))),
            );
        }
        Some(Outcome::Failure { reason, .. } | Outcome::Abstained { reason }) => {
            improvements.push(shortened(reason, CHARS_MAX));
        }
        None => {}
    }
}

fn steps(episode: &Episode, successes: &mut Vec<String>, improvements: &mut Vec<String>) {
    let steps = &episode.steps;
    if steps.is_empty() {
        improvements
            .push("no steps were recorded, so that there is little to learn from".to_owned());
        return;
    }
    let failed = steps
        .iter()
        .filter(|step| matches!(step.result_kind(), ResultKind::Error | ResultKind::Timeout));
    let failed: Vec<_> = failed.collect();
    if failed.is_empty() {
        successes.push(format!("none of {} steps failed", steps.len()));
    } else {
        improvements.push(format!("{} of {} steps failed", failed.len(), steps.len()));
    }
    for step in failed.iter().take(ERRORS_NAMED_MAX) {
        let why = match &step.result {
            Some(StepResult::Error { message }) => shortened(message, CHARS_MAX),
            _ => "it took too long".to_owned(),
        };
        improvements.push(format!(
            "step {} with {}: {why}",
            step.step_number, step.tool
        ));
    }
    let expected = expected_steps(episode.context.complexity);
    if steps.len() as f64 > 2.0 * expected {
        improvements.push(format!(
            "{} steps are more than twice the {expected} that such a task takes",
            steps.len()
        ));
    }
    let total: u64 = steps.iter().filter_map(|step| step.latency_ms).sum();
    let slowest = steps.iter().max_by_key(|step| step.latency_ms);
    if let Some((step, ms)) = slowest.and_then(|step| Some((step, step.latency_ms?)))
        && ms >= SLOW_MS_MIN
        && ms as f64 > SLOW_SHARE * total as f64
        && steps.len() > 1
    {
        improvements.push(format!(
            "step {} with {} took {ms} of {total} ms",
            step.step_number, step.tool
        ));
    }
}
