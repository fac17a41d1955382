//! Patterns for a task: searched for, and recommended.

use std::sync::Arc;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::book::Entry;
use crate::Result;
use crate::learning::wilson_lower;
use crate::limits::{PATTERN_SEARCH_MAX, QUERY_BYTES_MAX, RECOMMEND_MAX};
use crate::memory::{Memory, check};
use crate::model::{
    EpisodeId, Pattern, PatternBody, PatternId, PatternKind, SessionId, TaskType, Time,
    normalized_tags, now,
};

const LIMIT: usize = 5;
const RECOMMENDED: usize = 3;
const RELEVANCE_MIN: f64 = 0.3;
const HALF_LIFE_DAYS: f64 = 30.0;

/// What each part of the score weighs; the sum is 1.
const SEMANTIC: f64 = 0.40;
const CONTEXT: f64 = 0.20;
const EFFECTIVENESS: f64 = 0.20;
const RECENCY: f64 = 0.05;
const SUCCESS: f64 = 0.15;

/// A search, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchPatterns {
    /// What is looked for.
    pub query: String,
    /// The area of work.
    pub domain: String,
    /// Tags of the work.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How many at most; 5 when left out.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The least relevance; 0.3 when left out.
    #[serde(default)]
    pub min_relevance: Option<f64>,
    /// Only of the domain.
    #[serde(default)]
    pub filter_by_domain: bool,
}

/// A task that patterns are wanted for, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecommendPatterns {
    /// The task.
    pub task_description: String,
    /// The area of work.
    pub domain: String,
    /// Tags of the work.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How many at most; 3 when left out.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The episode that asks; what was recommended is noted for it then.
    #[serde(default)]
    pub episode_id: Option<EpisodeId>,
}

/// Patterns that fit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PatternsFound {
    /// The best first.
    pub results: Vec<PatternHit>,
    /// How many were compared.
    pub total_searched: usize,
    /// What was looked for.
    pub query: String,
    /// What feedback has to name, when an episode asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
}

/// What feedback has to name.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Attribution {
    /// The session.
    pub session_id: SessionId,
}

/// A pattern that fits.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PatternHit {
    /// The pattern.
    pub id: PatternId,
    /// Its kind.
    pub pattern_type: PatternKind,
    /// In a sentence.
    pub description: String,
    /// From 0 to 1.
    pub relevance_score: f64,
    /// The parts of that, each from 0 to 1.
    pub score_breakdown: ScoreBreakdown,
    /// The lower bound of the 95 % Wilson interval of its success rate.
    pub success_rate: f64,
    /// Where it was seen.
    pub domain: String,
    /// How often a recommendation of it was followed.
    pub times_applied: u64,
    /// In how many episodes it was seen.
    pub occurrence_count: u64,
    /// Whether work that shows it rather fails.
    pub is_anti_pattern: bool,
}

/// The parts of a pattern's score, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ScoreBreakdown {
    /// How alike the texts are.
    pub semantic_similarity: f64,
    /// The same domain, and the same tags.
    pub context_match: f64,
    /// What came of following it, by lower bounds of Wilson intervals; 0.5 while nothing is known.
    pub effectiveness: f64,
    /// How recently it was seen.
    pub recency: f64,
    /// How the episodes ended that show it.
    pub success_rate: f64,
}

/// A pattern with its score.
#[derive(Debug, Clone)]
pub struct Scored {
    pub pattern: Arc<Pattern>,
    pub score: f64,
    pub parts: ScoreBreakdown,
}

/// What patterns are compared with.
pub struct Task<'a> {
    pub vector: Vec<f32>,
    pub domain: Option<&'a str>,
    pub task_type: Option<TaskType>,
    pub tags: &'a [String],
    pub at: Time,
}

impl Memory {
    /// Finds patterns.
    ///
    /// # Errors
    /// A field is not what it must be, or the store failed.
    pub async fn search_patterns(&self, asked: SearchPatterns) -> Result<PatternsFound> {
        let limit = asked.limit.unwrap_or(LIMIT);
        let least = asked.min_relevance.unwrap_or(RELEVANCE_MIN);
        check::filled("query", &asked.query, QUERY_BYTES_MAX)?;
        check::within("limit", limit, 1, PATTERN_SEARCH_MAX)?;
        check::share("min_relevance", least)?;
        let tags = normalized_tags(&asked.tags)?;
        self.blocking(move |memory| {
            let only = asked.filter_by_domain.then_some(asked.domain.as_str());
            let entries = memory.pattern_entries(only)?;
            let total_searched = entries.len();
            let mut scored = memory.scored(entries, &asked.query, Some(&asked.domain), None, &tags);
            scored.retain(|scored| scored.score >= least);
            scored.truncate(limit);
            Ok(PatternsFound {
                results: scored.iter().map(Scored::hit).collect(),
                total_searched,
                query: asked.query,
                attribution: None,
            })
        })
        .await
    }

    /// Finds patterns that help with a task. What rather fails is left out.
    ///
    /// # Errors
    /// A field is not what it must be, there is no such episode, or the store failed.
    pub async fn recommend_patterns(&self, asked: RecommendPatterns) -> Result<PatternsFound> {
        let limit = asked.limit.unwrap_or(RECOMMENDED);
        check::filled("task_description", &asked.task_description, QUERY_BYTES_MAX)?;
        check::within("limit", limit, 1, RECOMMEND_MAX)?;
        let tags = normalized_tags(&asked.tags)?;
        self.blocking(move |memory| {
            let entries = memory.pattern_entries(None)?;
            let total_searched = entries.len();
            let mut scored = memory.scored(
                entries,
                &asked.task_description,
                Some(&asked.domain),
                None,
                &tags,
            );
            scored.retain(|scored| advises(&scored.pattern));
            scored.truncate(limit);
            let ids: Vec<_> = scored
                .iter()
                .map(|scored| scored.pattern.pattern_id)
                .collect();
            let attribution = match asked.episode_id {
                Some(episode) => {
                    let session_id = memory.note_recommended(episode, ids)?;
                    Some(Attribution { session_id })
                }
                None => None,
            };
            Ok(PatternsFound {
                results: scored.iter().map(Scored::hit).collect(),
                total_searched,
                query: asked.task_description,
                attribution,
            })
        })
        .await
    }

