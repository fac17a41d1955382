//! The index for search, in memory: words with BM25, and vectors in one byte for each number.
//!
//! A full-text index on the disk scores every row that has one of the words, which at 100 000 episodes takes tens of
//! milliseconds for common words. Here a word costs a nanosecond or two for each episode that has it. The index holds
//! nothing of its own: it is made of what the store keeps, and follows it.

mod best;
mod columns;
mod postings;
mod search;
mod vectors;

use rustc_hash::FxHashMap;

use crate::model::EpisodeId;
use crate::store::{Facts, Filter, Frequencies};
use columns::Columns;
use postings::Postings;
use vectors::Vectors;

pub use postings::word_hash;
pub use vectors::quantized;

/// Dead entries are cleared away when there are so many, and a quarter of all.
const DEAD_MIN: usize = 1_000;

/// What the index takes in of an episode.
#[derive(Debug)]
pub struct Entry<'a> {
    pub facts: &'a Facts,
    /// With spaces between.
    pub tags: &'a str,
    /// Hashes of words, each once, with how often they stand there.
    pub words: &'a [(u32, u8)],
    /// Signed bytes; empty when there is none.
    pub vector: &'a [u8],
}

/// The index. An episode that changes gets a new number; what was under the old one is dead until it is cleared away.
#[derive(Debug, Default)]
pub struct Index {
    /// The last change of the store that is in it.
    pub seq: u64,
    /// The generation of the store that it was made of.
    pub generation: u64,
    key: Option<String>,
    numbers: FxHashMap<EpisodeId, u32>,
    columns: Columns,
    postings: Postings,
    vectors: Vectors,
}

impl Index {
    /// Which vectors are in it.
    pub fn set_key(&mut self, key: Option<String>) {
        self.key = key;
    }

    /// Takes in an episode, or takes it in anew.
    pub fn put(&mut self, entry: &Entry<'_>) {
        self.remove(entry.facts.id);
        let number = self.columns.push(entry);
        self.postings.push(number, entry.words);
        self.vectors.push(entry.vector);
        self.numbers.insert(entry.facts.id, number);
    }

    /// Forgets an episode.
    pub fn remove(&mut self, id: EpisodeId) {
        if let Some(number) = self.numbers.remove(&id) {
            self.columns.kill(number);
        }
    }

    /// After changes: clears away what is dead when it is much.
    pub fn settle(&mut self) {
        let (dead, all) = (self.columns.dead(), self.columns.len());
        if dead > DEAD_MIN && dead * 4 > all {
            let kept = self.columns.compact();
            self.postings.compact(&kept);
            self.vectors.compact(&kept);
            self.numbers = self.columns.numbers();
        }
        self.postings.settle();
    }

    /// How many episodes a filter lets through.
    pub fn count(&self, filter: &Filter) -> u64 {
        if *filter == Filter::default() {
            return self.numbers.len() as u64;
        }
        self.columns.wanted(filter).count()
    }

    /// In how many documents each word stands; those that died a while ago may be counted still.
    pub fn frequencies(&self, words: &[String]) -> Frequencies {
        let counts = words
            .iter()
            .map(|word| self.postings.count(word_hash(word)));
        Frequencies {
            documents_with: counts.collect(),
            documents: u32::try_from(self.numbers.len()).unwrap_or(u32::MAX),
        }
    }

    /// Bytes in memory, nearly.
    pub fn bytes(&self) -> u64 {
        let numbers = self.numbers.capacity() * 24;
        (numbers + self.columns.bytes() + self.postings.bytes() + self.vectors.bytes()) as u64
    }
}
