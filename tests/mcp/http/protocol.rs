//! Revisions of the protocol, and what HTTP itself asks for.

use reqwest::StatusCode;
use serde_json::json;

use super::{HttpHost, initialize, stateless};

#[tokio::test]
async fn revisions_with_sessions_have_them_and_2026_has_none() {
    let host = HttpHost::start(&[]);
    for revision in ["2025-06-18", "2025-11-25"] {
        let mut opening = initialize();
        opening["params"]["protocolVersion"] = json!(revision);
        let opened = host.post(&opening, &[]).await;
        assert_eq!(opened.message()["result"]["protocolVersion"], revision);
        let session = opened.header("mcp-session-id").unwrap().to_owned();
        let headers = [
            ("mcp-session-id", &*session),
            ("mcp-protocol-version", revision),
        ];
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(
            host.post(&initialized, &headers).await.status,
            StatusCode::ACCEPTED
        );
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "execute_agent_code", "arguments": {"code": "return 1 + 1"}}});
        let answer = host.post(&call, &headers).await.message();
        assert_eq!(
            answer["result"]["structuredContent"]["output"], 2,
            "{answer}"
        );
    }
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "server/discover"),
    ];
    let found = host
        .post(&stateless("server/discover", json!({})), &headers)
        .await;
    assert!(found.header("mcp-session-id").is_none());
    assert!(
        found.message()["result"]["supportedVersions"]
            .to_string()
            .contains("2026-07-28"),
        "{found:?}"
    );
    assert_eq!(host.run("return 1 + 1", &[]).await, 2);
}

/// In a session, a tool of the memory is listed once it was called, and the client is told.
#[tokio::test]
async fn a_request_without_a_session_is_told_of_no_other_list() {
    let host = HttpHost::start(&[]);
    let call = json!({"name": "delete_episode", "arguments": {}});
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "delete_episode"),
    ];
    let mut request = super::client().post(host.url("/mcp"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(stateless("tools/call", call).to_string());
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("episode_id"), "{answer}");
    assert!(!answer.contains("list_changed"), "{answer}");
}

#[tokio::test]
async fn what_is_no_message_is_told_as_the_protocol_has_it() {
    let host = HttpHost::start(&[]);
    let url = host.url("/mcp");
    for (kind, body, status, code) in [
        ("application/json", "{\"jsonrpc\":", 400, -32700),
        ("application/json", "\"\u{feff}", 400, -32700),
        (
            "application/json",
            "{\"jsonrpc\":\"2.0\",\"id\":1}",
            400,
            -32600,
        ),
        ("text/plain", "{}", 415, 0),
    ] {
        let request = super::client().post(&url).body(body);
        let request = request.header("content-type", kind);
        let request = request.header("accept", "application/json, text/event-stream");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
        if code != 0 {
            let told: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(told["error"]["code"], code, "{told}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_says_where_it_is() {
    let host = HttpHost::start(&[]);
    let answer = host.get("/sse", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("/mcp"), "{}", answer.text);
}
