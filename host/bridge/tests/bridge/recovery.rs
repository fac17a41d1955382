//! Servers that end in the middle of things.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use vesicle_bridge::{ErrorCode, State};

use crate::support::{
    PATIENCE, bridge, call, raw, script, status, until, until_state, value, with,
};

fn kill(pid: u64) {
    kill_process(
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(),
        Signal::KILL,
    )
    .unwrap();
}

/// The process that has this argument.
fn process_with(argument: &str) -> Option<u64> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .find(|pid: &u64| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0)
                .any(|part| part == argument.as_bytes())
        })
}

/// Before it has read anything, while it starts and greets, while it works on calls, and while nothing is there but the
/// wait for the next try: calls are made all the time, and kills come at times that hit all of that.
#[tokio::test]
async fn a_server_that_is_killed_at_any_moment_is_a_typed_error_and_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("mark").display().to_string();
    let bridge = bridge([script("raw", "raw.py", &[&mark])]);
    let callers = ["echo", "uncounted"].map(|tool| {
        let bridge = bridge.clone();
        tokio::spawn(async move {
            let mut outcomes = Vec::new();
            let arguments = match tool {
                "echo" => json!({"text": "x"}),
                _ => json!({"key": "x"}),
            };
            loop {
                match call(&bridge, &format!("raw.{tool}"), arguments.clone()).await {
                    // The rate ends this, long after the last kill.
                    Err(error) if error.code == ErrorCode::RateLimited => return outcomes,
                    outcome => outcomes.push(outcome.map(drop)),
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        })
    });
    for delay_ms in [0, 10, 50, 150, 1_000] {
        until("it is started", || process_with(&mark).is_some()).await;
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        kill(process_with(&mark).unwrap());
        until("it is gone", || process_with(&mark).is_none()).await;
    }
    until_state(&bridge, "raw", State::Ready).await;
    assert_eq!(
        value(&bridge, "raw.echo", json!({"text": "back"})).await,
        "back"
    );
    for caller in callers {
        let outcomes = caller.await.unwrap();
        let failed: Vec<_> = outcomes.iter().filter_map(|o| o.as_ref().err()).collect();
        assert!(outcomes.last().unwrap().is_ok(), "{failed:?}");
        for error in failed {
            assert!(
                error.code == ErrorCode::Unavailable && error.retry_after_ms.is_some(),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_leaves_pings_unanswered_is_started_again_unless_it_works() {
    let deaf = with(script("deaf", "hostile.py", &["deaf"]), |policy| {
        policy.ping_interval = Duration::from_millis(300);
    });
    let bridge = bridge([deaf]);
    // The call takes longer than three pings and their waits.
    assert_eq!(value(&bridge, "deaf.t", json!({})).await, "fine");
    assert_eq!(status(&bridge, "deaf").connections, 1);
    until("it is given up", || {
        status(&bridge, "deaf").connections == 2
    })
    .await;
    let error = status(&bridge, "deaf").last_error.unwrap();
    assert!(error.contains("left 3 pings without an answer"), "{error}");
    // One that answers is left alone.
    let good = with(raw("raw"), |policy| {
        policy.ping_interval = Duration::from_millis(300);
    });
    let bridge = crate::support::bridge([good]);
    until_state(&bridge, "raw", State::Ready).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(status(&bridge, "raw").connections, 1);
}

#[tokio::test]
async fn a_killed_server_is_started_again_and_the_next_call_waits_for_it() {
    let bridge = bridge([raw("raw"), raw("other")]);
    for round in 1..=3 {
        let pid = value(&bridge, "raw.process", json!({})).await["pid"]
            .as_u64()
            .unwrap();
        assert_eq!(status(&bridge, "raw").connections, round);
        kill(pid);
        // It may be written to before its end is noticed; this one may be called again then.
        assert_eq!(
            value(&bridge, "raw.echo", json!({"text": round.to_string()})).await,
            round.to_string()
        );
        let next = value(&bridge, "raw.process", json!({})).await["pid"]
            .as_u64()
            .unwrap();
        assert_ne!(pid, next);
    }
    assert_eq!(status(&bridge, "other").connections.max(1), 1);
}

#[tokio::test]
async fn a_call_that_was_at_the_server_is_told_so() {
    let bridge = bridge([raw("raw")]);
    let error = call(&bridge, "raw.exit", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(
        error.message.contains("may have been done") && error.retry_after_ms.is_some(),
        "{error}"
    );
    assert_eq!(
        value(&bridge, "raw.echo", json!({"text": "back"})).await,
        "back"
    );
    let status = status(&bridge, "raw");
    assert!(status.last_error.unwrap().contains("exit status: 3"));
    assert_eq!((status.state, status.connections), (State::Ready, 2));
}

#[tokio::test]
async fn only_calls_that_may_be_repeated_are() {
    let directory = tempfile::tempdir().unwrap();
    let state = |name: &str| directory.path().join(name).display().to_string();
    let bridge = bridge([
        script("safe", "raw.py", &[&state("safe")]),
        script("unsafe", "raw.py", &[&state("unsafe")]),
    ]);
    let reply = call(&bridge, "safe.flaky", json!({})).await.unwrap();
    assert_eq!((reply.value.get(), reply.attempts), ("\"recovered\"", 2));
    assert_eq!(bridge.metrics()["safe"].tools["flaky"].retries, 1);
    let error = call(&bridge, "unsafe.flaky_once_only", json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert_eq!(
        value(&bridge, "unsafe.flaky_once_only", json!({})).await,
        "recovered"
    );
}

#[tokio::test]
async fn a_server_that_does_not_start_is_tried_less_and_less_often() {
    let bridge = bridge([script("crash", "hostile.py", &["crash"])]);
    let mut waits = Vec::new();
    while waits.len() < 4 {
        until("it is down", || {
            status(&bridge, "crash").state == State::Down
        })
        .await;
        waits.push(status(&bridge, "crash").retry_after_ms.unwrap());
        until("it is tried again", || {
            status(&bridge, "crash").state == State::Starting
        })
        .await;
    }
    // 0.2, 0.4, 0.8 and 1.6 s, and up to as much again; part of each may have passed before we looked.
    assert!(
        waits[0] <= 400 && waits[3] > 1_000 && waits[3] <= 3_200,
        "{waits:?}"
    );
    until("it is down", || {
        status(&bridge, "crash").state == State::Down
    })
    .await;
    let error = status(&bridge, "crash").last_error.unwrap();
    assert!(
        error.contains("no licence key") && error.contains("exit status: 1"),
        "{error}"
    );
    assert_eq!(status(&bridge, "crash").stderr, ["Error: no licence key"]);
}

#[tokio::test]
async fn calls_of_a_server_that_is_down_are_refused_at_once_or_wait_as_long_as_they_may() {
    let missing = crate::support::server("missing", json!({"command": "/nonexistent/program"}));
    let bridge = bridge([crate::support::with(missing, |policy| {
        policy.wait = Duration::from_millis(300)
    })]);
    bridge.settled(PATIENCE).await;
    let error = call(&bridge, "missing.t", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(
        error
            .message
            .contains("the program `/nonexistent/program` was not found: install it"),
        "{error}"
    );
    assert!(error.retry_after_ms.is_some());
}
