//! Tasks of sessions (revision 2025-11-25), frame by frame; what the official client makes of them is in `official_clients.rs`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    raw::RawClient,
    servers::{place, raw, ready},
};

/// How long anything is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(30);
const SLOW: &str = "await new Promise(done => setTimeout(done, 700)); return 6 * 7";
const LONG: &str = "await new Promise(done => setTimeout(done, 60_000)); return 1";
/// As many tasks as a caller may have.
const TASKS_MAX: usize = 32;

fn call(code: &str, task: Value) -> Value {
    let arguments = json!({"code": code, "profile": "permissive"});
    json!({"name": "execute_agent_code", "arguments": arguments, "task": task})
}

fn begun(client: &mut RawClient, code: &str) -> Value {
    let answer = client.request("tools/call", &call(code, json!({"ttl": 60_000})));
    answer["result"]["task"].clone()
}

fn named(client: &mut RawClient, method: &str, task: &Value) -> Value {
    client.request(method, &json!({"taskId": task["taskId"]}))
}

#[test]
fn a_session_is_told_what_becomes_a_task() {
    let mut client = RawClient::start(&[]);
    let opened = client.initialize();
    let capabilities = &opened["result"]["capabilities"];
    let told = json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
    assert_eq!(capabilities["tasks"], told);
    assert_eq!(capabilities["extensions"], Value::Null);
    let listed = client.request("tools/list", &json!({}));
    assert!(listed["result"].get("resultType").is_none(), "{listed}");
    let tools = listed["result"]["tools"].as_array().unwrap();
    let support = |name: &str| {
        let tool = tools.iter().find(|tool| tool["name"] == name);
        tool.unwrap_or_else(|| panic!("{name}: {listed}"))["execution"]["taskSupport"].clone()
    };
    assert_eq!(support("execute_agent_code"), "optional");
    assert_eq!(support("search_tools"), Value::Null);
    let refused = json!({"name": "search_tools", "arguments": {"query": "x"}, "task": {}});
    let refused = client.request("tools/call", &refused);
    assert_eq!(refused["error"]["code"], -32601, "{refused}");
    for (method, params) in [
        (
            "tools/call",
            json!({"name": "execute_agent_code", "task": {"ttl": "long"}}),
        ),
        ("tools/call", json!({"arguments": {}, "task": {}})),
        ("tasks/get", json!({})),
        ("tasks/list", json!({"cursor": "x"})),
    ] {
        let refused = client.request(method, &params);
        assert_eq!(
            refused["error"]["code"], -32602,
            "{method} {params}: {refused}"
        );
    }
}

#[test]
fn who_knows_no_tasks_gets_the_result() {
    let mut client = RawClient::start(&[]);
    let opened = client.request(
        "initialize",
        &json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}),
    );
    assert_eq!(opened["result"]["capabilities"]["tasks"], Value::Null);
    let answer = client.request("tools/call", &call("return 6 * 7", json!({})));
    assert_eq!(
        answer["result"]["structuredContent"]["output"], 42,
        "{answer}"
    );
    let listed = client.request("tasks/list", &json!({}));
    assert_eq!(listed["error"]["code"], -32601, "{listed}");
    let listed = client.request("tools/list", &json!({}));
    assert!(!listed.to_string().contains("taskSupport"), "{listed}");
}

#[test]
fn a_task_runs_and_its_result_is_fetched() {
    let mut client = RawClient::connect(&[]);
    let task = begun(&mut client, SLOW);
    assert_eq!(
        (&task["status"], &task["ttl"]),
        (&json!("working"), &json!(60_000))
    );
    assert!(
        task["pollInterval"].is_u64() && task["createdAt"].is_string(),
        "{task}"
    );
    let got = named(&mut client, "tasks/get", &task);
    assert_eq!(got["result"]["taskId"], task["taskId"]);
    assert!(got["result"].get("resultType").is_none(), "{got}");
    // Others do not wait.
    assert_eq!(
        client.call(&json!({"code": "return 1"}))["structuredContent"]["output"],
        1
    );
    let result = named(&mut client, "tasks/result", &task)["result"].clone();
    assert_eq!(result["structuredContent"]["output"], 42, "{result}");
    let related = &result["_meta"]["io.modelcontextprotocol/related-task"];
    assert_eq!(related["taskId"], task["taskId"]);
    assert_eq!(
        named(&mut client, "tasks/get", &task)["result"]["status"],
        "completed"
    );
    // It is kept.
    let again = named(&mut client, "tasks/result", &task);
    assert_eq!(again["result"], result);
    let late = named(&mut client, "tasks/cancel", &task);
    assert_eq!(late["error"]["code"], -32602, "{late}");

    let failing = begun(&mut client, "throw new Error('not today')");
    let failed = named(&mut client, "tasks/result", &failing);
    assert_eq!(failed["result"]["isError"], true, "{failed}");
    let failed = named(&mut client, "tasks/get", &failing);
    assert_eq!(failed["result"]["status"], "failed");
    assert!(
        failed["result"]["statusMessage"]
            .as_str()
            .unwrap()
            .contains("not today")
    );
    let listed = client.request("tasks/list", &json!({}))["result"]["tasks"].clone();
    let ids: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["taskId"])
        .collect();
    assert_eq!(ids, [&task["taskId"], &failing["taskId"]]);
    for wrong in ["", "x", "00000000-00"] {
        let unknown = client.request("tasks/get", &json!({"taskId": wrong}));
        assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    }
}

