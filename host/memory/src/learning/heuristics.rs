//! Advice that follows from a pattern, once there is enough to rest it on.

use super::wilson_lower;
use crate::model::{Evidence, Heuristic, HeuristicId, Pattern, PatternBody};

/// Episodes that a heuristic needs.
const SAMPLE_MIN: u64 = 3;
/// The least lower bound of the success rate for advice to do something.
const CONFIDENCE_MIN: f64 = 0.3;

/// The advice of a pattern; none while it rests on too little.
pub fn heuristic(pattern: &Pattern) -> Option<Heuristic> {
    let sample_size = pattern.success_count + pattern.failure_count;
    if sample_size < SAMPLE_MIN {
        return None;
    }
    let (successes, action) = if pattern.is_anti_pattern {
        (
            pattern.failure_count,
            format!(
                "do it another way than this, which rather fails: {}",
                what(pattern)?
            ),
        )
    } else {
        (pattern.success_count, what(pattern)?)
    };
    let confidence = wilson_lower(successes, sample_size);
    if confidence < CONFIDENCE_MIN {
        return None;
    }
    Some(Heuristic {
        heuristic_id: HeuristicId::of(&pattern.signature),
        pattern_id: pattern.pattern_id,
        condition: condition(pattern),
        action,
        confidence,
        evidence: Evidence {
            episode_ids: pattern.episode_ids.clone(),
            success_rate: pattern.success_count as f64 / sample_size as f64,
            sample_size,
        },
    })
}

fn condition(pattern: &Pattern) -> String {
    let place = format!("{} in {}", pattern.task_type, pattern.domain);
    match &pattern.body {
        PatternBody::ErrorRecovery { tool, error, .. } => {
            format!("{place}, when {tool} fails with “{error}”")
        }
        PatternBody::DecisionPoint { condition, .. } => {
            format!("{place}, when the question is “{condition}”")
        }
        PatternBody::ToolSequence { tools } => match tools.first() {
            Some(first) => format!("{place}, when {first} comes first"),
            None => place,
        },
        PatternBody::ContextPattern { .. } => place,
    }
}

/// What to do; a context alone advises nothing.
fn what(pattern: &Pattern) -> Option<String> {
    match &pattern.body {
        PatternBody::ErrorRecovery { recovery, .. } => Some(recovery.join(" → ")),
        PatternBody::DecisionPoint { action, tool, .. } => Some(format!("{tool}, then {action}")),
        PatternBody::ToolSequence { tools } => Some(tools.join(" → ")),
        PatternBody::ContextPattern { .. } => None,
    }
}
