//! How much can be learned from an episode, from 0 to 1. It is reported and never a reason to refuse.

use crate::model::{Complexity, Episode, Outcome};

const DESCRIPTION: f64 = 0.15;
const STEPS: f64 = 0.20;
const RESULTS: f64 = 0.20;
const DETAIL: f64 = 0.15;
const OUTCOME: f64 = 0.15;
const CONTEXT: f64 = 0.15;

/// Words that a description needs to say enough.
const DESCRIPTION_WORDS: usize = 6;
/// Words that a verdict needs to say enough.
const VERDICT_WORDS: usize = 4;

/// The sum of six parts, each from 0 to its weight: the description's length, whether there are steps, the share of steps
/// with a result, the share with an action and parameters, what the outcome says, and what is known of the context.
pub fn quality(episode: &Episode) -> f64 {
    let steps = &episode.steps;
    let share = |count: usize| count as f64 / steps.len().max(1) as f64;
    let with_result = steps.iter().filter(|step| step.result.is_some()).count();
    let with_detail = steps.iter();
    let with_detail =
        with_detail.filter(|step| !step.action.trim().is_empty() && !step.parameters.is_empty());
    let enough_steps = match episode.context.complexity {
        Complexity::Simple => 1,
        Complexity::Moderate => 2,
        Complexity::Complex => 4,
    };
    DESCRIPTION * words(&episode.task_description, DESCRIPTION_WORDS)
        + STEPS * (steps.len() as f64 / f64::from(enough_steps)).min(1.0)
        + RESULTS * share(with_result)
        + DETAIL * share(with_detail.count())
        + OUTCOME * outcome(episode.outcome.as_ref())
        + CONTEXT * context(episode)
}

fn words(text: &str, enough: usize) -> f64 {
    // A text without spaces is counted by its characters, of which two or so make a word.
    let spaced = text.split_whitespace().count();
    let unspaced = text.chars().filter(|c| !c.is_ascii()).count() / 2;
    (spaced.max(unspaced) as f64 / enough as f64).min(1.0)
}

fn outcome(outcome: Option<&Outcome>) -> f64 {
    let said = outcome.map_or(0.0, |outcome| words(outcome.summary(), VERDICT_WORDS));
    let has_detail = match outcome {
        Some(Outcome::Success { artifacts, .. }) => !artifacts.is_empty(),
        Some(Outcome::PartialSuccess {
            completed, failed, ..
        }) => !completed.is_empty() || !failed.is_empty(),
        Some(Outcome::Failure { error_details, .. }) => error_details.is_some(),
        Some(Outcome::Abstained { .. }) | None => false,
    };
    if has_detail {
        (said + 0.5).min(1.0)
    } else {
        said
    }
}

fn context(episode: &Episode) -> f64 {
    let context = &episode.context;
    let known = [
        context.language.is_some(),
        context.framework.is_some(),
        !episode.tags.is_empty(),
    ];
    let known = known.into_iter().filter(|known| *known).count();
    (known as f64 / 2.0).min(1.0)
}