    /// Patterns beside the episodes of a query.
    pub(in crate::memory) fn fitting_patterns(
        &self,
        query: &str,
        (domain, task_type): (Option<&str>, Option<TaskType>),
        limit: usize,
    ) -> Result<Vec<Pattern>> {
        let Some(domain) = domain else {
            // All domains are not kept read; a query must not wait for that.
            return Ok(Vec::new());
        };
        let entries = self.pattern_entries(Some(domain))?;
        let entries = entries.into_iter();
        let entries = entries
            .filter(|entry| task_type.is_none_or(|wanted| wanted == entry.pattern.task_type));
        let mut scored = self.scored(entries.collect(), query, Some(domain), task_type, &[]);
        scored.retain(|scored| scored.score >= RELEVANCE_MIN);
        let fitting = scored.into_iter().take(limit);
        Ok(fitting
            .map(|scored| Pattern::clone(&scored.pattern))
            .collect())
    }

    /// The patterns of a domain, or of all that may be seen.
    pub(in crate::memory) fn pattern_entries(&self, domain: Option<&str>) -> Result<Vec<Entry>> {
        let book = &self.inner.book;
        let store = &*self.inner.store;
        let mut entries = book.of(store, domain)?.as_ref().clone();
        entries.retain(|entry| self.sees(&entry.pattern.domain));
        Ok(entries)
    }

    /// Patterns with their scores, the best first; without parts of others.
    pub(in crate::memory) fn scored(
        &self,
        entries: Vec<Entry>,
        text: &str,
        domain: Option<&str>,
        task_type: Option<TaskType>,
        tags: &[String],
    ) -> Vec<Scored> {
        let task = Task {
            vector: self.inner.book.vector(text),
            domain,
            task_type,
            tags,
            at: now(),
        };
        let entries = entries.into_iter().filter(|entry| !entry.is_part);
        let scored = entries.map(|entry| task.score(entry));
        let mut scored: Vec<_> = scored.collect();
        scored.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.pattern.signature.cmp(&b.pattern.signature))
        });
        scored
    }
}

impl Task<'_> {
    fn score(
        &self,
        Entry {
            pattern, vector, ..
        }: Entry,
    ) -> Scored {
        let cosine: f32 = self
            .vector
            .iter()
            .zip(vector.iter())
            .map(|(a, b)| a * b)
            .sum();
        let parts = ScoreBreakdown {
            semantic_similarity: f64::from(cosine).clamp(0.0, 1.0),
            context_match: self.context(&pattern),
            effectiveness: effectiveness(&pattern),
            recency: recency(self.at - pattern.effectiveness.last_used),
            success_rate: pattern.success_rate,
        };
        let score = SEMANTIC * parts.semantic_similarity
            + CONTEXT * parts.context_match
            + EFFECTIVENESS * parts.effectiveness
            + RECENCY * parts.recency
            + SUCCESS * parts.success_rate;
        Scored {
            pattern,
            score,
            parts,
        }
    }

    /// The mean of what is asked: the domain, the type, the share of the tags.
    fn context(&self, pattern: &Pattern) -> f64 {
        let mut asked = Vec::new();
        if let Some(domain) = self.domain {
            asked.push(f64::from(domain == pattern.domain));
        }
        if let Some(task_type) = self.task_type {
            asked.push(f64::from(task_type == pattern.task_type));
        }
        if !self.tags.is_empty() {
            let shared = self
                .tags
                .iter()
                .filter(|tag| pattern.tags.contains(tag))
                .count();
            asked.push(shared as f64 / self.tags.len() as f64);
        }
        asked.iter().sum::<f64>() / asked.len().max(1) as f64
    }
}

/// From what is sure of the successes less what is sure of the failures, when it was followed.
fn effectiveness(pattern: &Pattern) -> f64 {
    let known = &pattern.effectiveness;
    let trials = known.success_when_applied + known.failure_when_applied;
    let successes = wilson_lower(known.success_when_applied, trials);
    let failures = wilson_lower(known.failure_when_applied, trials);
    0.5 + 0.5 * (successes - failures)
}

fn recency(age: TimeDelta) -> f64 {
    let days = age.as_seconds_f64().max(0.0) / 86_400.0;
    0.5_f64.powf(days / HALF_LIFE_DAYS)
}

/// Whether somebody could follow it, and should.
pub fn advises(pattern: &Pattern) -> bool {
    !pattern.is_anti_pattern
        && pattern.success_count > 0
        && !matches!(pattern.body, PatternBody::ContextPattern { .. })
}

impl Scored {
    fn hit(&self) -> PatternHit {
        let pattern = &self.pattern;
        PatternHit {
            id: pattern.pattern_id,
            pattern_type: pattern.body.kind(),
            description: pattern.description.clone(),
            relevance_score: self.score,
            score_breakdown: self.parts,
            success_rate: pattern.success_rate,
            domain: pattern.domain.clone(),
            times_applied: pattern.effectiveness.times_applied,
            occurrence_count: pattern.occurrence_count,
            is_anti_pattern: pattern.is_anti_pattern,
        }
    }
}
