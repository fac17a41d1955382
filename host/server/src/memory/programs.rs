//! The memory as programs in a sandbox may ask it: within the domains that they are granted, and
//! writing only where that is granted too.

use async_trait::async_trait;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use tracing::{Instrument as _, field::Empty, info_span};
use vesicle_memory::{
    EpisodeId, Error, ErrorCode, Memory, TaskType,
    memory::{
        CompleteEpisode, Found, NewEpisode, NewStep, Query, RecommendPlaybook, SearchPatterns,
        Sort, selected,
    },
    store::DomainGrant,
};
use vesicle_sandbox::{CapabilityError, Memories, MemoryOperation, TRACE};

use super::{LazyMemory, Programs};

/// Episodes that are told to be like one, where nobody says how many.
const SIMILAR: usize = 10;

/// The memory within a grant.
#[derive(Debug, Clone)]
pub struct ProgramMemory {
    memory: LazyMemory,
    domains: DomainGrant,
    programs: Programs,
    /// What would allow it to write.
    writing_takes: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Similar {
    episode_id: EpisodeId,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByEpisode {
    episode_id: EpisodeId,
}

/// As `query_memory` takes it, in any domain where none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskEpisodes {
    #[serde(default)]
    query: String,
    domain: Option<String>,
    task_type: Option<TaskType>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    successful: bool,
    limit: Option<usize>,
    #[serde(default)]
    sort: Sort,
    #[serde(default)]
    fields: Vec<String>,
}

/// As `search_patterns` takes it, without a domain where any will do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskPatterns {
    query: String,
    #[serde(default)]
    domain: String,
    #[serde(default)]
    tags: Vec<String>,
    limit: Option<usize>,
    min_relevance: Option<f64>,
    #[serde(default)]
    filter_by_domain: bool,
}

impl ProgramMemory {
    /// The memory, of which these domains are seen.
    pub fn new(memory: LazyMemory, domains: DomainGrant, programs: Programs) -> Self {
        Self {
            memory,
            domains,
            programs,
            writing_takes: "`programs = \"record\"` under [memory] in vesicle.toml would allow it",
        }
    }

    /// For a plugin: who may not write lacks a grant.
    pub fn of_plugin(self) -> Self {
        Self {
            writing_takes: "it would have to ask for the right `record`, and be granted it",
            ..self
        }
    }

    async fn answer(
        &self,
        operation: MemoryOperation,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        let memory = self.memory.open().await.map_err(failed)?;
        let memory = memory.granted(self.domains.clone());
        match operation {
            MemoryOperation::Query => {
                let asked: AskEpisodes = read(operation, arguments)?;
                let fields = asked.fields.clone();
                let found = episodes(&memory, asked).await;
                match fields.is_empty() {
                    true => told(found),
                    false => told(found.and_then(|found| parts(&found, &fields))),
                }
            }
            MemoryOperation::Similar => {
                let Similar { episode_id, limit } = read(operation, arguments)?;
                let limit = limit.unwrap_or(SIMILAR);
                told(memory.similar_episodes(episode_id, limit).await)
            }
            MemoryOperation::Patterns => told(patterns(&memory, read(operation, arguments)?).await),
            MemoryOperation::Recommend => {
                let task: RecommendPlaybook = read_task(operation, arguments)?;
                told(memory.recommend_playbook(task).await)
            }
            MemoryOperation::Episode => {
                let ByEpisode { episode_id } = read(operation, arguments)?;
                told(memory.get_episode(episode_id).await)
            }
            MemoryOperation::RecordStart => {
                let new: NewEpisode = read(operation, arguments)?;
                told(memory.create_episode(new).await)
            }
            MemoryOperation::RecordStep => {
                let step: NewStep = read(operation, arguments)?;
                told(memory.add_episode_step(step).await)
            }
            MemoryOperation::RecordComplete => {
                let how: CompleteEpisode = read(operation, arguments)?;
                told(memory.complete_episode(how).await)
            }
        }
    }
}

async fn episodes(memory: &Memory, asked: AskEpisodes) -> Result<Found, Error> {
    let query = Query {
        query: asked.query,
        domain: asked.domain,
        task_type: asked.task_type,
        tags: asked.tags,
        successful: asked.successful,
        limit: asked.limit,
        sort: asked.sort,
    };
    memory.query_memory(query).await
}

fn parts(found: &Found, fields: &[String]) -> Result<Value, Error> {
    let whole = serde_json::to_value(found).map_err(|error| Error::Store(error.to_string()))?;
    selected(&whole, fields)
}

async fn patterns(memory: &Memory, asked: AskPatterns) -> Result<impl Serialize + use<>, Error> {
    let found = memory.search_patterns(SearchPatterns {
        query: asked.query,
        domain: asked.domain,
        tags: asked.tags,
        limit: asked.limit,
        min_relevance: asked.min_relevance,
        filter_by_domain: asked.filter_by_domain,
    });
    Ok(found.await?.results)
}

#[async_trait]
impl Memories for ProgramMemory {
    async fn ask(
        &self,
        operation: MemoryOperation,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        if operation.is_writing() && self.programs != Programs::Record {
            return Err(CapabilityError::Denied(format!(
                "`memory.{}` writes, and this code may only ask; {}",
                operation.name(),
                self.writing_takes
            )));
        }
        let span = info_span!(
            target: TRACE,
            "memory",
            vesicle.memory.operation = operation.name(),
            otel.status_code = Empty,
        );
        let answer = self.answer(operation, arguments);
        let answer = answer.instrument(span.clone()).await;
        if answer.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        answer
    }
}

fn read<T: DeserializeOwned>(
    operation: MemoryOperation,
    arguments: &RawValue,
) -> Result<T, CapabilityError> {
    let mut reader = serde_json::Deserializer::from_str(arguments.get());
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = match error.path().to_string() {
            path if path == "." => String::new(),
            path => format!(", at `{path}`"),
        };
        CapabilityError::InvalidInput(format!(
            "memory.{}{path}: {}",
            operation.name(),
            error.inner()
        ))
    })
}

/// A task, for which a domain is not needed.
fn read_task(
    operation: MemoryOperation,
    arguments: &RawValue,
) -> Result<RecommendPlaybook, CapabilityError> {
    let mut members: serde_json::Map<String, serde_json::Value> = read(operation, arguments)?;
    members.entry("domain").or_insert_with(|| "".into());
    let arguments = to_raw_value(&members)
        .map_err(|error| CapabilityError::Failed(format!("the task is no JSON: {error}")))?;
    read(operation, &arguments)
}

fn told(answer: Result<impl Serialize, Error>) -> Result<Box<RawValue>, CapabilityError> {
    let answer = answer.map_err(|error| failed(&error))?;
    to_raw_value(&answer).map_err(|error| {
        CapabilityError::Failed(format!("the memory's answer is no JSON: {error}"))
    })
}

fn failed(error: impl std::borrow::Borrow<Error>) -> CapabilityError {
    let error = error.borrow();
    let message = error.to_string();
    match error.code() {
        ErrorCode::NotFound => CapabilityError::NotFound(message),
        ErrorCode::InvalidInput | ErrorCode::Conflict => CapabilityError::InvalidInput(message),
        ErrorCode::LimitExceeded => CapabilityError::LimitExceeded(message),
        ErrorCode::Unavailable => CapabilityError::Unavailable {
            message,
            retry_after_ms: None,
        },
        ErrorCode::Corrupt | ErrorCode::Internal => CapabilityError::Failed(message),
    }
}
