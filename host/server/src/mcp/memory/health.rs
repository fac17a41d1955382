//! Whether the memory is well, what its tools do, and how much can be learned from it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vesicle_memory::{
    Error, Memory,
    memory::{AskQuality, PartHealth, Stats},
};

use super::{
    metrics::{SystemMetrics, ToolMetrics},
    service::Service,
    tool::{Effect, MemoryTool},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
struct Healthy {
    /// `healthy`, `degraded` or `unhealthy`.
    status: String,
    components: BTreeMap<&'static str, PartHealth>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum MetricType {
    #[default]
    All,
    Performance,
    Episodes,
    System,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskMetrics {
    /// `all` when left out
    #[serde(default)]
    metric_type: MetricType,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    performance: Option<BTreeMap<String, ToolMetrics>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    episodes: Option<Stats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<SystemMetrics>,
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::Reads;
    vec![
        MemoryTool::of_service(
            "health_check",
            "Whether the parts of the memory work, as tried now",
            Reads,
            check,
        ),
        MemoryTool::of_service(
            "get_metrics",
            "Calls, errors and times of each tool; what the process takes",
            Reads,
            metrics,
        ),
        MemoryTool::new(
            "quality_metrics",
            "How much can be learned from the episodes",
            Reads,
            |memory: Memory, asked: AskQuality| async move { memory.quality_metrics(asked).await },
        ),
    ]
}

/// A memory that cannot be opened is told of, as that is what is asked.
async fn check(service: Service, _: Nothing) -> Result<Healthy, Error> {
    let memory = match service.memory().await {
        Ok(memory) => memory,
        Err(error) => {
            let store = PartHealth {
                status: "unhealthy",
                latency_ms: 0.0,
                error: Some(error.to_string()),
            };
            return Ok(Healthy {
                status: store.status.to_owned(),
                components: BTreeMap::from([("store", store)]),
            });
        }
    };
    let health = memory.health().await;
    Ok(Healthy {
        status: health.status.to_owned(),
        components: BTreeMap::from([
            ("store", health.store),
            ("index", health.index),
            ("embeddings", health.embeddings),
        ]),
    })
}

async fn metrics(service: Service, asked: AskMetrics) -> Result<Told, Error> {
    let wants = |one| asked.metric_type == MetricType::All || asked.metric_type == one;
    let episodes = match wants(MetricType::Episodes) {
        true => Some(service.memory().await?.stats().await?),
        false => None,
    };
    Ok(Told {
        performance: wants(MetricType::Performance).then(|| service.metrics().tools()),
        episodes,
        system: wants(MetricType::System).then(|| service.metrics().system()),
    })
}
