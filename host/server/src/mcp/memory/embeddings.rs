//! What texts are embedded with: chosen, tried, and shown.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vesicle_memory::{EmbedError, Error, Memory, embeddings::Purpose};

use super::{
    service::Service,
    tool::{Effect, MemoryTool},
};

/// Numbers of a vector that are shown.
const SAMPLE: usize = 5;
/// What is embedded to see whether it works.
const TRIAL: &str = "a text to try the embeddings with";

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Provider {
    Builtin,
    Local,
    Openai,
    Ollama,
    Mistral,
}

impl Provider {
    fn name(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Local => "local",
            Self::Openai => "openai",
            Self::Ollama => "ollama",
            Self::Mistral => "mistral",
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Configure {
    provider: Provider,
    /// A name, or a directory for `local`
    #[serde(default)]
    model: Option<String>,
    /// The variable with the key
    #[serde(default)]
    api_key_env: Option<String>,
    #[serde(default)]
    base_url: Option<String>,
    /// 0 to 1: the least likeness of queries by meaning that do not say
    #[serde(default)]
    similarity_threshold: Option<f64>,
    #[serde(default)]
    batch_size: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Configured {
    success: bool,
    provider: String,
    model: String,
    dimension: usize,
    /// Texts that were embedded anew.
    reindexed: u64,
    similarity_threshold: f64,
    warnings: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
struct Tried {
    available: bool,
    provider: String,
    model: String,
    dimension: usize,
    test_time_ms: f64,
    sample_embedding: Vec<f32>,
    errors: Vec<String>,
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::{Changes, Reads};
    vec![
        MemoryTool::of_service(
            "configure_embeddings",
            "Choose what texts are embedded with",
            Changes,
            configure,
        ),
        MemoryTool::new(
            "test_embeddings",
            "Embed a text, to see whether it works",
            Reads,
            test,
        ),
        MemoryTool::new(
            "embedding_provider_status",
            "What texts are embedded with, and whether it works",
            Reads,
            test,
        ),
    ]
}

async fn configure(service: Service, asked: Configure) -> Result<Configured, Error> {
    if asked.provider != Provider::Builtin {
        return Err(Error::Embed(EmbedError::Configuration(format!(
            "this version has no provider `{}`; take `builtin`, which needs neither model nor key",
            asked.provider.name()
        ))));
    }
    let memory = service.memory().await?;
    if let Some(threshold) = asked.similarity_threshold {
        if !(0.0..=1.0).contains(&threshold) {
            return Err(Error::Invalid(format!(
                "similarity_threshold is {threshold}; send a number from 0 to 1"
            )));
        }
        service.set_similarity_threshold(threshold);
    }
    let unused = [
        ("model", asked.model.is_some()),
        ("api_key_env", asked.api_key_env.is_some()),
        ("base_url", asked.base_url.is_some()),
        ("batch_size", asked.batch_size.is_some()),
    ];
    let unused = unused.into_iter().filter(|(_, is_sent)| *is_sent);
    let warnings = unused.map(|(field, _)| format!("`{field}` means nothing to `builtin`"));
    let (by, reindex) = (memory.embeddings(), memory.reindex_progress());
    Ok(Configured {
        success: true,
        provider: by.provider().to_owned(),
        model: by.model().to_owned(),
        dimension: by.dimension(),
        reindexed: reindex.done,
        similarity_threshold: service.similarity_threshold(),
        warnings: warnings.collect(),
    })
}

async fn test(memory: Memory, _: Nothing) -> Result<Tried, Error> {
    let began = Instant::now();
    let tried = memory.embed(TRIAL, Purpose::Query).await;
    let test_time_ms = began.elapsed().as_secs_f64() * 1e3;
    let by = memory.embeddings();
    let reindex = memory.reindex_progress();
    let (sample, error) = match tried {
        Ok(vector) => (vector.into_iter().take(SAMPLE).collect(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    Ok(Tried {
        available: error.is_none(),
        provider: by.provider().to_owned(),
        model: by.model().to_owned(),
        dimension: by.dimension(),
        test_time_ms,
        sample_embedding: sample,
        errors: error.into_iter().chain(reindex.last_error).collect(),
    })
}
