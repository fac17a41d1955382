//! Clients come and go; nothing of theirs stays.

use std::time::Duration;

use serde_json::json;

use crate::raw::RawClient;

/// Longer than a server takes to end, shorter than the run that would keep it.
const PATIENCE: Duration = Duration::from_secs(8);
/// Runs for 10 s unless it is stopped.
const ENDLESS: &str = "while (Date.now()) {}";

fn endless() -> serde_json::Value {
    json!({
        "name": "execute_agent_code",
        "arguments": {"code": ENDLESS, "profile": "permissive"},
    })
}

#[test]
fn a_killed_client_leaves_no_process() {
    let mut client = RawClient::connect(&[]);
    for _ in 0..3 {
        client.begin("tools/call", &endless());
    }
    // Answered after the calls were read.
    client.request("ping", &json!({}));
    let ended = client.hang_up(PATIENCE);
    assert!(ended.expect("the server ends").success());
}

#[test]
fn the_end_of_input_is_a_clean_end() {
    let silent = RawClient::start(&[]);
    assert!(silent.hang_up(PATIENCE).expect("the server ends").success());
    let connected = RawClient::connect(&[]);
    assert!(
        connected
            .hang_up(PATIENCE)
            .expect("the server ends")
            .success()
    );
}

#[test]
fn a_cancelled_call_gives_its_slot_back() {
    let mut client = RawClient::connect(&["--concurrency", "2"]);
    assert_eq!(client.call(&json!({"code": "return 1"}))["isError"], false);
    let ids = [(); 2].map(|()| client.begin("tools/call", &endless()));
    for id in ids {
        let cancelled = json!({
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": {"requestId": id, "reason": "no longer needed"},
        });
        client.send(&cancelled.to_string());
    }
    // Were a slot kept, this would end by its own limit, in the queue or on its way out.
    let result = client.call(&json!({"code": "return 'still here'", "timeout_ms": 3_000}));
    assert_eq!(result["structuredContent"]["output"], "still here");
    assert!(client.hang_up(PATIENCE).expect("the server ends").success());
}

#[test]
fn more_calls_than_slots_wait_for_their_turn() {
    let mut client = RawClient::connect(&["--concurrency", "2"]);
    let call = json!({
        "name": "execute_agent_code",
        "arguments": {"code": "await new Promise(r => setTimeout(r, 20)); return 'done'"},
    });
    let mut waiting: Vec<u64> = (0..10).map(|_| client.begin("tools/call", &call)).collect();
    while !waiting.is_empty() {
        let answer = client.receive();
        assert_eq!(
            answer["result"]["structuredContent"]["output"], "done",
            "{answer}"
        );
        waiting.retain(|id| answer["id"] != *id);
    }
}
