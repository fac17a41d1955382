//! Calls over HTTP that outlive their request: tasks of both revisions, and programs of revision 2026-07-28 that wait for a person.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{HttpHost, initialize, stateless, vesicle};
use crate::servers::raw;

/// How long anything is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(30);
const SLOW: &str = "await new Promise(done => setTimeout(done, 2_000)); return 6 * 7";
const LONG: &str = "await new Promise(done => setTimeout(done, 60_000)); return 1";
const TASKS: &str = "io.modelcontextprotocol/tasks";
/// How many programs of a caller may wait for answers.
const PARKED_MAX: usize = 8;

/// Sends a request without a session, as a client that can do this.
async fn sent(
    host: &HttpHost,
    (method, name, params): (&str, &str, Value),
    capabilities: Value,
    headers: &[(&str, &str)],
) -> Value {
    let mut message = stateless(method, params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    let mut all = vec![
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("mcp-name", name),
    ];
    all.extend(headers);
    host.post(&message, &all).await.message()
}

fn with_tasks() -> Value {
    json!({"extensions": {TASKS: {}}, "elicitation": {}})
}

const CODE: &str = "execute_agent_code";

async fn run(host: &HttpHost, code: &str, headers: &[(&str, &str)]) -> Value {
    let arguments = json!({"code": code, "profile": "permissive"});
    let params = json!({"name": CODE, "arguments": arguments});
    sent(host, ("tools/call", CODE, params), with_tasks(), headers).await
}

async fn of_task(host: &HttpHost, method: &str, id: &str, headers: &[(&str, &str)]) -> Value {
    let params = json!({"taskId": id});
    sent(host, (method, id, params), with_tasks(), headers).await
}

async fn ended(host: &HttpHost, id: &str, headers: &[(&str, &str)]) -> Value {
    let began = Instant::now();
    loop {
        let got = of_task(host, "tasks/get", id, headers).await["result"].clone();
        if !["working", "input_required"].contains(&got["status"].as_str().unwrap()) {
            return got;
        }
        assert!(began.elapsed() < PATIENCE, "{got}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_call_that_takes_long_becomes_a_task_where_the_client_knows_them() {
    let host = HttpHost::start(&[]);
    let quick = run(&host, "return 1", &[]).await["result"].clone();
    assert_eq!(quick["resultType"], "complete");
    let slow = run(&host, SLOW, &[]).await["result"].clone();
    assert_eq!(
        (&slow["resultType"], &slow["status"]),
        (&json!("task"), &json!("working"))
    );
    let id = slow["taskId"].as_str().unwrap();
    let got = of_task(&host, "tasks/get", id, &[]).await["result"].clone();
    assert_eq!(
        (&got["status"], &got["resultType"]),
        (&json!("working"), &json!("complete"))
    );
    let got = ended(&host, id, &[]).await;
    assert_eq!(got["status"], "completed");
    assert_eq!(got["result"]["structuredContent"]["output"], 42, "{got}");
    let metrics = host.get("/metrics", &[]).await.text;
    assert!(
        metrics.contains("vesicle_tasks{state=\"kept\"} 1"),
        "{metrics}"
    );

    let long = run(&host, LONG, &[]).await["result"].clone();
    let id = long["taskId"].as_str().unwrap();
    let cancelled = of_task(&host, "tasks/cancel", id, &[]).await;
    assert_eq!(cancelled["result"]["resultType"], "complete", "{cancelled}");
    assert_eq!(ended(&host, id, &[]).await["status"], "cancelled");

    // Who does not declare them gets none, and may not ask for one.
    let plain = host.call(CODE, &json!({"code": SLOW}), &[]).await.message();
    assert_eq!(
        plain["result"]["structuredContent"]["output"], 42,
        "{plain}"
    );
    let params = json!({"taskId": id});
    let refused = sent(&host, ("tasks/get", id, params), json!({}), &[]).await;
    assert_eq!(refused["error"]["code"], -32021, "{refused}");
}

#[tokio::test]
async fn tasks_are_their_accounts_in_whichever_session() {
    let host = HttpHost::start_with("[auth]\nrequired = true\n", &|_| {}, &[]);
    let token = |name| {
        format!(
            "Bearer {}",
            vesicle(host.data(), &["token", "create", "--name", name])
        )
    };
    let [one, other] = ["one", "other"].map(token);
    let one = [("authorization", &*one)];
    let other = [("authorization", &*other)];
    let id = run(&host, SLOW, &one).await["result"]["taskId"].clone();
    let id = id.as_str().unwrap();
    for method in ["tasks/get", "tasks/cancel"] {
        let refused = of_task(&host, method, id, &other).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        let why = refused["error"]["message"].as_str().unwrap();
        assert!(why.starts_with("you have no task"), "{why}");
    }
    // Another session of the account lists it, and one of another account does not.
    for (headers, count) in [(one, 1), (other, 0)] {
        let opened = host.post(&initialize(), &headers).await;
        let capabilities = opened.message()["result"]["capabilities"].clone();
        assert!(capabilities["tasks"]["list"].is_object(), "{capabilities}");
        let session = opened.header("mcp-session-id").unwrap().to_owned();
        let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tasks/list", "params": {}});
        let all = [
            headers[0],
            ("mcp-session-id", &*session),
            ("mcp-protocol-version", "2025-11-25"),
            ("mcp-method", "tasks/list"),
        ];
        let listed = host.post(&list, &all).await.message();
        assert_eq!(
            listed["result"]["tasks"].as_array().unwrap().len(),
            count,
            "{listed}"
        );
    }
    assert_eq!(ended(&host, id, &one).await["status"], "completed");
    let elsewhere = of_task(&host, "tasks/get", "00000000-00", &one).await;
    let why = elsewhere["error"]["message"].as_str().unwrap();
    assert!(why.contains("is not on this host"), "{why}");
}

#[tokio::test]
async fn who_ends_the_host_waits_for_tasks() {
    let mut host = HttpHost::start(&[]);
    let code = "await new Promise(done => setTimeout(done, 3_000)); await state.set('done', 1)";
    let task = run(&host, code, &[]).await["result"].clone();
    assert_eq!(task["resultType"], "task", "{task}");
    host.signal("-TERM");
    assert!(host.ended(PATIENCE).is_some_and(|status| status.success()));
    let log = std::fs::read_dir(host.data().join("audit")).unwrap();
    let log: String = log
        .filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok())
        .collect();
    assert!(log.contains("\"success\""), "{log}");
}

const ASKS: &str = "[tools]\nask = [\"raw.write\"]\n";
const WRITES: &str = "const before = await tools.raw.uncounted({ key: 'before' });
    const wrote = await tools.raw.write({ key: input ?? 'a' }).catch((error) => error.message);
    return [before.calls, wrote.calls ?? wrote]";

fn with_a_server(data: &Path) {
    let servers = json!({"mcpServers": {"raw": raw(&[])}});
    std::fs::write(data.join(".mcp.json"), servers.to_string()).unwrap();
}

/// Calls what writes, and makes the call again with this.
async fn writes(host: &HttpHost, again: Value, headers: &[(&str, &str)]) -> Value {
    let arguments = json!({"code": WRITES, "profile": "permissive"});
    let mut params = json!({"name": CODE, "arguments": arguments});
    if let (Some(params), Value::Object(again)) = (params.as_object_mut(), again) {
        params.extend(again);
    }
    sent(
        host,
        ("tools/call", CODE, params),
        json!({"elicitation": {}}),
        headers,
    )
    .await
}

/// What answers the one question of `asked`.
fn with_answer(asked: &Value, answer: Value) -> Value {
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required", "{asked}");
    let questions = result["inputRequests"].as_object().unwrap();
    let (name, question) = questions.iter().next().unwrap();
    assert_eq!(question["method"], "elicitation/create");
    let message = question["params"]["message"].as_str().unwrap();
    assert!(
        message.contains("wants to call raw.write with"),
        "{message}"
    );
    json!({"requestState": result["requestState"], "inputResponses": {name: answer}})
}

fn why(refused: &Value) -> &str {
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    refused["error"]["message"].as_str().unwrap()
}

#[tokio::test]
async fn a_program_waits_for_a_person_without_a_session() {
    let host = HttpHost::start_with(ASKS, &with_a_server, &[]);
    let yes = || json!({"action": "accept", "content": {}});
    // What it did before it asked is done once.
    for (calls, action) in [(1, "accept"), (2, "decline"), (3, "cancel")] {
        let asked = writes(&host, Value::Null, &[]).await;
        let again = with_answer(&asked, json!({"action": action, "content": {}}));
        let answer = writes(&host, again.clone(), &[]).await["result"].clone();
        let output = &answer["structuredContent"]["output"];
        assert_eq!(output[0], calls, "{answer}");
        match action {
            "accept" => assert_eq!(output[1], 1),
            _ => assert!(
                output[1].as_str().unwrap().contains("was not consented to"),
                "{answer}"
            ),
        }
        // It is over.
        let over = writes(&host, again, &[]).await;
        assert!(why(&over).contains("does not wait here"), "{over}");
    }
    let asked = writes(&host, Value::Null, &[]).await;
    let again = with_answer(&asked, yes());
    // For another call it is of no use, nor changed.
    let mut params = json!({"name": CODE, "arguments": {"code": "return 1"}});
    params["requestState"] = again["requestState"].clone();
    let other = sent(
        &host,
        ("tools/call", CODE, params),
        json!({"elicitation": {}}),
        &[],
    )
    .await;
    assert!(why(&other).contains("given for another call"), "{other}");
    for state in ["parked.", "parked.AAAA"] {
        let refused = writes(&host, json!({ "requestState": state }), &[]).await;
        assert!(why(&refused).contains("does not wait here"), "{refused}");
    }
    // Who says nothing of forms any more goes on with it all the same, and does not run it anew.
    let mut params = json!({"name": CODE, "arguments": {"code": WRITES, "profile": "permissive"}});
    params["requestState"] = "parked.AAAA".into();
    let message = sent(&host, ("tools/call", CODE, params), json!({}), &[]).await;
    assert!(why(&message).contains("does not wait here"), "{message}");
    // Without the answer it is asked again, and another host does not know it.
    let elsewhere = HttpHost::start_with(ASKS, &with_a_server, &[]);
    let lost = writes(&elsewhere, again.clone(), &[]).await;
    assert!(
        why(&lost).contains("another host of this address has it"),
        "{lost}"
    );
    let unanswered = json!({"requestState": again["requestState"], "inputResponses": {}});
    let asked = writes(&host, unanswered, &[]).await;
    let answer = writes(&host, with_answer(&asked, yes()), &[]).await;
    assert_eq!(
        answer["result"]["structuredContent"]["output"][1], 2,
        "{answer}"
    );
    // Who cannot ask is denied.
    let denied = host
        .call(CODE, &json!({"code": WRITES, "profile": "permissive"}), &[])
        .await
        .message();
    let denied = denied["result"]["structuredContent"]["output"][1]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(denied.contains("cannot ask"), "{denied}");
}

#[tokio::test]
async fn so_many_programs_wait_and_each_for_its_caller() {
    let toml = format!("{ASKS}[auth]\nrequired = true\n");
    let host = HttpHost::start_with(&toml, &with_a_server, &["--concurrency", "64"]);
    let token = |name| {
        format!(
            "Bearer {}",
            vesicle(host.data(), &["token", "create", "--name", name])
        )
    };
    let [one, other] = ["one", "other"].map(token);
    let one = [("authorization", &*one)];
    let other = [("authorization", &*other)];
    let mut asked = Vec::new();
    for _ in 0..PARKED_MAX {
        asked.push(writes(&host, Value::Null, &one).await);
    }
    let refused = writes(&host, Value::Null, &one).await;
    let told = refused["result"]["structuredContent"]["output"][1]
        .as_str()
        .unwrap_or_else(|| panic!("{refused}"));
    assert!(told.contains("nobody can be asked"), "{told}");
    let metrics = vesicle(host.data(), &["token", "list"]);
    assert!(metrics.contains("one"));
    let again = with_answer(&asked[0], json!({"action": "accept", "content": {}}));
    let not_theirs = writes(&host, again.clone(), &other).await;
    assert!(
        why(&not_theirs).contains("does not wait here"),
        "{not_theirs}"
    );
    let answer = writes(&host, again, &one).await;
    assert_eq!(
        answer["result"]["structuredContent"]["output"][1], 1,
        "{answer}"
    );
    let asked = writes(&host, Value::Null, &one).await;
    assert_eq!(
        asked["result"]["resultType"], "input_required",
        "there is room again: {asked}"
    );
}

/// With tasks, what is asked stands in the task, and its answers come by `tasks/update`.
#[tokio::test]
async fn a_task_asks_and_is_answered() {
    let host = HttpHost::start_with(ASKS, &with_a_server, &[]);
    let task = run(&host, WRITES, &[]).await["result"].clone();
    assert_eq!(task["resultType"], "task", "{task}");
    let id = task["taskId"].as_str().unwrap();
    let got = of_task(&host, "tasks/get", id, &[]).await["result"].clone();
    assert_eq!(got["status"], "input_required", "{got}");
    let name = got["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap();
    let responses = json!({name: {"action": "accept", "content": {}}, "other": {}});
    let params = json!({"taskId": id, "inputResponses": responses});
    let updated = sent(&host, ("tasks/update", id, params), with_tasks(), &[]).await;
    assert_eq!(updated["result"]["resultType"], "complete", "{updated}");
    let got = ended(&host, id, &[]).await;
    assert_eq!(
        got["result"]["structuredContent"]["output"],
        json!([1, 1]),
        "{got}"
    );
}

/// A plugin's calls of other servers' tools ask as a program's do.
#[tokio::test]
async fn a_plugin_waits_for_a_person_without_a_session() {
    let prepare = |data: &Path| {
        with_a_server(data);
        let source = "export async function write({ key }: { key: string }): Promise<unknown> { return await tools.raw.write({ key }) }";
        std::fs::write(data.join("writer.ts"), source).unwrap();
        let module = data.join("writer.ts");
        let module = module.to_str().unwrap();
        vesicle(data, &["plugin", "add", module, "--ask", "tools=raw.*"]);
        vesicle(data, &["plugin", "grant", "writer", "--all"]);
    };
    let host = HttpHost::start_with(ASKS, &prepare, &[]);
    let tool = "writer__write";
    let params = || json!({"name": tool, "arguments": {"key": "p"}});
    let elicits = || json!({"elicitation": {}});
    let asked = sent(&host, ("tools/call", tool, params()), elicits(), &[]).await;
    let again = with_answer(&asked, json!({"action": "accept", "content": {}}));
    let mut params = params();
    params
        .as_object_mut()
        .unwrap()
        .extend(again.as_object().unwrap().clone());
    let answer = sent(&host, ("tools/call", tool, params), elicits(), &[]).await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    assert_eq!(
        answer["result"]["structuredContent"],
        json!({"calls": 1}),
        "{answer}"
    );
}
