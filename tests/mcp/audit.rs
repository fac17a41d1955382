//! The audit log of a server.

use std::{fs, path::Path, thread, time::Duration};

use serde_json::{Value, json};

use crate::{
    raw::RawClient,
    support::{VESICLE, unconfigured},
};

/// Longer than a server takes to end.
const PATIENCE: Duration = Duration::from_secs(8);

fn lines(data: &Path) -> Vec<Value> {
    let text = fs::read_to_string(data.join("audit/audit-00000001.jsonl")).expect("a log");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

fn verified(data: &Path) -> (bool, String) {
    let output = unconfigured(&mut std::process::Command::new(VESICLE))
        .args(["audit", "verify", "--data-dir"])
        .arg(data)
        .output()
        .expect("vesicle runs");
    (
        output.status.success(),
        String::from_utf8(output.stdout).expect("UTF-8"),
    )
}

#[test]
fn calls_are_logged_with_who_made_them() {
    let data = tempfile::tempdir().expect("a directory");
    let mut client = RawClient::connect(&["--data-dir", data.path().to_str().expect("UTF-8")]);
    client.call(&json!({"code": "return 'private'", "profile": "restrictive"}));
    let endless =
        json!({"name": "execute_agent_code", "arguments": {"code": "while (Date.now()) {}"}});
    let id = client.begin("tools/call", &endless);
    client.request("ping", &json!({}));
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}).to_string());
    client.request("ping", &json!({}));
    client.begin("tools/call", &endless);
    client.request("ping", &json!({}));
    assert!(client.hang_up(PATIENCE).expect("the server ends").success());

    let lines = lines(data.path());
    let told: Vec<_> = lines
        .iter()
        .map(|line| line["outcome"]["status"].as_str().expect("a text"))
        .collect();
    assert_eq!(told[..2], ["success", "cancelled"]);
    assert!(["disconnected", "abandoned"].contains(&told[2]), "{told:?}");
    for line in &lines {
        assert_eq!(line["who"], json!({"client": "raw", "version": "1"}));
        assert_eq!(line["session"], lines[0]["session"]);
        assert_eq!(line["tool"], "execute_agent_code");
        assert!(!line.to_string().contains("private"));
    }
    assert_eq!(lines[0]["profile"], "restrictive");
    assert!(verified(data.path()).0);
}

#[test]
fn what_becomes_of_the_memory_is_logged_too() {
    let data = tempfile::tempdir().expect("a directory");
    let mut client = RawClient::connect(&["--data-dir", data.path().to_str().expect("UTF-8")]);
    let made = json!({"task_description": "private", "domain": "web", "task_type": "testing"});
    let create = json!({"name": "create_episode", "arguments": made});
    let missing = json!({"name": "get_episode", "arguments": {"episode_id": "nonsense"}});
    client.request("tools/call", &create);
    client.request("tools/call", &missing);
    let operation = json!({"id": "a", "tool": "create_episode", "arguments": made});
    client.request("batch/execute", &json!({"operations": [operation]}));
    let asking =
        "await memory.query('private'); await memory.record.start({}).catch(() => 0); return 1";
    client.call(&json!({"code": asking}));
    assert!(client.hang_up(PATIENCE).expect("the server ends").success());

    let lines = lines(data.path());
    let told: Vec<_> = lines
        .iter()
        .map(|line| format!("{} {}", line["tool"], line["outcome"]["status"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""create_episode" "success""#,
            r#""get_episode" "error""#,
            r#""batch_execute" "success""#,
            r#""execute_agent_code" "success""#,
        ]
    );
    let calls = lines[3]["calls"].as_array().expect("calls");
    let calls: Vec<_> = calls
        .iter()
        .map(|call| format!("{} {} {}", call["call"], call["name"], call["verdict"]))
        .collect();
    assert_eq!(
        calls,
        [
            r#""memory" "query" "ok""#,
            r#""memory" "record.start" "denied""#,
        ]
    );
    for line in &lines {
        assert_eq!(line["who"], json!({"client": "raw", "version": "1"}));
        assert!(!line.to_string().contains("private"), "{line}");
    }
    assert!(verified(data.path()).0);
}

#[test]
fn the_chain_survives_being_killed_in_mid_write() {
    let data = tempfile::tempdir().expect("a directory");
    let config = data.path().join("vesicle.toml");
    // Lines of some size, so that there is something to be in the middle of.
    fs::write(&config, "[audit]\npayloads = true\n").expect("a file");
    let options = [
        "--config",
        config.to_str().expect("UTF-8"),
        "--data-dir",
        data.path().to_str().expect("UTF-8"),
    ];
    let code = format!("return 1 // {}", "x".repeat(60_000));
    let call = json!({"name": "execute_agent_code", "arguments": {"code": code}});
    for round in 0..20 {
        let mut client = RawClient::connect(&options);
        for _ in 0..12 {
            client.begin("tools/call", &call);
        }
        client.receive();
        thread::sleep(Duration::from_millis(round % 10));
        client.kill();
        let (is_intact, told) = verified(data.path());
        assert!(is_intact, "round {round}: {told}");
    }
    // The next writer goes on, and hides nothing.
    let mut client = RawClient::connect(&options);
    client.call(&json!({"code": "return 1"}));
    client.hang_up(PATIENCE).expect("the server ends");
    let (is_intact, told) = verified(data.path());
    assert!(is_intact, "{told}");
}

#[test]
fn nothing_runs_unlogged_where_the_operator_says_so() {
    let data = tempfile::tempdir().expect("a directory");
    fs::write(data.path().join("audit"), "no directory").expect("a file");
    let config = data.path().join("vesicle.toml");
    fs::write(&config, "[audit]\non_failure = \"refuse\"\nsync = true").expect("a file");
    let mut client = RawClient::connect(&[
        "--config",
        config.to_str().expect("UTF-8"),
        "--data-dir",
        data.path().to_str().expect("UTF-8"),
    ]);
    let refused = client.call(&json!({"code": "return 1"}));
    assert_eq!(refused["isError"], true);
    let text = refused["content"][0]["text"]
        .as_str()
        .expect("a text")
        .to_owned();
    assert!(
        text.starts_with("the code was not run, because the audit log in "),
        "{text}"
    );
    // It is noticed that it can be written.
    fs::remove_file(data.path().join("audit")).expect("removed");
    let mut tries = 0;
    while client.call(&json!({"code": "return 1"}))["isError"] == true {
        tries += 1;
        assert!(tries < 200, "it stays refused");
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(lines(data.path()).len(), 1);
}
