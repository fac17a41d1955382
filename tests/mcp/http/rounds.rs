//! Revision 2026-07-28, where the server asks nothing: calls that need answers are made again with them, and clients that
//! want to know what changes listen.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{HttpHost, stateless, vesicle};
use crate::{plugins_rich::BARE, support::in_repository};

/// How long anything is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(30);
const METHOD: &str = "tools/call";
const MULTI_ROUND: &str = "test_input_required_result_multi_round";

fn install(data: &Path) {
    let component = in_repository("tests/programs/components/fixtures.wasm");
    let component = component.to_str().unwrap();
    vesicle(data, &["plugin", "add", component, "--ask", "questions"]);
    vesicle(data, &["plugin", "grant", "fixtures", "--all"]);
}

/// Calls a tool as a client that can show forms.
async fn call(host: &HttpHost, tool: &str, answers: &Value, state: Option<&str>) -> Value {
    let mut params = json!({"name": tool, "arguments": {}});
    if !answers.is_null() {
        params["inputResponses"] = answers.clone();
    }
    if let Some(state) = state {
        params["requestState"] = state.into();
    }
    let mut message = stateless(METHOD, params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"elicitation": {}});
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", METHOD),
        ("mcp-name", tool),
    ];
    host.post(&message, &headers).await.message()
}

