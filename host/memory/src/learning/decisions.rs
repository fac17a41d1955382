//! Steps that decide which way to go.
//!
//! A step is one when its action has a word of deciding, as a word: "list the hashes" has neither `is` nor `has`.

use super::{Observation, shortened};
use crate::model::{Episode, PatternBody};
use crate::text::for_each_word;

/// Words of deciding. None of them is among the words that are left out of documents.
const DECIDING: [&str; 18] = [
    "alternatively",
    "choose",
    "chooses",
    "choosing",
    "chose",
    "compare",
    "decide",
    "decided",
    "decides",
    "deciding",
    "either",
    "else",
    "instead",
    "otherwise",
    "prefer",
    "select",
    "versus",
    "whether",
];
/// Too common for a document, but deciding where it stands in an action.
const CONDITIONAL: &str = "if";
/// Words of the condition that its signature is made of.
const CONDITION_WORDS: usize = 12;
const PER_EPISODE_MAX: usize = 8;
const CHARS_MAX: usize = 160;

/// Whether the text says that something is decided.
pub fn decides(text: &str) -> bool {
    let mut found = false;
    for_each_word(text, |word| {
        found |= DECIDING.binary_search(&word.text()).is_ok()
    });
    found || has_word(text, CONDITIONAL)
}

fn has_word(text: &str, wanted: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word.eq_ignore_ascii_case(wanted))
}

pub fn observe(episode: &Episode) -> Vec<Observation> {
    let deciding = episode.steps.iter().enumerate();
    let deciding = deciding.filter(|(_, step)| decides(&step.action));
    let observed = deciding.map(|(at, step)| {
        let next = episode.steps.get(at + 1);
        let action = next.map_or_else(|| "nothing more".to_owned(), |next| next.tool.clone());
        let condition = condition(&step.action);
        let body = PatternBody::DecisionPoint {
            condition: condition.clone(),
            tool: step.tool.clone(),
            action: action.clone(),
        };
        let description = format!("{} decides “{condition}”, then {action}", step.tool);
        Observation::new(episode, body, description)
    });
    observed.take(PER_EPISODE_MAX).collect()
}

/// The action without what differs from case to case.
fn condition(action: &str) -> String {
    let words = action.split_whitespace().take(CONDITION_WORDS);
    let words = words.map(|word| {
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            "#".to_owned()
        } else {
            word.to_lowercase()
        }
    });
    shortened(&words.collect::<Vec<_>>().join(" "), CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide_and_parts_of_words_do_not() {
        assert!(DECIDING.is_sorted());
        for deciding in [
            "Check if the config exists",
            "choose a strategy",
            "use serde INSTEAD",
            "if(x)",
            "Whether to retry",
        ] {
            assert!(decides(deciding), "{deciding}");
        }
        for other in [
            "list files",
            "hash the file",
            "this has a list",
            "diff modified files",
            "notify",
            "electhether",
            "is it",
        ] {
            assert!(!decides(other), "{other}");
        }
    }
}
