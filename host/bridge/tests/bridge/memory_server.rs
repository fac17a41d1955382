//! A memory server over HTTP with a bearer token, as an agent would use it, through good times and bad.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use vesicle_bridge::{ErrorCode, Fallback, ServerConfig, State, ToolOverride};

use crate::support::{
    PATIENCE, Program, bridge, call, free_port, in_repository, python, server, status, until_state,
    value, with,
};

const TOKEN: &str = "correct-horse";

fn start(port: u16, directory: &Path) -> Program {
    let mut command = Command::new(python());
    command
        .arg(in_repository("tests/servers/memory.py"))
        .args([&port.to_string(), TOKEN])
        .arg(directory.join("memories"));
    Program::listening(&mut command, port)
}

fn memory(port: u16) -> ServerConfig {
    server(
        "memory",
        json!({"url": format!("http://127.0.0.1:{port}/mcp"), "bearer": TOKEN}),
    )
}

#[tokio::test]
async fn memories_are_stored_and_recalled() {
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let _server = start(port, directory.path());
    let bridge = bridge([with(memory(port), |policy| {
        let mut rule = ToolOverride::new("store_memory").unwrap();
        rule.calls_per_minute = Some(4);
        policy.tools.push(rule);
    })]);
    let store = |content: String, importance| {
        let arguments = json!({"content": content, "importance": importance, "tags": ["test"]});
        call(&bridge, "memory.store_memory", arguments)
    };
    store("Rust was chosen for speed".to_owned(), 0.9)
        .await
        .unwrap();
    store("Rust 2024 is the edition".to_owned(), 0.5)
        .await
        .unwrap();
    let recalled = value(
        &bridge,
        "memory.recall",
        json!({"query": "rust", "limit": 1}),
    )
    .await;
    assert_eq!(
        recalled["memories"][0]["content"],
        "Rust was chosen for speed"
    );

    // Its own limit, and ours.
    let error = store("x".repeat(2_001), 0.1).await.unwrap_err();
    assert!(
        error.code == ErrorCode::Upstream && error.message.contains("2000 are allowed"),
        "{error}"
    );
    let error = store("x".repeat(1 << 20), 0.1).await.unwrap_err();
    assert!(
        error.code == ErrorCode::InvalidInput && error.message.contains("1048576 are allowed"),
        "{error}"
    );
    let error = store("importance".to_owned(), 1e300).await;
    assert!(error.is_ok());
    let error = store("one too many".to_owned(), 0.1).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited);
    let wait = Duration::from_millis(error.retry_after_ms.unwrap());
    assert!(
        wait <= Duration::from_secs(15) + Duration::from_millis(1),
        "{wait:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_killed_and_started_again_in_mid_use() {
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = start(port, directory.path());
    let bridge = bridge([with(memory(port), |policy| {
        policy.wait = Duration::from_millis(200);
        policy.cache_ttl = Duration::from_millis(1);
        let mut rule = ToolOverride::new("recall").unwrap();
        rule.fallback = Some(Fallback::Stale);
        policy.tools.push(rule);
    })]);
    bridge.settled(PATIENCE).await;
    value(
        &bridge,
        "memory.store_memory",
        json!({"content": "before the fall"}),
    )
    .await;
    let recall = || call(&bridge, "memory.recall", json!({"query": "fall"}));
    assert!(!recall().await.unwrap().stale);

    let slow = call(&bridge, "memory.recall_slowly", json!({"query": "fall"}));
    let (slow, ()) = tokio::join!(slow, async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.kill();
    });
    assert_eq!(slow.unwrap_err().code, ErrorCode::Unavailable);
    let error = call(&bridge, "memory.store_memory", json!({"content": "lost"}))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(error.retry_after_ms.is_some(), "{error}");
    let stale = recall().await.unwrap();
    assert!(stale.stale && stale.value.get().contains("before the fall"));

    let _server = start(port, directory.path());
    until_state(&bridge, "memory", State::Ready).await;
    value(
        &bridge,
        "memory.store_memory",
        json!({"content": "after the fall"}),
    )
    .await;
    let recalled = recall().await.unwrap();
    assert!(!recalled.stale && recalled.value.get().contains("after the fall"));
    assert!(!recalled.value.get().contains("lost"));
}

#[tokio::test]
async fn a_wrong_token_is_told_and_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let _server = start(port, directory.path());
    let wrong = server(
        "memory",
        json!({"url": format!("http://127.0.0.1:{port}/mcp"), "bearer": "battery-staple"}),
    );
    let bridge = bridge([wrong]);
    bridge.settled(PATIENCE).await;
    let error = call(&bridge, "memory.recall", json!({"query": "x"}))
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(
        error.message.contains("asks for a login") && error.message.contains("`bearer`"),
        "{error}"
    );
    assert!(!format!("{bridge:?} {:?}", status(&bridge, "memory")).contains("battery-staple"));
}
