//! Places and the queue in front of them, in all and for each session.

use std::future::Future;
use std::time::Duration;

use vesicle_sandbox::{Config, ExecuteError, Execution, Outcome, Sandbox};

use crate::support::{cache_dir, execution, isolation, success};

/// Longer than a short program takes on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);
const HANGING: &str = "await new Promise(done => setTimeout(done, 1e6))";

async fn sandbox(concurrency_max: u32, session_concurrency_max: u32, queue_max: u32) -> Sandbox {
    let config = Config {
        cache_dir: Some(cache_dir()),
        concurrency_max,
        session_concurrency_max: Some(session_concurrency_max),
        queue_max: Some(queue_max),
        isolation: isolation(),
        ..Config::default()
    };
    Sandbox::new(config).await.expect("the sandbox starts")
}

fn of(session: &str, code: &str) -> Execution {
    Execution {
        session: Some(session.into()),
        ..execution(code)
    }
}

type Executed = Result<Outcome, ExecuteError>;

/// An execution that runs, or waits, and is not over.
async fn begun(sandbox: &Sandbox, execution: Execution) -> impl Future<Output = Executed> + Unpin {
    let sandbox = sandbox.clone();
    let mut running = Box::pin(async move { sandbox.execute(execution).await });
    let over = tokio::time::timeout(Duration::from_millis(50), &mut running).await;
    assert!(over.is_err(), "it is over: {over:?}");
    running
}

async fn runs(sandbox: &Sandbox, execution: Execution) {
    let executed = tokio::time::timeout(PATIENCE, sandbox.execute(execution)).await;
    let outcome = executed
        .expect("it waits for ever")
        .expect("there is a place");
    assert_eq!(success(outcome).get(), "1");
}

fn busy(executed: Executed) -> String {
    match executed {
        Err(error @ ExecuteError::Busy { .. }) => error.to_string(),
        other => panic!("not busy: {other:?}"),
    }
}

#[tokio::test]
async fn a_full_queue_answers_at_once() {
    let sandbox = sandbox(1, 1, 2).await;
    let running = begun(&sandbox, execution(HANGING)).await;
    let first = begun(&sandbox, execution("return 1")).await;
    let second = begun(&sandbox, execution("return 1")).await;
    let refused = sandbox.execute(execution("return 1")).await;
    // None has ended yet, so that the time is a guess.
    insta::assert_snapshot!(busy(refused), @"the sandbox is busy, with 1 running and 2 waiting; try again in 300 ms");

    // Whoever leaves the queue leaves a place in it.
    drop(first);
    let third = begun(&sandbox, execution("return 1")).await;
    busy(sandbox.execute(execution("return 1")).await);
    drop(running);
    for waited in [second.await, third.await] {
        assert_eq!(success(waited.unwrap()).get(), "1");
    }
    runs(&sandbox, execution("return 1")).await;
}

#[tokio::test]
async fn no_queue_at_all() {
    let sandbox = sandbox(1, 1, 0).await;
    let running = begun(&sandbox, execution(HANGING)).await;
    busy(sandbox.execute(execution("return 1")).await);
    drop(running);
    runs(&sandbox, execution("return 1")).await;
}

#[tokio::test]
async fn the_time_to_come_back_is_that_of_recent_executions() {
    let sandbox = sandbox(1, 1, 0).await;
    for _ in 0..60 {
        runs(&sandbox, execution("return 1")).await;
    }
    let _running = begun(&sandbox, execution(HANGING)).await;
    let Err(ExecuteError::Busy { retry_after_ms, .. }) =
        sandbox.execute(execution("return 1")).await
    else {
        panic!("not busy");
    };
    assert!((1..100).contains(&retry_after_ms), "{retry_after_ms}");
}

#[tokio::test]
async fn a_session_has_its_own_places() {
    let sandbox = sandbox(4, 2, 8).await;
    let mut of_a = Vec::new();
    for _ in 0..2 {
        of_a.push(begun(&sandbox, of("a", HANGING)).await);
    }
    // There are places, and none for this session.
    let waiting = begun(&sandbox, of("a", "return 1")).await;
    runs(&sandbox, of("b", "return 1")).await;
    runs(&sandbox, execution("return 1")).await;
    of_a.pop();
    assert_eq!(success(waiting.await.unwrap()).get(), "1");
}

/// A quarter of the queue: two of eight.
#[tokio::test]
async fn a_session_does_not_fill_the_queue() {
    let sandbox = sandbox(4, 1, 8).await;
    let running = begun(&sandbox, of("a", HANGING)).await;
    let first = begun(&sandbox, of("a", "return 1")).await;
    let second = begun(&sandbox, of("a", "return 1")).await;
    let refused = sandbox.execute(of("a", "return 1")).await;
    insta::assert_snapshot!(busy(refused), @"this session is busy, with 1 running and 2 waiting; try again in 300 ms");
    runs(&sandbox, of("b", "return 1")).await;

    drop(running);
    for waited in [first.await, second.await] {
        assert_eq!(success(waited.unwrap()).get(), "1");
    }
    runs(&sandbox, of("a", "return 1")).await;
}

/// A quarter of all places, unless the configuration says otherwise.
#[tokio::test]
async fn a_session_has_a_quarter_by_default() {
    let sandbox = Sandbox::new(Config {
        cache_dir: Some(cache_dir()),
        concurrency_max: 8,
        isolation: isolation(),
        ..Config::default()
    })
    .await
    .unwrap();
    let _first = begun(&sandbox, of("a", HANGING)).await;
    runs(&sandbox, of("a", "return 1")).await;
    let _second = begun(&sandbox, of("a", HANGING)).await;
    let _waiting = begun(&sandbox, of("a", "return 1")).await;
    runs(&sandbox, of("b", "return 1")).await;
}
