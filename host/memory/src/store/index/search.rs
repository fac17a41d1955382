//! Candidates by words and by vector.

use std::cell::RefCell;

use super::best::Best;
use super::vectors::Query;
use super::{Index, word_hash};
use crate::model::EpisodeId;
use crate::store::{Candidate, Search};

/// Words of a query that are looked up, the rarest first.
const WORDS_MAX: usize = 64;
/// Entries of lists that one search reads. The commonest words of a long query, which tell the least, may be left out.
const POSTINGS_MAX: u64 = 1_000_000;

thread_local! {
    /// One score for each episode; kept, since making it anew costs more than clearing it.
    static SCORES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Index {
    /// The best candidates of each channel.
    pub fn search(&self, search: &Search) -> Vec<Candidate> {
        self.search_beside(search, &[])
    }

    /// The same where vectors are kept elsewhere: `nearest` are the best by vector, of those that the filter lets through.
    pub fn search_beside(&self, search: &Search, nearest: &[EpisodeId]) -> Vec<Candidate> {
        SCORES.with_borrow_mut(|scores| self.search_with(search, nearest, scores))
    }

    fn search_with(
        &self,
        search: &Search,
        nearest: &[EpisodeId],
        scores: &mut Vec<f32>,
    ) -> Vec<Candidate> {
        let mask = self.columns.wanted(&search.filter).mask();
        let query = self.query(search);
        scores.clear();
        scores.resize(self.columns.len(), 0.0);
        let nearest = nearest.iter().filter_map(|id| self.numbers.get(id));
        let mut numbers: Vec<u32> = nearest.copied().collect();
        if !search.words.is_empty() {
            self.add_words(search, scores);
            let mut best = Best::new(search.per_channel);
            for ((number, score), fits) in (0..).zip(scores.iter()).zip(&mask) {
                if *fits && best.takes(*score) {
                    best.push(*score, number);
                }
            }
            numbers.extend(best.into_numbers());
        }
        if let Some(query) = &query {
            let mut best = Best::new(search.per_channel);
            self.vectors
                .scan(query, &mask, |number, cosine| best.push(cosine, number));
            numbers.extend(best.into_numbers());
        }
        if search.words.is_empty() && search.vector.is_none() {
            numbers = self.columns.newest(search.per_channel, &mask);
        }
        numbers.sort_unstable();
        numbers.dedup();
        let candidates = numbers.into_iter();
        let candidates =
            candidates.filter_map(|number| self.candidate(number, scores, query.as_ref()));
        candidates.collect()
    }

    fn candidate(&self, number: u32, scores: &[f32], query: Option<&Query>) -> Option<Candidate> {
        let facts = self.columns.facts(number)?;
        let at = number as usize;
        Some(Candidate {
            id: facts.id,
            lexical: scores.get(at).copied().unwrap_or_default(),
            semantic: query.and_then(|query| self.vectors.cosine(at, query)),
            vector: self.vectors.get(at).to_vec(),
            facts,
        })
    }

    /// Vectors of another model are not compared.
    fn query(&self, search: &Search) -> Option<Query> {
        let (key, vector) = search.vector.as_ref()?;
        (self.key.as_ref() == Some(key)).then(|| Query::new(vector))
    }

    fn add_words(&self, search: &Search, scores: &mut [f32]) {
        let words = search.words.iter().map(|(word, weight)| {
            let hash = word_hash(word);
            (self.postings.count(hash), hash, *weight)
        });
        let mut words: Vec<_> = words.filter(|(count, ..)| *count > 0).collect();
        words.sort_unstable_by_key(|(count, hash, _)| (*count, *hash));
        let mut read = 0;
        for (count, hash, weight) in words.into_iter().take(WORDS_MAX) {
            if read > 0 && read + u64::from(count) > POSTINGS_MAX {
                break;
            }
            read += u64::from(count);
            self.postings.add(hash, weight, scores);
        }
    }
}
