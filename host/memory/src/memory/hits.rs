//! How a text becomes ranked hits.

use std::sync::atomic::Ordering;

use super::Memory;
use super::query::Hit;
use crate::embeddings::Purpose;
use crate::model::now;
use crate::retrieval::{Preference, Ranked, Ranking, Why, diverse, ranked};
use crate::store::{self, Candidate, Filter, Search};
use crate::{Result, text};

/// Candidates of each channel, at least.
const CANDIDATES_MIN: usize = 100;
/// What a word counts that stands in place of one nobody wrote.
const CORRECTION_WEIGHT: f32 = 0.6;
/// Words that stand in place of one.
const CORRECTIONS_MAX: usize = 3;
/// Words of a query that are looked for in other spellings.
const CORRECTED_MAX: usize = 8;

impl Memory {
    /// The weights of what speaks for an episode.
    pub fn ranking(&self) -> Ranking {
        *self.inner.ranking.read()
    }

    /// Other weights, from now on.
    pub fn set_ranking(&self, ranking: Ranking) {
        *self.inner.ranking.write() = ranking;
    }

    /// The vector of a query; none with a reason where the provider failed.
    pub(super) async fn query_vector(
        &self,
        text: &str,
    ) -> (Option<(String, Vec<f32>)>, Vec<String>) {
        let provider = self.embeddings();
        if text.trim().is_empty() {
            return (None, Vec::new());
        }
        if provider.at_once("", Purpose::Query).is_some() {
            let text = text.to_owned();
            let made = self.blocking(move |_| {
                Ok(provider
                    .at_once(&text, Purpose::Query)
                    .map(|vector| (provider.key(), vector)))
            });
            return (made.await.ok().flatten(), Vec::new());
        }
        match self.embed(text, Purpose::Query).await {
            Ok(vector) => (Some((provider.key(), vector)), Vec::new()),
            Err(error) => {
                self.inner.fallbacks.fetch_add(1, Ordering::Relaxed);
                let warning = format!(
                    "only words were searched, as the query could not be embedded: {error}"
                );
                (None, vec![warning])
            }
        }
    }

    /// The best hits for a text, best first.
    pub(super) fn ranked_hits(
        &self,
        query: &str,
        vector: Option<(String, Vec<f32>)>,
        filter: &Filter,
        preference: &Preference,
        limit: usize,
    ) -> Result<Vec<Ranked>> {
        let is_empty = query.trim().is_empty();
        let search = Search {
            words: if is_empty {
                Vec::new()
            } else {
                self.query_words(query)?
            },
            vector,
            filter: filter.clone(),
            per_channel: if is_empty {
                limit
            } else {
                CANDIDATES_MIN.max(2 * limit)
            },
        };
        if !is_empty && search.words.is_empty() && search.vector.is_none() {
            return Ok(Vec::new());
        }
        let candidates = self.inner.store.search(&search)?;
        if is_empty {
            return Ok(newest(candidates));
        }
        let ranking = self.ranking();
        let ranked = ranked(candidates, &ranking, preference, now());
        Ok(diverse(ranked, limit, ranking.diversity_lambda))
    }

    /// The words of a query with their weights. A word that stands nowhere is taken for those it was probably meant to be.
    fn query_words(&self, query: &str) -> Result<Vec<(String, f32)>> {
        let mut words = Vec::new();
        text::for_each_word(query, |word| words.push(text::normalized(word)));
        words.sort();
        words.dedup();
        let known = self.inner.store.frequencies(&words)?.documents_with;
        let mut weighted: Vec<(String, f32)> = Vec::with_capacity(words.len());
        let mut corrected = 0;
        for (word, count) in words.iter().zip(known) {
            if count > 0 {
                weighted.push((word.clone(), 1.0));
            } else if corrected < CORRECTED_MAX && word.chars().any(char::is_alphabetic) {
                corrected += 1;
                let similar = self.inner.store.similar_words(word, text::COMPARED_MAX)?;
                let meant = text::likely_meant(word, similar)
                    .into_iter()
                    .take(CORRECTIONS_MAX);
                weighted.extend(meant.map(|word| (word, CORRECTION_WEIGHT)));
            }
        }
        Ok(weighted)
    }

    /// Hits with their episodes. What was deleted since is left out.
    pub(super) fn with_episodes(&self, ranked: Vec<Ranked>) -> Result<Vec<Hit>> {
        store::read(&*self.inner.store, |tx| {
            let mut hits = Vec::with_capacity(ranked.len());
            for Ranked {
                candidate,
                relevance,
                why,
            } in &ranked
            {
                if let Some(mut episode) = tx.episode(candidate.id)? {
                    episode.steps = tx.steps(candidate.id)?;
                    hits.push(Hit {
                        episode,
                        relevance: *relevance,
                        why: *why,
                    });
                }
            }
            Ok(hits)
        })
    }
}

fn newest(mut candidates: Vec<Candidate>) -> Vec<Ranked> {
    candidates.sort_by_key(|found| std::cmp::Reverse((found.facts.start_time, found.id)));
    let ranked = candidates.into_iter().map(|candidate| Ranked {
        candidate,
        relevance: 1.0,
        why: Why::default(),
    });
    ranked.collect()
}
