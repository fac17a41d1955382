//! What a sandbox tells of itself: where the time of an execution went, and how much is in use.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use vesicle_sandbox::{
    CapabilityError, Config, Execution, InUse, Outcome, Sandbox, Tool, ToolCall,
};

use crate::support::{cache_dir, execution, isolation, sandbox_for};

/// How long the tool `slow` takes.
const SLOW: Duration = Duration::from_millis(50);

/// Tools of which one takes its time, one never answers, and none else is granted.
#[derive(Default)]
struct Tools {
    asked: Notify,
}

#[async_trait]
impl ToolCall for Tools {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Err(CapabilityError::NotFound(name.to_owned()))
    }

    async fn call(&self, name: &str, _: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        match name {
            "test.slow" => tokio::time::sleep(SLOW).await,
            "test.never" => {
                self.asked.notify_one();
                std::future::pending::<()>().await;
            }
            _ => return Err(CapabilityError::Denied(name.to_owned())),
        }
        Ok(RawValue::NULL.to_owned())
    }
}

fn program(code: &str, tools: &Arc<Tools>) -> Execution {
    Execution {
        tools: tools.clone(),
        ..execution(code)
    }
}

#[tokio::test]
async fn the_time_of_host_calls_is_told_and_no_other() {
    let sandbox = sandbox_for(1).await;
    let run = async |code: &str| {
        let outcome = sandbox.execute(program(code, &Arc::default())).await;
        let outcome = outcome.unwrap();
        let Outcome::Success {
            execution_time_us, ..
        } = &outcome
        else {
            panic!("{outcome:?}");
        };
        let all = Duration::from_micros(*execution_time_us);
        (outcome.resources().phases.host_calls, all)
    };
    let (waited, _) = run("await new Promise((done) => setTimeout(done, 20)); return 1").await;
    assert_eq!(waited, Duration::ZERO);
    let ten = "await Promise.all(Array.from({ length: 10 }, () => tools.test.slow({})))";
    let (waited, all) = run(ten).await;
    // Beside each other they count once.
    assert!(waited >= SLOW && waited <= all, "{waited:?} of {all:?}");
    let (waited, _) = run("await tools.test.slow({}); await tools.test.slow({})").await;
    assert!(waited >= 2 * SLOW, "{waited:?}");
}

#[tokio::test]
async fn who_is_stopped_in_a_call_waited_for_it() {
    let mut execution = program("await tools.test.never({})", &Arc::default());
    // Most of it is for a machine that has other work when the program starts.
    execution.limits.wall_time = 20 * SLOW;
    let outcome = sandbox_for(1).await.execute(execution).await.unwrap();
    let waited = outcome.resources().phases.host_calls;
    assert!(matches!(outcome, Outcome::Timeout { .. }), "{outcome:?}");
    assert!(waited >= SLOW, "{waited:?}");
}

#[tokio::test]
async fn calls_that_were_denied_are_counted() {
    let code = "for (const name of ['a', 'b']) await tools.test[name]({}).catch(() => {});
                await tools.describe('test.slow').catch(() => {})";
    let outcome = sandbox_for(1)
        .await
        .execute(program(code, &Arc::default()))
        .await;
    assert_eq!(outcome.unwrap().resources().denied, 2);
}

#[tokio::test]
async fn what_is_in_use_is_told() {
    let config = Config {
        cache_dir: Some(cache_dir()),
        concurrency_max: 1,
        queue_max: Some(5),
        isolation: isolation(),
        ..Config::default()
    };
    let sandbox = Sandbox::new(config).await.unwrap();
    let used = |used, total| InUse { used, total };
    let before = sandbox.usage();
    assert_eq!(before.programs.running, used(0, 1));
    assert_eq!(before.programs.waiting, used(0, 5));
    assert_eq!(before.pool.used, 0);
    assert!(before.nested.running.total > 0 && before.pool.total > 1);
    // The engine was found or compiled.
    let compiled = before.compiled;
    assert_eq!(compiled.memory + compiled.disk + compiled.missed, 1);

    let tools = Arc::new(Tools::default());
    let running = tokio::spawn({
        let (sandbox, program) = (
            sandbox.clone(),
            program("await tools.test.never({})", &tools),
        );
        async move { sandbox.execute(program).await }
    });
    tools.asked.notified().await;
    let waiting = sandbox.execute(execution("return 1"));
    tokio::pin!(waiting);
    let polled = tokio::time::timeout(Duration::ZERO, &mut waiting).await;
    assert!(polled.is_err());
    let usage = sandbox.usage();
    assert_eq!(usage.programs.running, used(1, 1));
    assert_eq!(usage.programs.waiting, used(1, 5));
    assert_eq!(usage.pool.used, 1);
    running.abort();
    waiting.await.unwrap();
    let after = sandbox.usage();
    assert_eq!((after.programs, after.pool.used), (before.programs, 0));
}
