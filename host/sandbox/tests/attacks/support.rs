//! Sandboxes, tools, and the turn that each test waits for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::{Mutex, MutexGuard};
use vesicle_sandbox::{CapabilityError, Config, Execution, Limits, Sandbox, Tool, ToolCall};

static TURN: Mutex<()> = Mutex::const_new(());

/// Waits until no other test of this binary runs.
pub async fn alone() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

/// A sandbox with so many places and no queue: a place that is not back is missed at once.
pub async fn sandbox_without_queue(concurrency_max: u32) -> Sandbox {
    let config = Config {
        cache_dir: Some(cache_dir()),
        concurrency_max,
        queue_max: Some(0),
        ..Config::default()
    };
    Sandbox::new(config).await.expect("the sandbox starts")
}

/// Where compiled components are kept from one run to the next.
pub fn cache_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vesicle-sandbox-cache")
}

/// A whole processor and much time.
pub fn limits() -> Limits {
    Limits {
        wall_time: Duration::from_secs(30),
        cpu_percent: 100,
        ..Limits::default()
    }
}

/// This code with the tests' tools, a whole processor and much time.
pub fn execution(code: impl Into<String>) -> Execution {
    Execution {
        code: code.into(),
        limits: limits(),
        tools: Arc::new(TestTools),
        ..Execution::default()
    }
}

/// What programs call as `tools.test.…`.
pub struct TestTools;

fn tool(name: &str) -> Tool {
    Tool {
        name: format!("test.{name}"),
        description: format!("the tool \"{name}\""),
        input_schema: to_raw_value(&json!({ "type": "object" })).unwrap(),
        output_schema: None,
    }
}

#[async_trait]
impl ToolCall for TestTools {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let found = ["echo", "said", "hang"].into_iter();
        let found = found.filter(|name| name.contains(query));
        Ok(found.take(limit).map(tool).collect())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        match name {
            "test.echo" | "test.said" => Ok(tool(name.trim_start_matches("test."))),
            _ => Err(CapabilityError::NotFound(format!("no tool `{name}`"))),
        }
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        // Whatever a guest does, the host gets an object, and one that any reader reads.
        let read: serde_json::Value = serde_json::from_str(arguments.get()).unwrap();
        assert!(read.is_object(), "{name}: {arguments}");
        let result = match name {
            // What it was called with.
            "test.echo" => return Ok(arguments.to_owned()),
            // The text that it was called with.
            "test.said" => json!(arguments.get()),
            "test.bytes" => json!("x".repeat(read["n"].as_u64().unwrap_or(2) as usize - 2)),
            "test.hang" => std::future::pending().await,
            "test.fail" => return Err(CapabilityError::Failed("it failed".to_owned())),
            _ => return Err(CapabilityError::NotFound(format!("no tool `{name}`"))),
        };
        Ok(to_raw_value(&result).unwrap())
    }
}
