//! `memory`, over an implementation of the test's own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use vesicle_sandbox::{CapabilityError, Execution, Memories, MemoryOperation};

use crate::support::{execute, success};

/// Answers with what it was asked, and refuses to write.
#[derive(Default)]
struct Echo {
    asked: Mutex<Vec<&'static str>>,
}

#[async_trait]
impl Memories for Echo {
    async fn ask(
        &self,
        operation: MemoryOperation,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        self.asked.lock().unwrap().push(operation.name());
        // As a store on disk would.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        if operation.is_writing() {
            return Err(CapabilityError::Denied("reading only".to_owned()));
        }
        Ok(to_raw_value(&json!([operation.name(), arguments])).unwrap())
    }
}

fn execution(code: &str) -> (Execution, Arc<Echo>) {
    let echo = Arc::new(Echo::default());
    let execution = Execution {
        code: code.to_owned(),
        memories: echo.clone(),
        ..Execution::default()
    };
    (execution, echo)
}

async fn output(execution: Execution) -> Value {
    serde_json::from_str(success(execute(execution).await).get()).unwrap()
}

#[tokio::test]
async fn what_is_asked_arrives_with_its_arguments() {
    let (execution, _) = execution(
        "const answers = await Promise.all([
            memory.query('flaky test'),
            memory.query({ query: 'x', domain: 'web', limit: 2 }),
            memory.similar('id', { limit: 3 }),
            memory.patterns('login'),
            memory.recommend({ task_description: 'repair', max_steps: 2 }),
            memory.episode('id'),
        ]);
        return answers",
    );
    let answers = output(execution).await;
    assert_eq!(
        answers,
        json!([
            ["query", {"query": "flaky test"}],
            ["query", {"query": "x", "domain": "web", "limit": 2}],
            ["similar", {"limit": 3, "episode_id": "id"}],
            ["patterns", {"query": "login"}],
            ["recommend", {"task_description": "repair", "max_steps": 2}],
            ["episode", {"episode_id": "id"}],
        ])
    );
}

#[tokio::test]
async fn refusals_are_errors_with_a_code() {
    let (execution, echo) = execution(
        "const told = async (ask) => { try { await ask(); return 'no error' } catch (e) { return [e.name, e.code, e instanceof MemoryError] } };
        return [
            await told(() => memory.record.start({ task_description: 'x' })),
            await told(() => memory.record.step('id', { step_number: 1 })),
            await told(() => memory.record.complete('id', {})),
            await told(() => memory.query(5)),
            await told(() => memory.record.start('x')),
            await told(() => memory.query({ query: 1n })),
        ]",
    );
    let told = output(execution).await;
    let denied = json!(["MemoryError", "denied", true]);
    let invalid = json!(["MemoryError", "invalid_input", true]);
    assert_eq!(
        told,
        json!([denied, denied, denied, invalid, invalid, invalid])
    );
    let asked = echo.asked.lock().unwrap().clone();
    assert_eq!(asked, ["record.start", "record.step", "record.complete"]);
}

#[tokio::test]
async fn without_a_grant_every_call_is_denied() {
    let execution = Execution {
        code: "return memory.query('x').catch(error => [error.code, error.message])".to_owned(),
        ..Execution::default()
    };
    let told = output(execution).await;
    assert_eq!(
        told,
        json!([
            "denied",
            "no memory of past work is granted to this code, so `memory.query` does nothing"
        ])
    );
}
