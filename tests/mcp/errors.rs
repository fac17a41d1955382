//! What clients and models are told when something is wrong.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::raw::RawClient;

#[test]
fn the_server_introduces_itself() {
    let mut client = RawClient::start(&[]);
    let mut answer = client.initialize()["result"].take();
    assert_eq!(answer["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    answer["serverInfo"]["version"] = "[version]".into();
    assert_json_snapshot!(answer);
}

#[test]
fn lines_that_are_no_messages_do_not_end_the_session() {
    let mut client = RawClient::start(&[]);
    client.send("this is not JSON");
    client.send("");
    client.send("{\"jsonrpc\": \"2.0\", \"id\": 1, ");
    client.initialize();
    client.send("\u{fffd}[[[[");
    client.send("[]");
    client.send(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert_eq!(client.request("ping", &json!({}))["result"], json!({}));
    assert_eq!(client.call(&json!({"code": "return 1"}))["isError"], false);
}

#[test]
fn methods_and_tools_that_are_not_there() {
    let mut client = RawClient::connect(&[]);
    let unknown = client.request("no/such/method", &json!({}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    let unknown = client.request("tools/call", &json!({"name": "run", "arguments": {}}));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let message = unknown["error"]["message"].as_str().expect("a message");
    let begins = "there is no tool `run`; this server has `execute_agent_code`, ";
    assert!(message.starts_with(begins), "{message}");
}

/// The first text of a result that must be an error.
fn told(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result}");
    result["content"][0]["text"].as_str().expect("a text")
}

#[test]
fn arguments_that_do_not_fit_are_answered_with_what_does() {
    let mut client = RawClient::connect(&[]);
    let mut told = |arguments| told(&client.call(&arguments)).to_owned();
    assert_snapshot!(told(json!({})), @r#"`code` is missing; send the program as a string: {"code": "return 1 + 1"}"#);
    assert_snapshot!(told(json!({"code": ["return 1"]})), @"`code` does not fit: invalid type: sequence, expected a string");
    assert_snapshot!(told(json!({"code": "return 1", "profile": "fast"})), @r#"`profile`: there is no profile `fast`; take one of restrictive, default, permissive; `inherits = "default"` under [profiles.fast] and `profiles = ["restrictive", "default", "permissive", "fast"]` under [serve] in vesicle.toml would make it"#);
    assert_snapshot!(told(json!({"code": "return 1", "timeout_ms": 0})), @"`timeout_ms`: a timeout of 0 gives the code no time; ask for at least 1 ms");
    assert_snapshot!(told(json!({"code": "return 1", "timeout_ms": 6_000})), @"`timeout_ms`: a timeout of 6000 ms is more than the 5000 ms of the profile `default`; ask for at most 5000 ms, or for the profile `permissive`, which has 10000 ms; `wall_time_ms = 6000` under [profiles.default] in vesicle.toml would allow it");
    assert_snapshot!(told(json!({"code": "return 1", "timeout_ms": "1s"})), @r#"`timeout_ms` does not fit: invalid type: string "1s", expected u64"#);
    assert_snapshot!(told(json!({"code": "return 1", "input": 1})), @"there is no argument `input`; the arguments are `code`, `context`, `profile`, `timeout_ms`, `max_result_bytes` and `record`");
}

#[test]
fn code_that_fails_is_answered_with_where_and_why() {
    let mut client = RawClient::connect(&[]);
    for (name, code) in [
        (
            "runtime_error",
            "const order = null;\nconsole.log('looking');\nreturn order.total;",
        ),
        ("syntax_error", "const a = ;"),
        ("violation", "import fs from 'node:fs';"),
        ("empty", ""),
        ("never_settles", "await new Promise(() => {})"),
    ] {
        let result = client.call(&json!({"code": code}));
        told(&result);
        assert_json_snapshot!(name, result["content"]);
    }
}

#[test]
fn what_nobody_caught_is_told_beside_the_result() {
    let mut client = RawClient::connect(&[]);
    let result = client.call(&json!({"code": "Promise.reject(new Error('lost')); return 1"}));
    assert_eq!(result["isError"], false, "{result}");
    assert_json_snapshot!(result["content"]);
}
