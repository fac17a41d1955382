//! `batch_execute` and the method `batch/execute`: several calls of tools in one, as parallel as their
//! dependencies let them be.

mod plan;
mod references;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vesicle_memory::{Error, ErrorCode};

use super::{
    registry,
    service::Service,
    tool::{Effect, Failure, MemoryTool},
};
use plan::Plan;

/// The tool's name.
pub const NAME: &str = "batch_execute";
/// The method's name.
pub const METHOD: &str = "batch/execute";
/// Operations in one batch.
const OPERATIONS_MAX: usize = 1_000;
/// Operations at once where nobody says.
const PARALLEL: usize = 10;
/// Operations at once at most.
const PARALLEL_MAX: usize = 100;

/// What is to be done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Batch {
    operations: Vec<Operation>,
    /// `parallel` when left out; `failfast` starts nothing more after a failure
    #[serde(default)]
    mode: Mode,
    /// 1 to 100; 10 when left out
    #[serde(default = "parallel")]
    max_parallel: usize,
}

const fn parallel() -> usize {
    PARALLEL
}

/// One call of a tool.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    pub id: String,
    /// A memory tool
    pub tool: String,
    /// `"$ops.ID.result.episode_id"` is taken from an earlier result
    #[serde(default)]
    pub arguments: JsonObject,
    #[serde(default)]
    pub depends_on: Vec<String>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    #[default]
    Parallel,
    Sequential,
    Failfast,
}

#[derive(Serialize, JsonSchema)]
struct Batched {
    /// In the order of the operations.
    results: Vec<Ended>,
    total_duration_ms: f64,
    success_count: usize,
    failure_count: usize,
    /// Those that were not tried, as something before them failed.
    skipped_count: usize,
}

#[derive(Serialize, JsonSchema)]
struct Ended {
    id: String,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Wrong>,
    duration_ms: f64,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Wrong {
    code: &'static str,
    message: String,
}

/// What an operation came to.
enum End {
    Success(Value, Duration),
    Failure(Wrong, Duration),
    Skipped(String),
}

/// The tool.
pub fn tools() -> Vec<MemoryTool> {
    vec![MemoryTool::of_service(
        NAME,
        "Call several memory tools at once; later ones can use earlier results",
        Effect::Anything,
        execute,
    )]
}

async fn execute(service: Service, batch: Batch) -> Result<Batched, Error> {
    let began = Instant::now();
    if !(1..=PARALLEL_MAX).contains(&batch.max_parallel) {
        return Err(Error::Invalid(format!(
            "max_parallel is {}; send a number from 1 to {PARALLEL_MAX}",
            batch.max_parallel
        )));
    }
    if batch.operations.is_empty() || batch.operations.len() > OPERATIONS_MAX {
        return Err(Error::Limit(format!(
            "operations has {} operations; send 1 to {OPERATIONS_MAX}",
            batch.operations.len()
        )));
    }
    let plan = Plan::of(&batch.operations)?;
    let ends = run(&service, &batch, plan).await;
    let results: Vec<Ended> = batch
        .operations
        .into_iter()
        .zip(ends)
        .map(|(operation, end)| ended(operation.id, end))
        .collect();
    let success_count = results.iter().filter(|end| end.success).count();
    let is_skipped = |end: &&Ended| {
        end.error
            .as_ref()
            .is_some_and(|error| error.code == SKIPPED)
    };
    let skipped_count = results.iter().filter(is_skipped).count();
    Ok(Batched {
        failure_count: results.len() - success_count - skipped_count,
        success_count,
        skipped_count,
        results,
        total_duration_ms: began.elapsed().as_secs_f64() * 1e3,
    })
}

const SKIPPED: &str = "skipped";

fn ended(id: String, end: Option<End>) -> Ended {
    let (result, error, took) = match end {
        Some(End::Success(result, took)) => (Some(result), None, took),
        Some(End::Failure(wrong, took)) => (None, Some(wrong), took),
        Some(End::Skipped(message)) => {
            let code = SKIPPED;
            (None, Some(Wrong { code, message }), Duration::ZERO)
        }
        None => {
            let message = "a failure before it ended the batch".to_owned();
            let code = SKIPPED;
            (None, Some(Wrong { code, message }), Duration::ZERO)
        }
    };
    Ended {
        id,
        success: error.is_none(),
        result,
        error,
        duration_ms: took.as_secs_f64() * 1e3,
    }
}

/// What each operation came to, in their order; nothing where it was never begun.
async fn run(service: &Service, batch: &Batch, mut plan: Plan) -> Vec<Option<End>> {
    let operations = &batch.operations;
    let mut ends: Vec<Option<End>> = operations.iter().map(|_| None).collect();
    let mut results: HashMap<&str, Value> = HashMap::new();
    let mut running = FuturesUnordered::new();
    let at_once = match batch.mode {
        Mode::Sequential => 1,
        Mode::Parallel | Mode::Failfast => batch.max_parallel,
    };
    let mut is_over = false;
    loop {
        while !is_over && running.len() < at_once {
            let Some(at) = plan.next() else { break };
            let Some(operation) = operations.get(at) else {
                break;
            };
            // What it refers to has ended: it depends on it.
            let arguments = references::resolved(&operation.arguments, &results);
            running.push(async move {
                let began = Instant::now();
                let answer = match arguments {
                    Ok(arguments) => one(service, &operation.tool, arguments).await,
                    Err(why) => Err(Failure::Arguments(why)),
                };
                (at, answer, began.elapsed())
            });
        }
        let Some((at, answer, took)) = running.next().await else {
            return ends;
        };
        let end = match answer {
            Ok(result) => {
                if let Some(operation) = operations.get(at) {
                    results.insert(&operation.id, result.clone());
                }
                plan.succeeded(at);
                End::Success(result, took)
            }
            Err(failure) => {
                is_over |= batch.mode == Mode::Failfast;
                for (dependent, on) in plan.failed(at) {
                    let name = operations.get(on).map_or("", |one| &one.id);
                    let why = format!("`{name}`, which it depends on, did not succeed");
                    if let Some(end) = ends.get_mut(dependent) {
                        *end = Some(End::Skipped(why));
                    }
                }
                let code = failure.code().as_str();
                let message = failure.to_string();
                End::Failure(Wrong { code, message }, took)
            }
        };
        if let Some(place) = ends.get_mut(at) {
            *place = Some(end);
        }
    }
}

async fn one(service: &Service, tool: &str, arguments: JsonObject) -> Result<Value, Failure> {
    if tool == NAME {
        return Err(Failure::Arguments(
            "a batch has no batches in it; send its operations in this one".to_owned(),
        ));
    }
    match registry::find(tool) {
        Some(found) => found.call(service, Value::Object(arguments)).await,
        None => Err(Failure::Memory(Error::NotFound {
            what: "memory tool",
            id: tool.chars().take(60).collect(),
            instead: "take one that search_tools finds",
        })),
    }
}

/// The same by its method, where a failure is one of the protocol.
pub async fn by_method(service: &Service, mut params: Value) -> Result<Value, Failure> {
    if let Value::Object(sent) = &mut params {
        // The protocol's own, beside what is asked.
        sent.remove("_meta");
    } else {
        params = Value::Object(JsonObject::new());
    }
    match registry::find(NAME) {
        Some(tool) => tool.call(service, params).await,
        None => Err(Failure::Arguments("there are no batches".to_owned())),
    }
}

/// Whether the caller could have known better.
pub fn is_callers(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::InvalidInput
            | ErrorCode::LimitExceeded
            | ErrorCode::NotFound
            | ErrorCode::Conflict
    )
}
