//! The memory of past work: `vesicle:plugin/memory` for engines, and `memory-query` and `memory-record`,
//! whose records become the same JSON.

use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Guest;
use super::arguments::parse;
use super::bindings::vesicle::plugin::{memory, types};
use super::calls::Answer;
use super::plugin_bindings::vesicle::plugin::{memory_query, memory_record};
use crate::{Memories, MemoryOperation};

type Outcome<T> = Result<T, types::Error>;

impl memory::Host for Guest {
    fn start(&mut self, operation: memory::Operation, arguments: String) -> Outcome<u32> {
        self.calls.budget.call(arguments.len())?;
        let arguments = parse(arguments)?;
        let asked = ask(self.memories.clone(), operation.into(), arguments);
        self.calls
            .start(Box::pin(async { Ok(Answer::Json(asked.await?)) }))
    }
}

async fn ask(
    memories: Arc<dyn Memories>,
    operation: MemoryOperation,
    arguments: Box<RawValue>,
) -> Outcome<String> {
    let answer = memories.ask(operation, &arguments).await?;
    Ok(Box::<str>::from(answer).into_string())
}

impl From<memory::Operation> for MemoryOperation {
    fn from(operation: memory::Operation) -> Self {
        use memory::Operation;
        match operation {
            Operation::Query => Self::Query,
            Operation::Similar => Self::Similar,
            Operation::Patterns => Self::Patterns,
            Operation::Recommend => Self::Recommend,
            Operation::Episode => Self::Episode,
            Operation::RecordStart => Self::RecordStart,
            Operation::RecordStep => Self::RecordStep,
            Operation::RecordComplete => Self::RecordComplete,
        }
    }
}

impl Guest {
    /// Asks, and hands the answer over within the guest's budget.
    async fn asked(&mut self, operation: MemoryOperation, arguments: Value) -> Outcome<String> {
        let arguments = arguments.to_string();
        self.calls.budget.call(arguments.len())?;
        let arguments = parse(arguments)?;
        self.calls.wait_begins();
        let answer = ask(self.memories.clone(), operation, arguments).await;
        let answer = self.calls.waited_for(answer)?;
        self.calls.budget.answer(answer.len())?;
        Ok(answer)
    }
}

fn read(answer: &str) -> Outcome<Value> {
    serde_json::from_str(answer)
        .map_err(|error| types::Error::Failed(format!("the memory's answer is no JSON: {error}")))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn filtered(filter: memory_query::Filter) -> Map<String, Value> {
    let mut members = Map::new();
    let filled = [("domain", filter.domain), ("task_type", filter.task_type)];
    for (name, value) in filled {
        members.extend(value.map(|value| (name.to_owned(), Value::from(value))));
    }
    members.insert("tags".to_owned(), filter.tags.into());
    members
}

impl memory_query::Host for Guest {
    async fn query(
        &mut self,
        query: String,
        filter: memory_query::Filter,
        limit: u32,
    ) -> Outcome<Vec<memory_query::Hit>> {
        let successful = filter.successful;
        let mut arguments = filtered(filter);
        arguments.insert("query".to_owned(), query.into());
        arguments.insert("successful".to_owned(), successful.into());
        arguments.insert("limit".to_owned(), limit.into());
        let answer = self
            .asked(MemoryOperation::Query, Value::Object(arguments))
            .await?;
        let answer = read(&answer)?;
        let hits = answer["episodes"].as_array().into_iter().flatten();
        let hits = hits.map(|hit| memory_query::Hit {
            episode_id: text(&hit["episode_id"]),
            task_description: text(&hit["task_description"]),
            relevance: hit["relevance"].as_f64().unwrap_or_default(),
            outcome: hit["outcome"]["type"].as_str().map(str::to_owned),
            why: hit["why"].to_string(),
        });
        Ok(hits.collect())
    }

    async fn patterns(
        &mut self,
        task: String,
        filter: memory_query::Filter,
        limit: u32,
    ) -> Outcome<Vec<memory_query::Pattern>> {
        let filters_domain = filter.domain.is_some();
        let mut arguments = filtered(filter);
        arguments.remove("task_type");
        arguments.insert("query".to_owned(), task.into());
        arguments.insert("limit".to_owned(), limit.into());
        arguments.insert("filter_by_domain".to_owned(), filters_domain.into());
        let answer = self
            .asked(MemoryOperation::Patterns, Value::Object(arguments))
            .await?;
        let answer = read(&answer)?;
        let patterns = answer.as_array().into_iter().flatten();
        let patterns = patterns.map(|pattern| memory_query::Pattern {
            id: text(&pattern["id"]),
            kind: text(&pattern["pattern_type"]),
            description: text(&pattern["description"]),
            success_rate: pattern["success_rate"].as_f64().unwrap_or_default(),
            occurrences: pattern["occurrence_count"]
                .as_u64()
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(u32::MAX),
        });
        Ok(patterns.collect())
    }

    async fn episode(&mut self, episode_id: String) -> Outcome<String> {
        let arguments = json!({"episode_id": episode_id});
        self.asked(MemoryOperation::Episode, arguments).await
    }
}

impl memory_record::Host for Guest {
    async fn create(&mut self, episode: memory_record::Episode) -> Outcome<String> {
        let arguments = json!({
            "task_description": episode.task_description,
            "domain": episode.domain,
            "task_type": episode.task_type,
            "tags": episode.tags,
        });
        let answer = self.asked(MemoryOperation::RecordStart, arguments).await?;
        Ok(text(&read(&answer)?["episode_id"]))
    }

    async fn add_step(&mut self, episode_id: String, step: memory_record::Step) -> Outcome<()> {
        let parameters: Value = serde_json::from_str(&step.parameters).map_err(|error| {
            types::Error::InvalidInput(format!("the parameters of the step are no JSON: {error}"))
        })?;
        let result = step.outcome.map(|result| match result {
            memory_record::StepResult::Success(output) => {
                json!({"type": "success", "output": output})
            }
            memory_record::StepResult::Error(message) => {
                json!({"type": "error", "message": message})
            }
            memory_record::StepResult::Timeout => json!({"type": "timeout"}),
        });
        let arguments = json!({
            "episode_id": episode_id,
            "step_number": step.number,
            "tool": step.tool,
            "action": step.action,
            "parameters": parameters,
            "result": result,
            "latency_ms": step.latency_ms,
        });
        self.asked(MemoryOperation::RecordStep, arguments).await?;
        Ok(())
    }

    async fn complete(
        &mut self,
        episode_id: String,
        verdict: memory_record::Verdict,
    ) -> Outcome<String> {
        let (outcome_type, sentence, said) = match verdict {
            memory_record::Verdict::Success(said) => ("success", "verdict", said),
            memory_record::Verdict::PartialSuccess(said) => ("partial_success", "verdict", said),
            memory_record::Verdict::Failure(said) => ("failure", "reason", said),
        };
        let mut arguments = json!({"episode_id": episode_id, "outcome_type": outcome_type});
        arguments[sentence] = said.into();
        self.asked(MemoryOperation::RecordComplete, arguments).await
    }
}
