//! Servers over streamable HTTP.

use std::process::Command;

use serde_json::json;
use vesicle_bridge::{ErrorCode, State};

use crate::support::{
    PATIENCE, Program, bridge, call, free_port, in_repository, installed, python, server, status,
    value,
};

#[tokio::test]
async fn everything_over_http() {
    let port = free_port();
    let script = installed(
        "tests/servers/node_modules/@modelcontextprotocol/server-everything/dist/index.js",
    );
    let _server = Program::listening(
        Command::new("node")
            .arg(script)
            .arg("streamableHttp")
            .env("PORT", port.to_string()),
        port,
    );
    let bridge = bridge([server(
        "everything",
        json!({"type": "http", "url": format!("http://127.0.0.1:{port}/mcp")}),
    )]);
    assert_eq!(
        value(&bridge, "everything.echo", json!({"message": "hi"})).await,
        "Echo: hi"
    );
    let slow = json!({"duration": 0.2, "steps": 2});
    let calls = (0..10).map(|_| {
        call(
            &bridge,
            "everything.trigger-long-running-operation",
            slow.clone(),
        )
    });
    for result in futures_util::future::join_all(calls).await {
        result.unwrap();
    }
    bridge.shut_down().await;
    assert_eq!(status(&bridge, "everything").state, State::Stopped);
}

#[tokio::test]
async fn python_over_http() {
    let port = free_port();
    let script = in_repository("tests/servers/sdk.py");
    let _server = Program::listening(
        Command::new(python())
            .arg(script)
            .args(["http", &port.to_string()]),
        port,
    );
    let bridge = bridge([server(
        "sdk",
        json!({"url": format!("http://127.0.0.1:{port}/mcp")}),
    )]);
    assert_eq!(
        value(&bridge, "sdk.weather", json!({"city": "Oslo"})).await["city"],
        "Oslo"
    );
    assert_eq!(
        value(&bridge, "sdk.add", json!({"a": 1, "b": 2})).await,
        json!({"result": 3})
    );
}

#[tokio::test]
async fn nobody_is_there_or_it_is_no_such_server() {
    let nobody = free_port();
    let bridge = bridge([
        server(
            "nobody",
            json!({"url": format!("http://127.0.0.1:{nobody}/mcp")}),
        ),
        server(
            "header",
            json!({"url": "http://127.0.0.1:1/mcp", "headers": {"a b": "c"}}),
        ),
    ]);
    bridge.settled(PATIENCE).await;
    let error = |name| status(&bridge, name).last_error.unwrap();
    assert!(error("nobody").contains("refused"), "{}", error("nobody"));
    assert!(
        error("header").contains("`a b` is no name of a header"),
        "{}",
        error("header")
    );
    let call = call(&bridge, "header.t", json!({})).await.unwrap_err();
    assert_eq!(call.code, ErrorCode::Unavailable);
}
