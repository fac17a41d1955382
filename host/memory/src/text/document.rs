//! What an episode is found by: all of its text, not its description only.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::{Word, for_each_word, normalized};
use crate::model::{Episode, Outcome, StepResult};
use crate::store::Document;

/// How much the description counts, compared with the rest.
const DESCRIPTION_WEIGHT: u32 = 3;
/// How much tags, tools and the outcome count.
const LABEL_WEIGHT: u32 = 2;
/// Bytes that are read of one text: as many from its beginning, and the others from its end, where errors stand.
const TEXT_HEAD_BYTES: usize = 6_000;
const TEXT_TAIL_BYTES: usize = 2_000;
/// Bytes that are read of an episode.
const EPISODE_TEXT_BYTES_MAX: usize = 1_000_000;
/// Different words that are kept of an episode, the first ones.
const WORDS_MAX: usize = 4_000;
/// Bytes of the text that vectors are made of.
const EMBEDDED_BYTES_MAX: usize = 8_000;

/// The words of an episode and all its steps.
pub fn document(episode: &Episode) -> Document {
    let mut words = Words::default();
    words.add(&episode.task_description, DESCRIPTION_WEIGHT);
    let context = &episode.context;
    let labels = [
        Some(&context.domain),
        context.language.as_ref(),
        context.framework.as_ref(),
    ];
    for label in labels.into_iter().flatten().chain(&episode.tags) {
        words.add(label, LABEL_WEIGHT);
    }
    match &episode.outcome {
        None => {}
        Some(outcome @ Outcome::Success { artifacts, .. }) => {
            words.add(outcome.summary(), LABEL_WEIGHT);
            artifacts.iter().for_each(|text| words.add(text, 1));
        }
        Some(
            outcome @ Outcome::PartialSuccess {
                completed, failed, ..
            },
        ) => {
            words.add(outcome.summary(), LABEL_WEIGHT);
            completed
                .iter()
                .chain(failed)
                .for_each(|text| words.add(text, 1));
        }
        Some(outcome @ Outcome::Failure { error_details, .. }) => {
            words.add(outcome.summary(), LABEL_WEIGHT);
            error_details.iter().for_each(|text| words.add(text, 1));
        }
        Some(outcome @ Outcome::Abstained { .. }) => words.add(outcome.summary(), LABEL_WEIGHT),
    }
    for step in &episode.steps {
        words.add(&step.tool, 1);
        words.add(&step.action, 1);
        step.parameters
            .values()
            .for_each(|value| words.add_json(value));
        match &step.result {
            Some(StepResult::Success { output: text } | StepResult::Error { message: text }) => {
                words.add(text, 1);
            }
            Some(StepResult::Timeout) => words.add("timeout", 1),
            None => {}
        }
    }
    episode
        .metadata
        .values()
        .for_each(|text| words.add(text, 1));
    words.into_document()
}

/// The text that the vector of an episode is made of: what it was about, and how it ended.
pub fn embedded_text(episode: &Episode) -> String {
    let mut text = episode.task_description.clone();
    for tag in &episode.tags {
        text.push(' ');
        text.push_str(tag);
    }
    if let Some(outcome) = &episode.outcome {
        text.push('\n');
        text.push_str(outcome.summary());
    }
    text.truncate(text.floor_char_boundary(EMBEDDED_BYTES_MAX));
    text
}

/// Words as they stand in the text, with how often. Stems are made at the end, once for each.
#[derive(Default)]
struct Words {
    plain: FxHashMap<String, u32>,
    others: FxHashMap<String, u32>,
    bytes: usize,
}

impl Words {
    fn add(&mut self, text: &str, weight: u32) {
        if self.bytes >= EPISODE_TEXT_BYTES_MAX {
            return;
        }
        if text.len() <= TEXT_HEAD_BYTES + TEXT_TAIL_BYTES {
            self.add_part(text, weight);
        } else {
            let (head, rest) = text.split_at(text.floor_char_boundary(TEXT_HEAD_BYTES));
            let tail = rest.ceil_char_boundary(rest.len() - TEXT_TAIL_BYTES);
            self.add_part(head, weight);
            self.add_part(rest.get(tail..).unwrap_or_default(), weight);
        }
    }

    fn add_part(&mut self, text: &str, weight: u32) {
        self.bytes += text.len();
        for_each_word(text, |word| {
            let is_full = self.plain.len() + self.others.len() >= WORDS_MAX;
            let words = match word {
                Word::Plain(_) => &mut self.plain,
                Word::Whole(_) | Word::Pair(_) => &mut self.others,
            };
            if let Some(count) = words.get_mut(word.text()) {
                *count += weight;
            } else if !is_full {
                words.insert(word.text().to_owned(), weight);
            }
        });
    }

    fn add_json(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text, 1),
            Value::Array(values) => values.iter().for_each(|value| self.add_json(value)),
            Value::Object(members) => members.values().for_each(|value| self.add_json(value)),
            Value::Number(number) => self.add(&number.to_string(), 1),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn into_document(self) -> Document {
        let mut words = self.others;
        for (word, count) in self.plain {
            *words.entry(normalized(Word::Plain(&word))).or_default() += count;
        }
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort_unstable();
        Document { words }
    }
}
