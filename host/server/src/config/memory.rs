//! `[memory]`: where past work is kept, and what programs may do with it.

use vesicle_memory::{Ranking, embeddings::EmbeddingRules};

use super::{
    Asker, Configuration, Policy, Problem, Settled, follow_data_dir, profiles, value::Value,
};
use crate::memory::{MemoryConfig, Programs};

/// What the keys say. A memory whose place nobody set lies in the data directory.
pub(super) fn resolve(
    settled: &mut Settled,
    policy: &Policy,
    problems: &mut Vec<Problem>,
) -> MemoryConfig {
    follow_data_dir(settled, "memory.file", "memory.db");
    if let Some(row) = settled.row("memory.record")
        && let Value::List(names) = &row.value
    {
        let known: Vec<&str> = policy
            .open_to(Asker::Operator)
            .map(|profile| profile.name.as_str())
            .collect();
        let unknown = names.iter().filter(|name| !known.contains(&name.as_str()));
        problems.extend(unknown.map(|name| profiles::unknown(name, &row.origin, &known)));
    }
    let file = match settled.value("memory.file") {
        Some(Value::Path(file)) => Some(file.clone()),
        _ => None,
    };
    let url = match settled.value("memory.url") {
        Some(Value::Database(url)) => Some(url.clone()),
        _ => None,
    };
    let programs = match settled.value("memory.programs") {
        Some(Value::Text(name)) if name == "none" => Programs::None,
        Some(Value::Text(name)) if name == "record" => Programs::Record,
        _ => Programs::Query,
    };
    MemoryConfig {
        enabled: settled.value("memory.enabled") != Some(&Value::Boolean(false)),
        file,
        url,
        embeddings: EmbeddingRules {
            base_urls: settled.list("memory.embedding_urls"),
            api_key_envs: settled.list("memory.embedding_key_vars"),
            ..EmbeddingRules::default()
        },
        programs,
        // Each was tried when it was read.
        ranking: settled
            .list("memory.ranking")
            .iter()
            .fold(Ranking::default(), |ranking, setting| {
                ranking.with(setting).unwrap_or(ranking)
            }),
        domains: settled.list("memory.domains"),
        record: settled.list("memory.record"),
    }
}

impl Configuration {
    /// The memory of past work.
    pub fn memory(&self) -> &MemoryConfig {
        &self.memory
    }

    /// Whether clients are shown all tools of the memory from the start.
    pub fn lists_all_tools(&self) -> bool {
        self.lists_all_tools
    }
}
