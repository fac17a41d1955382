//! Values as they lie in the columns of a store, and back.

use serde::de::DeserializeOwned;

use super::index::word_hash;
use crate::model::{Complexity, Episode, Time};
use crate::store::Document;
use crate::{Error, Result};

/// Bytes of a word in `documents.words`: its hash, and how often it stands there.
const WORD_BYTES: usize = 5;

/// The body of an episode; its steps have a table of their own, and are not copied to be left out.
pub fn body_without_steps(episode: &Episode) -> Result<String> {
    if episode.steps.is_empty() {
        return json(episode);
    }
    json(&Episode {
        episode_id: episode.episode_id,
        task_type: episode.task_type,
        task_description: episode.task_description.clone(),
        context: episode.context.clone(),
        start_time: episode.start_time,
        end_time: episode.end_time,
        steps: Vec::new(),
        outcome: episode.outcome.clone(),
        reward: episode.reward,
        reflection: episode.reflection.clone(),
        patterns: episode.patterns.clone(),
        heuristics: episode.heuristics.clone(),
        applied_patterns: episode.applied_patterns.clone(),
        metadata: episode.metadata.clone(),
        tags: episode.tags.clone(),
        checkpoints: episode.checkpoints.clone(),
        salient_features: episode.salient_features.clone(),
        quality_score: episode.quality_score,
    })
}

/// A value as JSON.
pub fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::Store(format!("it cannot be written as JSON: {error}")))
}

/// Reads what was kept.
pub fn parsed<T: DeserializeOwned>(body: &str) -> Result<T> {
    serde_json::from_str(body)
        .map_err(|error| Error::Damaged(format!("what is kept is no JSON of ours: {error}")))
}

/// The words of a document, as the index knows them.
pub fn hashed(document: &Document) -> Vec<(u32, u8)> {
    let words = document.words.iter();
    let hashed = words.map(|(word, count)| {
        let count = u8::try_from(*count).unwrap_or(u8::MAX);
        (word_hash(word), count)
    });
    hashed.collect()
}

/// The same in bytes.
pub fn words_to_blob(words: &[(u32, u8)]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(words.len() * WORD_BYTES);
    for (hash, count) in words {
        blob.extend_from_slice(&hash.to_le_bytes());
        blob.push(*count);
    }
    blob
}

/// And back.
pub fn words_of_blob(blob: &[u8]) -> Vec<(u32, u8)> {
    let words = blob.as_chunks::<WORD_BYTES>().0.iter();
    words
        .map(|&[a, b, c, d, count]| (u32::from_le_bytes([a, b, c, d]), count))
        .collect()
}

/// How much an episode asked for, of the number that it is kept as.
pub fn complexity_of(number: u8) -> Complexity {
    match number {
        0 => Complexity::Simple,
        1 => Complexity::Moderate,
        _ => Complexity::Complex,
    }
}

/// A time of the microseconds that it is kept as.
pub fn time(micros: i64) -> Result<Time> {
    Time::from_timestamp_micros(micros)
        .ok_or_else(|| Error::Damaged(format!("{micros} µs are no time")))
}

/// What is kept is none of what may be there.
pub fn damaged(error: Error) -> Error {
    Error::Damaged(error.to_string())
}
