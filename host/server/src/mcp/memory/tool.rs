//! One tool of the memory: a definition made of its types, and what it does.

use std::{future::Future, pin::Pin, time::Instant};

use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::{Instrument as _, field::Empty, info_span};
use vesicle_memory::{Error, ErrorCode, Memory};

use super::{schema, service::Service};
use crate::{audit, telemetry::TRACE};

/// Why a tool did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The arguments are not those of the tool.
    #[error("{0}")]
    Arguments(String),
    /// The memory refused or failed.
    #[error(transparent)]
    Memory(#[from] Error),
    /// It cannot be logged, and nothing may be done without.
    #[error(transparent)]
    Audit(#[from] audit::Refused),
}

impl Failure {
    /// What kind of failure it is.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Arguments(_) => ErrorCode::InvalidInput,
            Self::Memory(error) => error.code(),
            Self::Audit(_) => ErrorCode::Unavailable,
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send>>;
type Work = dyn Fn(Service, Value) -> Answer + Send + Sync;

/// What a tool does to what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// It adds to it.
    Adds,
    /// It adds, and the same call twice is as one.
    AddsOnce,
    /// It changes or removes what was there.
    Changes,
    /// Whatever it is told to.
    Anything,
}

/// A tool of the memory.
pub struct MemoryTool {
    /// As clients see it.
    pub definition: Tool,
    work: Box<Work>,
}

impl MemoryTool {
    /// A tool whose work needs the memory alone.
    pub fn new<A, R, W, F>(
        name: &'static str,
        description: &'static str,
        effect: Effect,
        work: W,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send,
        R: Serialize + JsonSchema,
        W: Fn(Memory, A) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<R, Error>> + Send,
    {
        Self::of_service(
            name,
            description,
            effect,
            move |service: Service, arguments| {
                let work = work.clone();
                async move { work(service.memory().await?, arguments).await }
            },
        )
    }

    /// A tool whose work needs more than the memory.
    pub fn of_service<A, R, W, F>(
        name: &'static str,
        description: &'static str,
        effect: Effect,
        work: W,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send,
        R: Serialize + JsonSchema,
        W: Fn(Service, A) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<R, Error>> + Send,
    {
        let annotations = ToolAnnotations::new()
            .read_only(effect == Effect::Reads)
            .destructive(matches!(effect, Effect::Changes | Effect::Anything))
            .idempotent(!matches!(effect, Effect::Adds | Effect::Anything))
            .open_world(false);
        let definition = Tool::new(name, description, schema::input::<A>())
            .with_raw_output_schema(schema::output::<R>().into())
            .with_annotations(annotations);
        Self {
            definition,
            work: Box::new(move |service, sent| {
                let work = work.clone();
                Box::pin(async move {
                    let answer = work(service, read(sent)?).await?;
                    serde_json::to_value(answer).map_err(|error| {
                        Failure::Memory(Error::Store(format!("the answer is no JSON: {error}")))
                    })
                })
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Calls it, and counts the call.
    ///
    /// # Errors
    /// The arguments do not fit, or the memory refused or failed.
    pub async fn call(&self, service: &Service, sent: Value) -> Result<Value, Failure> {
        let began = Instant::now();
        let span = info_span!(
            target: TRACE,
            "memory",
            gen_ai.tool.name = self.name(),
            otel.status_code = Empty,
        );
        let work = (self.work)(service.clone(), sent);
        let answer = work.instrument(span.clone()).await;
        if answer.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        let error = answer.as_ref().err().map(ToString::to_string);
        service.calls().count(self.name(), began.elapsed(), error);
        answer
    }
}

/// What was sent as the tool takes it. What is null counts as absent: clients send it for what they
/// leave out.
fn read<A: DeserializeOwned>(sent: Value) -> Result<A, Failure> {
    let sent = match sent {
        Value::Object(members) => {
            let given = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(given.collect())
        }
        other => other,
    };
    serde_path_to_error::deserialize(sent).map_err(|error| {
        let path = error.path().to_string();
        Failure::Arguments(match path.as_str() {
            "." => format!("the arguments do not fit: {}", error.inner()),
            path => format!("`{path}` does not fit: {}", error.inner()),
        })
    })
}
