//! Whether the memory is well, what its tools do, and how much can be learned from it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vesicle_memory::{
    Error, Memory,
    memory::{AskQuality, PartHealth, Stats},
};

use super::{
    calls::ToolMetrics,
    service::Service,
    tool::{Effect, MemoryTool},
};
use crate::metrics::{Part, Process, Snapshot};

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
    Host,
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
    system: Option<Process>,
    /// The figures of the whole host, as `/metrics` has them; for admins, where there are accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Snapshot>,
}

/// The tools.
pub fn tools() -> Vec<MemoryTool> {
    use Effect::Reads;
    vec![
        MemoryTool::of_service(
            "health_check",
            "Whether the parts of the memory and of the host work, as tried now",
            Reads,
            check,
        ),
        MemoryTool::of_service(
            "get_metrics",
            "Calls, errors and times of each tool; what the process takes; figures of the host",
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
    let mut components = match service.memory().await {
        Ok(memory) => {
            let health = memory.health().await;
            BTreeMap::from([
                ("store", health.store),
                ("index", health.index),
                ("embeddings", health.embeddings),
            ])
        }
        Err(error) => {
            let store = PartHealth {
                status: "unhealthy",
                latency_ms: 0.0,
                error: Some(error.to_string()),
            };
            BTreeMap::from([("store", store)])
        }
    };
    let parts = service.figures().parts().await;
    // The memory that is looked at there is the one of all, and its store is told already.
    let parts = parts.into_iter().filter(|part| part.name != "memory");
    components.extend(parts.map(|part| (part.name, of_host(part.told(service.sees_all())))));
    let worst = ["unhealthy", "degraded"].into_iter().find(|status| {
        let mut components = components.values();
        components.any(|part| part.status == *status)
    });
    Ok(Healthy {
        status: worst.unwrap_or("healthy").to_owned(),
        components,
    })
}

fn of_host(part: Part) -> PartHealth {
    PartHealth {
        status: match part.state {
            Ok(()) => "healthy",
            Err(_) => "unhealthy",
        },
        latency_ms: part.took.as_secs_f64() * 1e3,
        error: part.state.err(),
    }
}

async fn metrics(service: Service, asked: AskMetrics) -> Result<Told, Error> {
    let wants = |one| asked.metric_type == MetricType::All || asked.metric_type == one;
    let episodes = match wants(MetricType::Episodes) {
        true => Some(service.memory().await?.stats().await?),
        false => None,
    };
    let host = match service.sees_all() && wants(MetricType::Host) {
        true => Some(service.figures().snapshot().await),
        false => None,
    };
    // Read once for both.
    let process = host.as_ref().and_then(|host| host.process.clone());
    let system = wants(MetricType::System).then(|| process.unwrap_or_else(Process::now));
    Ok(Told {
        performance: wants(MetricType::Performance).then(|| service.calls().tools()),
        episodes,
        system,
        host,
    })
}
