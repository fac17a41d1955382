//! What is known of servers and their tools, and when.

use std::time::{Duration, Instant};

use serde_json::json;
use vesicle_bridge::{BridgeConfig, ErrorCode, Source, Start, StartError, State};

use crate::support::{
    PATIENCE, bridge, call, raw, script, start, status, until, until_state, value, with,
};

#[tokio::test]
async fn a_server_lists_all_its_pages() {
    let bridge = bridge([raw("raw")]);
    bridge.settled(PATIENCE).await;
    let catalog = bridge.catalog();
    let server = catalog.server("raw").unwrap();
    assert_eq!(server.source, Source::Server);
    assert_eq!(
        (server.title.as_deref(), server.version.as_deref()),
        (Some("raw"), Some("1.2.3"))
    );
    assert_eq!(server.instructions.as_deref(), Some("Use it for tests."));
    let names: Vec<_> = server.tools().map(|tool| tool.name()).collect();
    assert_eq!(
        (names.first(), names.last()),
        (Some(&"echo"), Some(&"get.thing"))
    );
    assert!(catalog.find("raw.get.thing").unwrap().1.is_read_only());
    assert!(catalog.find("raw.nothing").is_none() && catalog.find("echo").is_none());
}

#[tokio::test]
async fn nothing_waits_for_a_server_that_is_slow_or_dead() {
    let began = Instant::now();
    let bridge = bridge([
        raw("good"),
        script("mute", "hostile.py", &["mute"]),
        script("crash", "hostile.py", &["crash"]),
    ]);
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(value(&bridge, "good.echo", json!({"text": "x"})).await, "x");
    assert_eq!(status(&bridge, "mute").state, State::Starting);
    let error = |name| status(&bridge, name).last_error;
    until("the crash is told", || {
        error("crash").is_some_and(|error| error.contains("no licence key"))
    })
    .await;
}

#[tokio::test]
async fn tools_are_known_at_once_the_next_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = start([raw("raw")], Some(directory.path()));
    first.settled(PATIENCE).await;
    first.shut_down().await;
    let second = start([raw("raw")], Some(directory.path()));
    let catalog = second.catalog();
    assert_eq!(catalog.server("raw").unwrap().source, Source::Disk);
    assert!(catalog.find("raw.echo").is_some());
    assert!(status(&second, "raw").tools_from_disk);
    let mut changes = second.changes();
    assert_eq!(value(&second, "raw.echo", json!({"text": "x"})).await, "x");
    changes.changed().await.unwrap();
    assert_eq!(
        second.catalog().server("raw").unwrap().source,
        Source::Server
    );
}

#[tokio::test]
async fn a_lazy_server_starts_with_its_first_call() {
    let directory = tempfile::tempdir().unwrap();
    let lazy = || with(raw("raw"), |policy| policy.start = Start::Lazy);
    // The first time it is asked for its tools.
    let first = start([lazy()], Some(directory.path()));
    until_state(&first, "raw", State::Ready).await;
    first.shut_down().await;
    let second = start([lazy()], Some(directory.path()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(
        (
            status(&second, "raw").state,
            status(&second, "raw").connections
        ),
        (State::Idle, 0)
    );
    assert!(second.catalog().find("raw.echo").is_some());
    assert_eq!(value(&second, "raw.echo", json!({"text": "x"})).await, "x");
    assert_eq!(status(&second, "raw").state, State::Ready);
}

#[tokio::test]
async fn a_tool_that_changes_is_held_back_until_it_is_approved() {
    let directory = tempfile::tempdir().unwrap();
    let bridge = start([raw("raw")], Some(directory.path()));
    assert_eq!(
        value(&bridge, "raw.mutable", json!({})).await,
        "called mutable"
    );
    call(&bridge, "raw.change", json!({})).await.unwrap();
    until("the change is seen", || {
        status(&bridge, "raw").held == ["mutable"]
    })
    .await;
    let error = call(&bridge, "raw.mutable", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Denied);
    assert!(
        error
            .message
            .contains("vesicle servers approve raw mutable"),
        "{error}"
    );
    assert!(
        bridge
            .catalog()
            .tools()
            .all(|(_, tool)| tool.name() != "mutable")
    );
    bridge.shut_down().await;

    // What was approved is remembered; this process of the server says again what it said first.
    let bridge = start([raw("raw")], Some(directory.path()));
    bridge.settled(PATIENCE).await;
    assert_eq!(status(&bridge, "raw").held, Vec::<String>::new());
    call(&bridge, "raw.change", json!({})).await.unwrap();
    until("the change is seen", || {
        status(&bridge, "raw").held == ["mutable"]
    })
    .await;
    assert!(bridge.approve("raw", Some(&["nothing"])).is_err());
    assert!(bridge.approve("nothing", None).is_err());
    assert_eq!(bridge.approve("raw", None).unwrap(), ["mutable"]);
    assert_eq!(
        value(&bridge, "raw.mutable", json!({})).await,
        "called mutable"
    );
    bridge.shut_down().await;

    let bridge = start([raw("raw")], Some(directory.path()));
    until("the server is reached", || {
        !status(&bridge, "raw").tools_from_disk
    })
    .await;
    assert_eq!(status(&bridge, "raw").held, ["mutable"]);
}

#[tokio::test]
async fn names_that_cannot_be_called_are_left_out() {
    let bridge = bridge([script("bad", "hostile.py", &["names"])]);
    bridge.settled(PATIENCE).await;
    let catalog = bridge.catalog();
    let names: Vec<_> = catalog
        .server("bad")
        .unwrap()
        .tools()
        .map(|tool| tool.name().to_owned())
        .collect();
    assert_eq!(names, ["t", "constructor", "\u{202e}t"]);
    assert_eq!(status(&bridge, "bad").notes.len(), 5);
    assert_eq!(value(&bridge, "bad.constructor", json!({})).await, "fine");
}

#[tokio::test]
async fn servers_that_could_be_taken_for_each_other_do_not_start() {
    let start = |servers| {
        vesicle_bridge::Bridge::start(BridgeConfig {
            servers,
            ..BridgeConfig::default()
        })
    };
    let error = start(vec![raw("git-hub"), raw("GitHub")]).unwrap_err();
    assert!(matches!(error, StartError::Alike(..)), "{error}");
    let error = start(vec![with(raw("raw"), |policy| policy.concurrency = 0)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "server `raw`: `concurrency` is 0, and may be from 1 to 256"
    );
}
