//! What texts are embedded with: chosen, tried, and shown.

use schemars::JsonSchema;
use serde::Deserialize;
use vesicle_memory::{
    Error, Memory,
    memory::{ConfigureEmbeddings, Configured, EmbeddingStatus, ProviderTest},
};

use super::{
    service::Service,
    tool::{Effect, MemoryTool},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

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
            "What texts are embedded with, whether it works, and how far its vectors are",
            Reads,
            status,
        ),
    ]
}

async fn configure(service: Service, asked: ConfigureEmbeddings) -> Result<Configured, Error> {
    let memory = service.memory().await?;
    let rules = service.lazy().embedding_rules();
    memory.configure_embeddings(asked, rules).await
}

async fn test(memory: Memory, _: Nothing) -> Result<ProviderTest, Error> {
    Ok(memory.test_embeddings().await)
}

async fn status(memory: Memory, _: Nothing) -> Result<EmbeddingStatus, Error> {
    memory.embedding_provider_status().await
}
