//! How well an episode went.
//!
//! `total = base × efficiency × complexity_bonus × quality_multiplier + learning_bonus`
//!
//! | factor | value |
//! |---|---|
//! | base | success 1, partial success 0.3 + 0.5 × the share that is completed (0.5 when nothing is listed), abstained 0.2, failure 0 |
//! | efficiency | (1.2 − 0.2 × steps / expected steps, from 0.6 to 1.2) × (1 − 0.3 × the share of steps that failed) |
//! | complexity_bonus | simple 0.9, moderate 1, complex 1.2 |
//! | quality_multiplier | 0.8 + 0.4 × the quality score |
//! | learning_bonus | 0.1 with an error that was overcome, 0.05 with a decision, 0.05 with three different tools, 0.05 with a failure that is explained |

use super::{Observation, sequences};
use crate::model::{Complexity, Episode, Outcome, PatternKind, ResultKind, Reward};

const SUCCESS: f64 = 1.0;
const PARTIAL_LEAST: f64 = 0.3;
const PARTIAL_SHARE: f64 = 0.5;
const PARTIAL_UNLISTED: f64 = 0.5;
const ABSTAINED: f64 = 0.2;

const EFFICIENCY_MAX: f64 = 1.2;
const EFFICIENCY_MIN: f64 = 0.6;
const EFFICIENCY_SLOPE: f64 = 0.2;
const FAILED_STEPS_COST: f64 = 0.3;

const QUALITY_LEAST: f64 = 0.8;
const QUALITY_SHARE: f64 = 0.4;

const RECOVERY_BONUS: f64 = 0.1;
const DECISION_BONUS: f64 = 0.05;
const TOOLS_BONUS: f64 = 0.05;
const TOOLS_FOR_BONUS: usize = 3;
const EXPLAINED_BONUS: f64 = 0.05;

/// The reward of a completed episode.
pub fn reward(episode: &Episode, quality: f64, observations: &[Observation]) -> Reward {
    let base = base(episode.outcome.as_ref());
    let efficiency = efficiency(episode);
    let complexity_bonus = match episode.context.complexity {
        Complexity::Simple => 0.9,
        Complexity::Moderate => 1.0,
        Complexity::Complex => 1.2,
    };
    let quality_multiplier = QUALITY_LEAST + QUALITY_SHARE * quality;
    let learning_bonus = learning_bonus(episode, observations);
    Reward {
        total: base * efficiency * complexity_bonus * quality_multiplier + learning_bonus,
        base,
        efficiency,
        complexity_bonus,
        quality_multiplier,
        learning_bonus,
    }
}

/// How many steps a task of this complexity usually takes.
pub fn expected_steps(complexity: Complexity) -> f64 {
    match complexity {
        Complexity::Simple => 5.0,
        Complexity::Moderate => 12.0,
        Complexity::Complex => 30.0,
    }
}

fn base(outcome: Option<&Outcome>) -> f64 {
    match outcome {
        Some(Outcome::Success { .. }) => SUCCESS,
        Some(Outcome::PartialSuccess {
            completed, failed, ..
        }) => match completed.len() + failed.len() {
            0 => PARTIAL_UNLISTED,
            all => PARTIAL_LEAST + PARTIAL_SHARE * completed.len() as f64 / all as f64,
        },
        Some(Outcome::Abstained { .. }) => ABSTAINED,
        Some(Outcome::Failure { .. }) | None => 0.0,
    }
}

fn efficiency(episode: &Episode) -> f64 {
    let steps = episode.steps.len() as f64;
    let failed = episode.steps.iter();
    let failed =
        failed.filter(|step| matches!(step.result_kind(), ResultKind::Error | ResultKind::Timeout));
    let failed = failed.count() as f64 / steps.max(1.0);
    let length =
        EFFICIENCY_MAX - EFFICIENCY_SLOPE * steps / expected_steps(episode.context.complexity);
    length.clamp(EFFICIENCY_MIN, EFFICIENCY_MAX) * (1.0 - FAILED_STEPS_COST * failed)
}

fn learning_bonus(episode: &Episode, observations: &[Observation]) -> f64 {
    let shows = |kind| observations.iter().any(|seen| seen.body.kind() == kind);
    let part = |is_there: bool, bonus: f64| if is_there { bonus } else { 0.0 };
    let tools = sequences::tools(episode).len();
    let is_explained = matches!(
        &episode.outcome,
        Some(Outcome::Failure {
            error_details: Some(_),
            ..
        })
    );
    part(shows(PatternKind::ErrorRecovery), RECOVERY_BONUS)
        + part(shows(PatternKind::DecisionPoint), DECISION_BONUS)
        + part(tools >= TOOLS_FOR_BONUS, TOOLS_BONUS)
        + part(is_explained, EXPLAINED_BONUS)
}
