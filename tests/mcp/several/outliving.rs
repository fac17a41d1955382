//! What of a call outlives it where several hosts serve one address: its line in the log, which all read, and its task, which is
//! its host's.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Hosts, wait_for};
use crate::http::{HttpHost, stateless};

const SLOW: &str = "await new Promise(done => setTimeout(done, 2_000)); return 6 * 7";
const CAN: &str = r#"{"extensions": {"io.modelcontextprotocol/tasks": {}}}"#;

async fn asked(
    hosts: &Hosts,
    host: &HttpHost,
    (method, name): (&str, &str),
    params: Value,
) -> Value {
    let mut message = stateless(method, params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        serde_json::from_str(CAN).unwrap();
    let headers = [
        ("authorization", hosts.token.as_str()),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("mcp-name", name),
    ];
    host.post(&message, &headers).await.message()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_its_hosts_and_the_log_is_everybodys() {
    let hosts = Hosts::start_with("[accounts.ci]\nadmin = true\n");
    hosts.know_the_token().await;
    let tool = "execute_agent_code";
    let [own, other] = [&hosts.all[0], &hosts.all[1]];
    let params = json!({"name": tool, "arguments": {"code": SLOW}});
    let task = asked(&hosts, own, ("tools/call", tool), params).await["result"].clone();
    assert_eq!(task["resultType"], "task", "{task}");
    let id = task["taskId"].as_str().unwrap();
    let get = async |host| asked(&hosts, host, ("tasks/get", id), json!({"taskId": id})).await;
    let elsewhere = get(other).await;
    let why = elsewhere["error"]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("{elsewhere}"));
    assert!(
        why.contains("is not on this host") && why.contains("ask that one"),
        "{why}"
    );
    wait_for("the task has ended", async || {
        get(own).await["result"]["status"] == "completed"
    })
    .await;

    for host in &hosts.all {
        let params = json!({"name": tool, "arguments": {"code": "return 1"}});
        let ran = asked(&hosts, host, ("tools/call", tool), params).await;
        assert_eq!(ran["result"]["structuredContent"]["output"], 1, "{ran}");
    }
    let address = "vesicle://audit?account=ci&kind=execution";
    wait_for("all lines are told", async || {
        let read = asked(
            &hosts,
            other,
            ("resources/read", address),
            json!({"uri": address}),
        )
        .await;
        let text = read["result"]["contents"][0]["text"]
            .as_str()
            .unwrap_or_else(|| panic!("{read}"));
        let told: Value = serde_json::from_str(text).unwrap();
        let lines = told["lines"].as_array().unwrap();
        let sessions: BTreeSet<&str> = lines
            .iter()
            .filter_map(|line| line["session"].as_str())
            .collect();
        lines.len() == 4 && sessions.len() == 3
    })
    .await;
}
