//! Errors, and what overcame them.

use super::{Observation, shortened};
use crate::model::{Episode, PatternBody, ResultKind, Step, StepResult};

/// Steps after an error within which its tool has to succeed.
const WITHIN_STEPS: usize = 10;
const PER_EPISODE_MAX: usize = 8;
const CLASS_CHARS_MAX: usize = 120;

pub fn observe(episode: &Episode) -> Vec<Observation> {
    let mut observed = Vec::new();
    let mut at = 0;
    while let Some(step) = episode.steps.get(at) {
        at += 1;
        let Some(error) = error(step) else {
            continue;
        };
        let rest = episode.steps.get(at..).unwrap_or_default();
        let within = rest.iter().take(WITHIN_STEPS);
        let recovered = within.enumerate().find(|(_, later)| {
            later.tool == step.tool && later.result_kind() == ResultKind::Success
        });
        let Some((steps, _)) = recovered else {
            continue;
        };
        let way = rest.get(..=steps).unwrap_or_default();
        let mut recovery: Vec<String> = way.iter().map(|step| step.tool.clone()).collect();
        recovery.dedup();
        let description = format!(
            "when {} fails with “{error}”, {} overcomes it",
            step.tool,
            recovery.join(" → ")
        );
        let body = PatternBody::ErrorRecovery {
            tool: step.tool.clone(),
            error,
            recovery,
        };
        observed.push(Observation::new(episode, body, description));
        at += steps;
    }
    observed.truncate(PER_EPISODE_MAX);
    observed
}

/// What kind of error the step ended with; none when it did not fail.
fn error(step: &Step) -> Option<String> {
    match step.result.as_ref()? {
        StepResult::Success { .. } => None,
        StepResult::Error { message } => Some(error_class(message)),
        StepResult::Timeout => Some("timeout".to_owned()),
    }
}

/// A message without what differs from case to case: numbers, quoted text and paths.
pub fn error_class(message: &str) -> String {
    let line = message.lines().find(|line| !line.trim().is_empty());
    let mut class = String::new();
    let mut quote: Option<char> = None;
    for word in line.unwrap_or_default().split_whitespace() {
        let opens = word
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '`'));
        let closes = |quote: char| {
            let bare = word.trim_end_matches([',', '.', ':', ';', ')']);
            bare.len() > 1 && bare.ends_with(quote)
        };
        if let Some(open) = quote.or(opens) {
            quote = if closes(open) { None } else { Some(open) };
            push(&mut class, "…");
        } else if word.bytes().any(|byte| byte.is_ascii_digit()) {
            push(&mut class, "#");
        } else if word.contains(['/', '\\']) {
            push(&mut class, "…");
        } else {
            push(&mut class, &word.to_lowercase());
        }
    }
    shortened(&class, CLASS_CHARS_MAX)
}

fn push(class: &mut String, word: &str) {
    let is_again = matches!(word, "…" | "#") && class.ends_with(word);
    if !is_again {
        if !class.is_empty() {
            class.push(' ');
        }
        class.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_classed_by_what_stays_the_same() {
        for (message, class) in [
            (
                "Error: payment amount does not add up, total price is 305, but paid 255",
                "error: payment amount does not add up, total price is # but paid #",
            ),
            (
                "cannot open '/tmp/a b.txt': No such file",
                "cannot open … no such file",
            ),
            ("\n  E0308 mismatched types\n at x", "# mismatched types"),
            ("file src/main.rs missing", "file … missing"),
            ("", ""),
        ] {
            assert_eq!(error_class(message), class);
        }
        assert_eq!(
            error_class("Flight HAT1 on 2024-05-20"),
            error_class("Flight HAT99 on 2024-05-21")
        );
    }
}
