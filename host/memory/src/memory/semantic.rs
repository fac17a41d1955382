//! Queries by meaning alone.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::query::limit;
use super::{Memory, check};
use crate::embeddings::Purpose;
use crate::limits::QUERY_BYTES_MAX;
use crate::model::{EpisodeId, OutcomeKind, TaskType, Time};
use crate::store::{self, Candidate, Filter, Search};
use crate::{Error, Result};

/// A query by meaning alone, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SemanticQuery {
    /// What is looked for.
    pub query: String,
    /// How many at most; 10 when left out.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The least likeness; when left out, the configured one, which is 0.7 at first.
    #[serde(default)]
    pub similarity_threshold: Option<f64>,
    /// Only of this domain.
    #[serde(default)]
    pub domain: Option<String>,
    /// Only of this type.
    #[serde(default)]
    pub task_type: Option<TaskType>,
}

/// What a query by meaning found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SemanticFound {
    /// How many there are.
    pub results_found: usize,
    /// The most alike first.
    pub results: Vec<SemanticHit>,
    /// How many numbers a vector has.
    pub embedding_dimension: usize,
    /// How long it took.
    pub query_time_ms: f64,
    /// Who made the vectors.
    pub provider: String,
}

/// An episode that is alike.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SemanticHit {
    /// The episode.
    pub episode_id: EpisodeId,
    /// The cosine.
    pub similarity_score: f64,
    /// What was to be done.
    pub task_description: String,
    /// Its domain.
    pub domain: String,
    /// Its type.
    pub task_type: TaskType,
    /// How it ended.
    pub outcome: Option<OutcomeKind>,
    /// When it was created.
    pub timestamp: Time,
}

/// The least likeness that is asked for when nothing was said or configured.
pub const SIMILARITY_THRESHOLD: f64 = 0.7;
impl Memory {
    /// Finds episodes by meaning alone.
    ///
    /// # Errors
    /// A field is not what it must be, or the store or the provider of embeddings failed.
    pub async fn query_semantic_memory(&self, query: SemanticQuery) -> Result<SemanticFound> {
        let began = Instant::now();
        check::filled("query", &query.query, QUERY_BYTES_MAX)?;
        let vector = self.embed(&query.query, Purpose::Query).await?;
        let mut found = self.search_vector(vector, &query).await?;
        found.query_time_ms = began.elapsed().as_secs_f64() * 1e3;
        Ok(found)
    }

    /// Finds episodes by a vector of the active provider.
    ///
    /// # Errors
    /// The vector has another dimension, a field is not what it must be, or the store failed.
    pub async fn search_by_embedding(
        &self,
        vector: Vec<f32>,
        query: SemanticQuery,
    ) -> Result<SemanticFound> {
        let dimension = self.embeddings().dimension();
        if vector.len() != dimension || vector.iter().any(|n| !n.is_finite()) {
            return Err(Error::Invalid(format!(
                "the embedding has {} numbers; the active provider's have {dimension}, all of them finite; make it with generate_embedding",
                vector.len()
            )));
        }
        self.search_vector(vector, &query).await
    }

    async fn search_vector(
        &self,
        vector: Vec<f32>,
        query: &SemanticQuery,
    ) -> Result<SemanticFound> {
        let began = Instant::now();
        let limit = limit(query.limit)?;
        let threshold = query
            .similarity_threshold
            .unwrap_or_else(|| self.similarity_threshold());
        check::share("similarity_threshold", threshold)?;
        let provider = self.embeddings();
        let searched = self.reading(|_, tx| tx.active_vectors()).await?;
        if let Some(made_by) = searched.filter(|key| *key != provider.key()) {
            let why = self.reindex_progress().last_error.unwrap_or_default();
            return Err(Error::Unavailable(format!(
                "the vectors that are kept were made by {made_by}, which is not there: {why}; repair that, or choose another \
                 provider with configure_embeddings"
            )));
        }
        let search = Search {
            vector: Some((provider.key(), vector)),
            filter: Filter {
                domain: query.domain.clone(),
                task_type: query.task_type,
                ..self.filter()
            },
            per_channel: limit,
            ..Search::default()
        };
        let results = self
            .blocking(move |memory| memory.alike(&search, threshold))
            .await?;
        Ok(SemanticFound {
            results_found: results.len(),
            results,
            embedding_dimension: provider.dimension(),
            query_time_ms: began.elapsed().as_secs_f64() * 1e3,
            provider: provider.provider().to_owned(),
        })
    }

    fn alike(&self, search: &Search, threshold: f64) -> Result<Vec<SemanticHit>> {
        let candidates = self.inner.store.search(search)?.into_iter();
        let mut alike: Vec<_> = candidates
            .filter_map(|candidate| Some((f64::from(candidate.semantic?), candidate)))
            .filter(|(cosine, _)| *cosine >= threshold)
            .collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.id.cmp(&a.1.id)));
        store::read(&*self.inner.store, |tx| {
            let mut hits = Vec::with_capacity(alike.len());
            for (similarity_score, Candidate { id, facts, .. }) in &alike {
                // What was deleted since is left out.
                if let Some(episode) = tx.episode(*id)? {
                    hits.push(SemanticHit {
                        episode_id: *id,
                        similarity_score: *similarity_score,
                        task_description: episode.task_description,
                        domain: facts.domain.clone(),
                        task_type: facts.task_type,
                        outcome: facts.outcome,
                        timestamp: facts.start_time,
                    });
                }
            }
            Ok(hits)
        })
    }
}
