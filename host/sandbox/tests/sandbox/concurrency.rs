//! Many executions: at once, in a row, and in a queue.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use vesicle_sandbox::{
    CapabilityError, Execution, NESTED_DEPTH_MAX, Outcome, Sandbox, Tool, ToolCall,
};

use crate::support::{execution, output_text, sandbox, sandbox_for, success, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_once() {
    let mut running = tokio::task::JoinSet::new();
    for n in 0..100 {
        running.spawn(async move {
            let code = format!(
                "await new Promise(done => setTimeout(done, {})); return {n} * 2",
                n % 5
            );
            (n, output_text(&code).await)
        });
    }
    for (n, output) in running.join_all().await {
        assert_eq!(output, (n * 2).to_string());
    }
}

#[tokio::test]
async fn two_thousand_in_a_row() {
    let sandbox = sandbox().await;
    for n in 0..2_000 {
        let outcome = sandbox
            .execute(execution(format!("return {n} + 1")))
            .await
            .unwrap();
        assert_eq!(success(outcome).get(), (n + 1).to_string());
    }
}

/// All are alive at the same time: each holds its memory until the last has come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_alive_at_once() {
    let sandbox = sandbox().await;
    let mut running = tokio::task::JoinSet::new();
    for n in 0..500 {
        let sandbox = sandbox.clone();
        running.spawn(async move {
            let code = format!("const mine = {{ n: {n} }}; await new Promise(done => setTimeout(done, 300)); return mine.n");
            (n, success(sandbox.execute(execution(code)).await.unwrap()))
        });
    }
    for (n, output) in running.join_all().await {
        assert_eq!(output.get(), n.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_there_is_room_for_wait_for_their_turn() {
    let sandbox = sandbox_for(2).await;
    let mut running = tokio::task::JoinSet::new();
    for n in 0..10 {
        let sandbox = sandbox.clone();
        running.spawn(async move {
            let code = format!("await new Promise(done => setTimeout(done, 5)); return {n}");
            (
                n,
                sandbox
                    .execute(execution(code))
                    .await
                    .expect("there is a place at last"),
            )
        });
    }
    for (n, outcome) in running.join_all().await {
        assert_eq!(success(outcome).get(), n.to_string());
    }
}

/// The time in the queue is not the program's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_turn_does_not_count() {
    let sandbox = sandbox_for(1).await;
    let first = tokio::spawn({
        let sandbox = sandbox.clone();
        async move {
            sandbox
                .execute(execution(
                    "await new Promise(done => setTimeout(done, 1500)); return 1",
                ))
                .await
        }
    });
    let mut hurried = execution("return 2");
    hurried.limits.wall_time = Duration::from_millis(1000);
    let second = sandbox.execute(hurried).await.unwrap();
    assert_eq!(success(second).get(), "2");
    assert!(first.await.unwrap().unwrap().is_success());
}

/// On one thread, next to guests that never let go by themselves.
#[tokio::test]
async fn guests_that_spin_do_not_keep_others_from_running() {
    let sandbox = sandbox().await;
    let mut spinning = tokio::task::JoinSet::new();
    for code in [
        "for (;;);",
        "/^(a+)+$/.test('a'.repeat(60) + 'b')",
        "for (;;) JSON.stringify(new Array(1e4).fill({}))",
    ] {
        let sandbox = sandbox.clone();
        // Longer than the others can take: they are over while these go on.
        spinning.spawn(async move { sandbox.execute(execution(code)).await });
    }
    tokio::task::yield_now().await;
    for n in 0..20 {
        let outcome = sandbox
            .execute(execution(format!("return {n}")))
            .await
            .unwrap();
        assert_eq!(success(outcome).get(), n.to_string());
    }
    assert!(spinning.try_join_next().is_none(), "they spin still");
    spinning.shutdown().await;
}

/// Whoever embeds the sandbox may poll an execution for a while, and then neither poll nor drop it.
#[tokio::test]
async fn guests_that_nobody_polls_do_not_keep_others_from_computing() {
    let sandbox = sandbox_for(32).await;
    let mut left = Vec::new();
    for _ in 0..16 {
        let sandbox = sandbox.clone();
        let mut spinning = Box::pin(async move { sandbox.execute(execution("for (;;);")).await });
        let polled = tokio::time::timeout(Duration::from_millis(20), &mut spinning).await;
        assert!(polled.is_err(), "{polled:?}");
        left.push(spinning);
    }
    let code =
        "const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(25)";
    let executing = sandbox.execute(execution(code));
    let executed = tokio::time::timeout(Duration::from_secs(30), executing).await;
    let outcome = executed.expect("it waits for a turn that nobody passes on");
    assert_eq!(success(outcome.unwrap()).get(), "75025");
    // The lost turns come back, and it goes on.
    drop(left);
    for _ in 0..5 {
        let outcome = sandbox.execute(execution(code)).await.unwrap();
        assert_eq!(success(outcome).get(), "75025");
    }
}

/// Executions that are dropped at any moment leave their places free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executions_that_are_dropped_leave_nothing_behind() {
    let sandbox = sandbox_for(4).await;
    for round in 0..100_u64 {
        let code = match round % 4 {
            0 => "for (;;);",
            1 => "await new Promise(done => setTimeout(done, 1e6))",
            2 => "const a = []; for (;;) a.push({})",
            _ => "return 1",
        };
        let dropped = tokio::time::timeout(
            Duration::from_micros(round * 37),
            sandbox.execute(execution(code)),
        )
        .await;
        if let Ok(executed) = dropped {
            let outcome = executed.expect("the host does not fail");
            assert!(
                matches!(outcome, Outcome::Success { .. } | Outcome::Error { .. }),
                "{}",
                told(&outcome)
            );
        }
    }
    let mut running = tokio::task::JoinSet::new();
    for n in 0..16 {
        let sandbox = sandbox.clone();
        running.spawn(async move {
            (
                n,
                sandbox
                    .execute(execution(format!("return {n}")))
                    .await
                    .unwrap(),
            )
        });
    }
    for (n, outcome) in running.join_all().await {
        assert_eq!(success(outcome).get(), n.to_string());
    }
}

#[tokio::test]
async fn clones_share_their_places() {
    let sandbox = sandbox_for(1).await;
    let clone = sandbox.clone();
    let mut first = Box::pin(sandbox.execute(execution(
        "await new Promise(() => setTimeout(() => {}, 1e6))",
    )));
    // It runs, and has the only place.
    let running = tokio::time::timeout(Duration::from_millis(100), &mut first).await;
    assert!(running.is_err());
    let mut second = Box::pin(clone.execute(execution("return 'second'")));
    let waiting = tokio::time::timeout(Duration::from_millis(100), &mut second).await;
    assert!(waiting.is_err(), "there was a second place");
    drop(first);
    assert_eq!(success(second.await.unwrap()).get(), r#""second""#);
}

/// Tools that run the same program again, one deeper, until they cannot.
struct Deeper(Sandbox);

#[async_trait]
impl ToolCall for Deeper {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Err(CapabilityError::NotFound(name.to_owned()))
    }

    async fn call(&self, _: &str, _: &RawValue) -> Result<Box<RawValue>, CapabilityError> {
        let Some(nested) = self.0.nested() else {
            return Ok(RawValue::from_string("0".to_owned()).unwrap());
        };
        let outcome = nested.execute(deeper(nested.clone())).await;
        Ok(success(outcome.unwrap()))
    }
}

fn deeper(sandbox: Sandbox) -> Execution {
    Execution {
        tools: Arc::new(Deeper(sandbox)),
        ..execution(
            "const two = await Promise.all([tools.a.b(), tools.a.b()]); return two[0] + 1"
                .to_owned(),
        )
    }
}

/// Where there is one place, and whoever has it waits for others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_wait_do_not_keep_out_those_whom_they_wait_for() {
    let sandbox = sandbox_for(1).await;
    let outcome = sandbox.execute(deeper(sandbox.clone())).await.unwrap();
    let depth = (NESTED_DEPTH_MAX + 1).to_string();
    assert_eq!(success(outcome).get(), depth);
}