#[test]
fn a_cancelled_task_stops_its_program() {
    let place = place(&json!({}), "");
    let mut client = RawClient::start_in(place.path(), &["--concurrency", "1"]);
    client.initialize();
    let task = begun(&mut client, LONG);
    // Whoever waits for it is told as well.
    let waiting = client.begin("tasks/result", &json!({"taskId": task["taskId"]}));
    let cancelling = client.begin("tasks/cancel", &json!({"taskId": task["taskId"]}));
    let (mut answers, mut told) = (Vec::new(), Vec::new());
    while answers.len() < 2 || told.is_empty() {
        let message = client.receive();
        match message["method"].as_str() {
            Some("notifications/tasks/status") => told.push(message),
            _ => answers.push(message),
        }
    }
    let of = |id: u64| answers.iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!(
        of(cancelling)["result"]["status"],
        "cancelled",
        "{answers:?}"
    );
    assert_eq!(of(waiting)["error"]["message"], "the task was cancelled");
    assert_eq!(told[0]["params"]["status"], "cancelled");
    // There is one place, and it is free again.
    let began = Instant::now();
    let code = json!({"code": "return 'free'", "profile": "permissive"});
    assert_eq!(client.call(&code)["structuredContent"]["output"], "free");
    assert!(began.elapsed() < PATIENCE);
    client.hang_up(PATIENCE).unwrap();
    let log = place.path().join("data/audit");
    let log = std::fs::read_dir(log)
        .unwrap()
        .map(|file| file.unwrap().path());
    let log: String = log
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect();
    assert!(log.contains("\"cancelled\""), "{log}");
}

#[test]
fn a_caller_has_so_many_tasks_and_no_more() {
    let mut client = RawClient::connect(&[]);
    let tasks: Vec<Value> = (0..TASKS_MAX).map(|_| begun(&mut client, LONG)).collect();
    assert!(
        tasks.iter().all(|task| task["taskId"].is_string()),
        "{tasks:?}"
    );
    let refused = client.request("tools/call", &call("return 1", json!({})));
    let why = refused["error"]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("{refused}"));
    assert!(
        why.starts_with("32 tasks of yours are running or kept"),
        "{why}"
    );
    // A call without one is made as ever.
    named(&mut client, "tasks/cancel", &tasks[0]);
    // With its end all of them end.
    assert!(client.hang_up(PATIENCE).is_some());
}

#[test]
fn a_task_asks_a_person() {
    let place = place(
        &json!({"raw": raw(&[])}),
        "[tools]\nask = [\"raw.write\"]\n",
    );
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize_with(&json!({"elicitation": {}}));
    ready(&mut client, "raw");
    let answer = client.begin(
        "tools/call",
        &call("return tools.raw.write({ key: 'a' })", json!({})),
    );
    let (mut task, mut question) = (Value::Null, Value::Null);
    while task.is_null() || question.is_null() {
        let message = client.receive();
        match message["method"].as_str() {
            Some("elicitation/create") => question = message,
            _ if message["id"] == answer => task = message["result"]["task"].clone(),
            _ => {}
        }
    }
    let got = named(&mut client, "tasks/get", &task);
    assert_eq!(got["result"]["status"], "input_required", "{got}");
    let related = &question["params"]["_meta"]["io.modelcontextprotocol/related-task"];
    assert_eq!(related["taskId"], task["taskId"], "{question}");
    let accepted = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept", "content": {}}});
    client.send(&accepted.to_string());
    let result = named(&mut client, "tasks/result", &task);
    assert_eq!(
        result["result"]["structuredContent"]["output"],
        json!({"calls": 1}),
        "{result}"
    );
}
