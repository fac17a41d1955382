//! Vectors without a model: words, pairs of words and parts of words, each hashed to a place.
//!
//! They are honest about little: texts are near when they share words, forms of words, or words that [`related`] knows to be
//! of one meaning in programming. They need no download, cost microseconds, and are the same on every machine.

mod related;

use std::sync::Arc;

use async_trait::async_trait;
use rustc_hash::FxHashMap;

use super::{EmbedError, Embeddings, Purpose};
use crate::text::{Word, for_each_word, normalized};

/// Numbers of a vector.
pub const BUILTIN_DIMENSION: usize = 256;
/// Grows when the same text gets another vector.
const MODEL: &str = "hashed-ngrams-1";

/// What a whole word counts.
const WORD_WEIGHT: f32 = 1.0;
/// What its meaning counts, where it is known.
const MEANING_WEIGHT: f32 = 0.9;
/// What two words in a row count.
const PAIR_WEIGHT: f32 = 0.35;
/// What all parts of a word count together.
const PARTS_WEIGHT: f32 = 0.6;
/// Letters of a part.
const PART_CHARS: usize = 3;
/// Words that are read of a text.
const WORDS_MAX: usize = 4_000;

/// Tells how rare words are, so that a query weighs them. What is kept is not weighed by it, since that changes.
pub trait Rarity: Send + Sync {
    /// For each word a weight; 1 for one of middling rarity.
    fn weights(&self, words: &[String]) -> Vec<f32>;
}

/// The provider that is always there.
#[derive(Clone, Default)]
pub struct Builtin {
    rarity: Option<Arc<dyn Rarity>>,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builtin").finish_non_exhaustive()
    }
}

impl Builtin {
    /// Queries are weighed by how rare their words are.
    pub fn with_rarity(rarity: Arc<dyn Rarity>) -> Self {
        Self {
            rarity: Some(rarity),
        }
    }

    /// The vector of a text, of length 1, or zero where the text has no words.
    pub fn vector(&self, text: &str, purpose: Purpose) -> Vec<f32> {
        let words = words(text);
        let weights = match (&self.rarity, purpose) {
            (Some(rarity), Purpose::Query) => rarity.weights(&words),
            _ => Vec::new(),
        };
        let mut vector = vec![0.0; BUILTIN_DIMENSION];
        let mut counts: FxHashMap<&str, f32> = FxHashMap::default();
        for (at, word) in words.iter().enumerate() {
            let weight = weights.get(at).copied().unwrap_or(1.0);
            // The second time counts half, the third a third: a word that stands everywhere does not drown the others.
            let count = counts.entry(word).or_default();
            *count += 1.0;
            add_word(&mut vector, word, weight / *count);
            if let Some(before) = at.checked_sub(1).and_then(|before| words.get(before)) {
                let pair = [before.as_str(), " ", word];
                add(&mut vector, &pair, PAIR_WEIGHT * weight);
            }
        }
        normalize(&mut vector);
        vector
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for_each_word(text, |word| {
        if words.len() < WORDS_MAX && !matches!(word, Word::Whole(_)) {
            words.push(normalized(word));
        }
    });
    words
}

fn add_word(vector: &mut [f32], word: &str, weight: f32) {
    add(vector, &["w", word], WORD_WEIGHT * weight);
    if let Some(meaning) = related::meaning(word) {
        add(vector, &["m", meaning], MEANING_WEIGHT * weight);
    }
    let marked: Vec<char> = std::iter::once('<')
        .chain(word.chars())
        .chain(['>'])
        .collect();
    let parts = marked.windows(PART_CHARS).count().max(1) as f32;
    let mut part = String::with_capacity(4 * PART_CHARS);
    for chars in marked.windows(PART_CHARS) {
        part.clear();
        part.extend(chars);
        add(vector, &["p", &part], PARTS_WEIGHT * weight / parts.sqrt());
    }
}

/// Adds a feature at two places, each with a sign, so that features which meet by chance at one seldom do at the other.
fn add(vector: &mut [f32], feature: &[&str], weight: f32) {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in feature.iter().flat_map(|part| part.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // FNV mixes its upper bits badly.
    hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^= hash >> 32;
    for shift in [0, 24] {
        let bits = hash >> shift;
        let place = (bits >> 1) as usize % vector.len().max(1);
        let sign = if bits & 1 == 0 { 1.0 } else { -1.0 };
        if let Some(number) = vector.get_mut(place) {
            *number += sign * weight;
        }
    }
}

/// To length 1.
pub fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|n| n * n).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|n| *n /= length);
    }
}

#[async_trait]
impl Embeddings for Builtin {
    fn provider(&self) -> &str {
        "builtin"
    }

    fn model(&self) -> &str {
        MODEL
    }

    fn dimension(&self) -> usize {
        BUILTIN_DIMENSION
    }

    fn batch_size(&self) -> usize {
        256
    }

    fn at_once(&self, text: &str, purpose: Purpose) -> Option<Vec<f32>> {
        Some(self.vector(text, purpose))
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let vectors = texts.iter().map(|text| self.vector(text, purpose));
        Ok(vectors.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(a: &str, b: &str) -> f32 {
        let builtin = Builtin::default();
        let (a, b) = (
            builtin.vector(a, Purpose::Document),
            builtin.vector(b, Purpose::Query),
        );
        a.iter().zip(&b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn a_text_is_nearest_to_itself_and_near_to_its_paraphrase() {
        let text = "Fix the flaky login test in the authentication module";
        let same = cosine(text, text);
        let paraphrase = cosine(text, "repair an unstable test of user sign-in and auth");
        let typo = cosine(text, "fix flaky logn tset in authentification module");
        let other = cosine(text, "Write documentation for the payment service");
        assert!((same - 1.0).abs() < 1e-5);
        assert!(paraphrase > other + 0.1, "{paraphrase} {other}");
        assert!(typo > other + 0.2, "{typo} {other}");
    }

    #[test]
    fn vectors_stay_what_they_are() {
        let vector = Builtin::default().vector("parse_config 修复", Purpose::Document);
        let places = vector.iter().enumerate().filter(|(_, n)| n.abs() > 0.2);
        let places: Vec<_> = places.map(|(at, n)| format!("{at}:{n:.3}")).collect();
        insta::assert_snapshot!(places.join(" "));
        assert!(
            Builtin::default()
                .vector("…", Purpose::Query)
                .iter()
                .all(|n| *n == 0.0)
        );
    }
}
