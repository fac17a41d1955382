//! Queries: episodes by meaning and by words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vesicle_memory::{
    Error, Memory, TaskType,
    embeddings::Purpose,
    memory::{Found, Query, SemanticFound, SemanticQuery, Sort},
};

use super::{
    answered::{Selected, of_answer},
    tool::{Effect, MemoryTool},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    query: String,
    domain: String,
    #[serde(default)]
    task_type: Option<TaskType>,
    /// 1 to 1000; 10 when left out
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    sort: Sort,
    /// Only these parts of the answer, such as `episodes.task_description`
    #[serde(default)]
    fields: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Embed {
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct Embedded {
    embedding: Vec<f32>,
    dimension: usize,
    provider: String,
    model: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByEmbedding {
    /// As generate_embedding answered
    embedding: Vec<f32>,
    #[serde(default)]
    limit: Option<usize>,
    /// 0 to 1
    #[serde(default)]
    similarity_threshold: Option<f64>,
    #[serde(default)]
    domain: Option<String>,
    #[serde(default)]
    task_type: Option<TaskType>,
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::Reads;
    vec![
        MemoryTool::new(
            "query_memory",
            "Find past episodes and patterns by meaning and words",
            Reads,
            query,
        ),
        MemoryTool::new(
            "query_semantic_memory",
            "Find past episodes by meaning alone",
            Reads,
            semantic,
        ),
        MemoryTool::new(
            "generate_embedding",
            "The vector of a text",
            Reads,
            embedding,
        ),
        MemoryTool::new(
            "search_by_embedding",
            "Find past episodes by a vector",
            Reads,
            by_embedding,
        ),
    ]
}

async fn query(memory: Memory, ask: Ask) -> Result<Selected<Found>, Error> {
    let query = Query {
        query: ask.query,
        domain: Some(ask.domain),
        task_type: ask.task_type,
        limit: ask.limit,
        sort: ask.sort,
        ..Query::default()
    };
    let found = memory.query_memory(query).await?;
    of_answer(&found, &ask.fields)
}

async fn semantic(memory: Memory, query: SemanticQuery) -> Result<SemanticFound, Error> {
    memory.query_semantic_memory(query).await
}

async fn embedding(memory: Memory, of: Embed) -> Result<Embedded, Error> {
    let embedding = memory.embed(&of.text, Purpose::Query).await?;
    let by = memory.embeddings();
    Ok(Embedded {
        dimension: embedding.len(),
        embedding,
        provider: by.provider().to_owned(),
        model: by.model().to_owned(),
    })
}

async fn by_embedding(memory: Memory, ask: ByEmbedding) -> Result<SemanticFound, Error> {
    let query = SemanticQuery {
        query: String::new(),
        limit: ask.limit,
        similarity_threshold: ask.similarity_threshold,
        domain: ask.domain,
        task_type: ask.task_type,
    };
    memory.search_by_embedding(ask.embedding, query).await
}
