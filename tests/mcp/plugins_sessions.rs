//! Plugins that have an instance for each session.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::{
    plugins::{connected, done, failed, place},
    raw::RawClient,
    servers::{output, text, tool},
};

const COUNTER: &str = "let count = 0
export function next(): number { return ++count }
export function spin(): void { while (count >= 0) count++ }";

fn save(client: &mut RawClient, name: &str, permissions: Value) {
    let asked =
        json!({"name": name, "source": COUNTER, "reuse": "session", "permissions": permissions});
    let saved = tool(client, "save_plugin", &asked);
    assert_eq!(saved["isError"], false, "{saved}");
}

fn next(client: &mut RawClient, name: &str) -> String {
    let counted = tool(client, &format!("{name}.next"), &json!({}));
    assert_eq!(counted["isError"], false, "{counted}");
    text(&counted).to_owned()
}

#[test]
fn what_it_keeps_is_there_for_the_session_and_for_no_other() {
    let place = place("");
    let mut client = connected(&place, &[]);
    save(&mut client, "counter", json!({}));
    assert_eq!(next(&mut client, "counter"), "1");
    let code = "return [await plugins.counter.next(), await plugins.counter.next()]";
    let counted = client.call(&json!({"code": code}));
    assert_eq!(
        counted["structuredContent"]["output"],
        json!([2, 3]),
        "{counted}"
    );
    // Another profile has other limits, and instances of its own.
    assert_eq!(output(&mut client, code), json!([1, 2]));
    let mut other = connected(&place, &[]);
    assert_eq!(next(&mut other, "counter"), "1");
    assert_eq!(next(&mut client, "counter"), "4");
    let told = done(place.path(), &["info", "counter"]);
    assert!(told.contains("instances   one for each session"), "{told}");
    // Each command is a session of its own.
    for _ in 0..2 {
        assert_eq!(done(place.path(), &["call", "counter.next"]).trim(), "1");
    }
}

#[test]
fn other_rights_have_another_instance() {
    let place = place("");
    let mut client = connected(&place, &[]);
    save(&mut client, "counter", json!({"state": true}));
    assert_eq!(next(&mut client, "counter"), "1");
    assert_eq!(next(&mut client, "counter"), "2");
    done(place.path(), &["grant", "counter", "--all"]);
    assert_eq!(next(&mut client, "counter"), "1");
}

#[test]
fn a_call_that_does_not_return_ends_it_and_says_so() {
    let place = place("[profiles.default]\nwall_time_ms = 2000");
    let mut client = connected(&place, &[]);
    save(&mut client, "counter", json!({}));
    assert_eq!(next(&mut client, "counter"), "1");
    let stopped = tool(&mut client, "counter.spin", &json!({}));
    let told = failed(&stopped);
    assert!(
        told.contains("its instance of this session ended with that"),
        "{told}"
    );
    assert_eq!(next(&mut client, "counter"), "1");
}

#[test]
fn there_are_so_many_and_none_that_is_silent_for_long() {
    let place = place("[plugins]\nsession_instances = 1\nsession_idle_ms = 1000");
    let mut client = connected(&place, &[]);
    save(&mut client, "one", json!({}));
    save(&mut client, "other", json!({}));
    assert_eq!(next(&mut client, "one"), "1");
    let refused = tool(&mut client, "other.next", &json!({}));
    let told = failed(&refused);
    assert!(
        told.contains("keeps 1 instances between calls already"),
        "{told}"
    );
    thread::sleep(Duration::from_millis(3000));
    assert_eq!(next(&mut client, "other"), "1");
}

/// In revision 2026-07-28, where a question is answered by another call of the same.
#[test]
fn a_module_that_asks_keeps_what_it_has() {
    let place = place("");
    let source = "let calls = 0
export async function ask(): Promise<number> {
  calls++
  await caller.ask({ go: { form: { message: 'Go on?', schema: { type: 'object', properties: {} } } } })
  return calls
}";
    std::fs::write(place.path().join("asker.ts"), source).unwrap();
    let options = ["--ask", "questions", "--reuse", "session"];
    done(place.path(), &[&["add", "asker.ts"], &options[..]].concat());
    done(place.path(), &["grant", "asker", "--all"]);
    let mut client = RawClient::start_in(place.path(), &[]);
    let mut call = |more: Value| {
        let mut params = json!({"name": "asker__ask", "arguments": {}, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
        }});
        let members = params.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        client.request("tools/call", &params)["result"].take()
    };
    for before in [0, 2] {
        let waits = call(json!({}));
        assert_eq!(waits["resultType"], "input_required", "{waits}");
        let answers = json!({"go": {"action": "accept", "content": {}}});
        let again = json!({"requestState": waits["requestState"], "inputResponses": answers});
        assert_eq!(text(&call(again)), (before + 2).to_string());
    }
}