fn accepted(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

#[tokio::test]
async fn a_call_that_asks_is_made_again_with_all_answers() {
    let host = HttpHost::start_with(BARE, &install, &[]);
    let first = call(&host, MULTI_ROUND, &Value::Null, None).await["result"].clone();
    assert_eq!(first["resultType"], "input_required", "{first}");
    assert_eq!(
        first["inputRequests"]["step1"]["method"],
        "elicitation/create"
    );
    let state = first["requestState"].as_str().unwrap();
    let answers = json!({"step1": accepted(json!({"name": "Ada"})), "more": accepted(json!({}))});
    let second = call(&host, MULTI_ROUND, &answers, Some(state)).await["result"].clone();
    assert!(second["inputRequests"]["step2"].is_object(), "{second}");
    let state = second["requestState"].as_str().unwrap();
    let answers = json!({"step2": accepted(json!({"color": "blue"}))});
    let third = call(&host, MULTI_ROUND, &answers, Some(state)).await["result"].clone();
    let text = third["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("Ada") && text.contains("blue"), "{text}");

    // A state is good for its call and nothing else.
    let other = "test_input_required_result_request_state";
    for (tool, state) in [(other, state), (MULTI_ROUND, "AAAA"), (MULTI_ROUND, "")] {
        let refused = call(&host, tool, &answers, Some(state)).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        let why = refused["error"]["message"].as_str().unwrap();
        assert!(why.contains("make the call again without it"), "{why}");
    }
    // What is no answer is asked for again.
    for wrong in [
        json!({"step1": 12_345}),
        json!({"step1": {"action": "shrug"}}),
        json!({}),
    ] {
        let again = call(&host, MULTI_ROUND, &wrong, None).await;
        assert!(
            again["result"]["inputRequests"]["step1"].is_object(),
            "{again}"
        );
    }
    // What a client cannot be asked for is no failure of the plugin's.
    let missing = call(&host, "test_missing_capability", &Value::Null, None).await;
    assert_eq!(missing["error"]["code"], -32021, "{missing}");
    assert_eq!(
        missing["error"]["data"]["requiredCapabilities"],
        json!({"sampling": {}})
    );
}

/// Counts its calls, asks two things at the same time and then a third.
const GUESTS: &str = "
    let calls = 0;
    const form = (message) => ({ form: { message, schema: { type: 'object', properties: {} } } });
    export async function invite() {
        calls++;
        const [{ one }, { other }] = await Promise.all([caller.ask({ one: form('One?') }), caller.ask({ other: form('Other?') })]);
        try {
            const { last } = await caller.ask({ last: form(`Last, after ${one.action}?`) });
            return [calls, one.content.name, other.content.name, last.action];
        } catch (error) {
            return `caught ${error}`;
        }
    }";

#[tokio::test]
async fn a_module_asks_and_its_call_is_made_again() {
    let install = |data: &Path| {
        let module = data.join("guests.js");
        std::fs::write(&module, GUESTS).unwrap();
        let module = module.to_str().unwrap();
        vesicle(data, &["plugin", "add", module, "--ask", "questions"]);
        vesicle(data, &["plugin", "grant", "guests", "--all"]);
    };
    let host = HttpHost::start_with("", &install, &[]);
    let tool = "guests__invite";
    let first = call(&host, tool, &Value::Null, None).await["result"].clone();
    assert_eq!(first["resultType"], "input_required", "{first}");
    let asked = first["inputRequests"].as_object().unwrap();
    assert_eq!(
        asked.keys().collect::<Vec<_>>(),
        ["one", "other"],
        "at once"
    );
    let state = first["requestState"].as_str().unwrap();
    let named = |name: &str| accepted(json!({ "name": name }));
    let answers = json!({"one": named("Ada"), "other": named("Bob")});
    let second = call(&host, tool, &answers, Some(state)).await["result"].clone();
    let last = &second["inputRequests"]["last"]["params"]["message"];
    let last = last.as_str().unwrap_or_else(|| panic!("{second}"));
    assert!(last.starts_with("Last, after accept?"), "{last}");
    let state = second["requestState"].as_str().unwrap();
    let answers = json!({"last": {"action": "decline"}});
    let third = call(&host, tool, &answers, Some(state)).await["result"].clone();
    let text = third["content"][0]["text"].as_str().unwrap();
    // Each call begins where the module ended, and no program sees that its call is made again.
    assert_eq!(text, r#"[1,"Ada","Bob","decline"]"#);
}

#[tokio::test]
async fn lines_are_told_to_requests_that_ask_for_them() {
    let host = HttpHost::start_with(BARE, &install, &[]);
    let tool = "test_tool_with_logging";
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", METHOD),
        ("mcp-name", tool),
    ];
    for (level, count) in [(None, 0), (Some("info"), 3), (Some("error"), 0)] {
        let mut message = stateless(METHOD, json!({"name": tool, "arguments": {}}));
        if let Some(level) = level {
            message["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = level.into();
        }
        let answer = host.post(&message, &headers).await;
        let told = answer.text.matches("notifications/message").count();
        assert_eq!(told, count, "{level:?}: {answer:?}");
    }
}

#[tokio::test]
async fn whoever_listens_is_told_what_changed() {
    let host = HttpHost::start(&["--watch"]);
    let method = "subscriptions/listen";
    let wanted =
        json!({"toolsListChanged": true, "resourceSubscriptions": ["vesicle://plugins/numbers"]});
    let message = stateless(method, json!({ "notifications": wanted }));
    let request = super::client()
        .post(host.url("/mcp"))
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method)
        .body(message.to_string());
    let mut stream = request.send().await.unwrap();
    let mut text = String::new();
    let began = Instant::now();
    let mut until = async |wanted: &str, text: &mut String| {
        while !text.contains(wanted) {
            assert!(began.elapsed() < PATIENCE, "{wanted}: {text}");
            // There are signs of life in between.
            let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await;
            let chunk = chunk
                .expect("it is told")
                .unwrap()
                .expect("the stream stays open");
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    until("notifications/subscriptions/acknowledged", &mut text).await;
    std::fs::write(
        host.data().join("numbers.js"),
        "export function one() { return 1 }",
    )
    .unwrap();
    let module = host.data().join("numbers.js");
    host.vesicle(&["plugin", "add", module.to_str().unwrap()]);
    until("notifications/tools/list_changed", &mut text).await;
    until("notifications/resources/updated", &mut text).await;
    assert!(
        !text.contains("prompts/list_changed"),
        "nobody asked for it: {text}"
    );
    assert!(
        text.contains("io.modelcontextprotocol/subscriptionId"),
        "{text}"
    );
}
