//! What the server offers beside tools: prompts made of what there is, completion, pages, and what clients watch.

use serde_json::{Value, json};

use crate::{
    plugins::{connected, done, place, write},
    raw::RawClient,
    servers,
};

fn prompt(client: &mut RawClient, name: &str, arguments: &Value) -> Value {
    client.request(
        "prompts/get",
        &json!({"name": name, "arguments": arguments}),
    )
}

fn completed(client: &mut RawClient, of: &Value, name: &str, value: &str) -> Value {
    let argument = json!({"name": name, "value": value});
    let answer = client.request(
        "completion/complete",
        &json!({"ref": of, "argument": argument}),
    );
    answer["result"]["completion"].clone()
}

fn refusal(answer: &Value) -> &str {
    answer["error"]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn prompts_are_made_of_what_there_is() {
    let place = servers::place(&json!({"raw": servers::raw(&[])}), "");
    let source = "/** Makes the end of an address. */ export function slugify(title: string): string { return title }";
    std::fs::write(place.path().join("slugs.ts"), source).unwrap();
    done(place.path(), &["add", "slugs.ts"]);
    let mut client = servers::connected(&place);
    servers::ready(&mut client, "raw");
    let episode =
        json!({"task_description": "echo a text", "domain": "tests", "task_type": "testing"});
    servers::tool(&mut client, "create_episode", &episode);
    let got = prompt(
        &mut client,
        "write_code",
        &json!({"task": "echo a text", "server": "raw"}),
    );
    let text = got["result"]["messages"][0]["content"]["text"]
        .as_str()
        .unwrap();
    for part in [
        "does this:\n\necho a text\n",
        "MB of memory",
        "It cannot fetch anything.",
        "- raw: ",
        "// tools.raw.echo",
        "- plugins.slugs.slugify: Makes the end of an address.",
        "- echo a text (",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let got = prompt(
        &mut client,
        "save_plugin",
        &json!({"purpose": "slugs", "name": "slugs"}),
    );
    let text = got["result"]["messages"][0]["content"]["text"]
        .as_str()
        .unwrap();
    assert!(
        text.contains("There is a plugin `slugs` (0.1.0), with slugify"),
        "{text}"
    );

    for (name, arguments, why) in [
        ("write_code", json!({}), "the argument `task` is missing"),
        (
            "write_code",
            json!({"task": " "}),
            "the argument `task` is missing",
        ),
        (
            "write_code",
            json!({"task": 1}),
            "the argument `task` is a text",
        ),
        (
            "write_code",
            json!({"task": "a", "name": "b"}),
            "no argument `name`; it has `task`, `server`",
        ),
        (
            "write_code",
            json!({"task": "a", "server": "gone"}),
            "no server `gone` that may be called; there is `raw`",
        ),
        (
            "write_code",
            json!({"task": "x".repeat(10_001)}),
            "has 10001 bytes, and may have 10000",
        ),
        ("read_code", json!({}), "there is no prompt `read_code`"),
    ] {
        let refused = prompt(&mut client, name, &arguments);
        assert!(refusal(&refused).contains(why), "{refused}");
    }
    let longest = prompt(
        &mut client,
        "write_code",
        &json!({"task": "x".repeat(10_000)}),
    );
    assert!(longest["result"].is_object());

    let names = |completion: &Value| completion["values"].clone();
    let of = json!({"type": "ref/prompt", "name": "write_code"});
    assert_eq!(
        names(&completed(&mut client, &of, "server", "r")),
        json!(["raw"])
    );
    assert_eq!(names(&completed(&mut client, &of, "task", "r")), json!([]));
    let of = json!({"type": "ref/prompt", "name": "save_plugin"});
    assert_eq!(
        names(&completed(&mut client, &of, "name", "SLU")),
        json!(["slugs"])
    );
    let of = json!({"type": "ref/resource", "uri": "vesicle://servers/{server}/{tool}.ts"});
    assert_eq!(
        names(&completed(&mut client, &of, "server", "")),
        json!(["raw"])
    );
    assert_eq!(
        names(&completed(&mut client, &of, "tool", "ech")),
        json!(["echo"])
    );
    let elsewhere = json!({"ref": of, "argument": {"name": "tool", "value": ""}, "context": {"arguments": {"server": "gone"}}});
    let none = client.request("completion/complete", &elsewhere);
    assert_eq!(none["result"]["completion"]["values"], json!([]));
    let of = json!({"type": "ref/resource", "uri": "vesicle://plugins/{plugin}"});
    assert_eq!(
        names(&completed(&mut client, &of, "plugin", "lug")),
        json!(["slugs"])
    );
    let of = json!({"type": "ref/prompt", "name": "gone"});
    assert_eq!(
        completed(&mut client, &of, "a", ""),
        json!({"values": [], "total": 0, "hasMore": false})
    );
}

#[test]
fn episodes_are_read_by_their_address() {
    let place = place("");
    let mut client = connected(&place, &[]);
    let episode = json!({"task_description": "a task", "domain": "tests", "task_type": "testing"});
    let made = servers::tool(&mut client, "create_episode", &episode);
    let id = made["structuredContent"]["episode_id"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"));
    let uri = format!("vesicle://episodes/{id}");
    let read = client.request("resources/read", &json!({ "uri": uri }));
    let text = read["result"]["contents"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{read}"));
    assert!(text.contains("a task"), "{text}");
    let absent = client.request("resources/read", &json!({"uri": "vesicle://episodes/none"}));
    assert_eq!(
        absent["error"]["data"]["uri"], "vesicle://episodes/none",
        "{absent}"
    );
}

/// A component with so many tools.
fn with_tools(count: usize) -> String {
    let exports: String = (0..count)
        .map(|n| format!("(func (export \"t{n}\") (canon lift (core func $i \"f\")))"))
        .collect();
    format!(
        "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) {exports})"
    )
}

#[test]
fn long_lists_come_in_pages() {
    let place = place("[plugins]\nlisted_tools = 1000\n");
    write(place.path(), "many.wasm", &with_tools(250));
    done(place.path(), &["add", "many.wasm"]);
    let mut client = connected(&place, &[]);
    let first = client.request("tools/list", &json!({}));
    let count = |page: &Value| page["result"]["tools"].as_array().unwrap().len();
    assert_eq!(count(&first), 200);
    let cursor = first["result"]["nextCursor"].as_str().unwrap();
    let second = client.request("tools/list", &json!({ "cursor": cursor }));
    assert!(second["result"].get("nextCursor").is_none());
    let names: std::collections::HashSet<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["result"]["tools"].as_array().unwrap())
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names.len(),
        count(&first) + count(&second),
        "each of them once"
    );
    assert!(names.contains("many__t249"));
    for method in [
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ] {
        for wrong in ["", "200", "bm8"] {
            let refused = client.request(method, &json!({ "cursor": wrong }));
            assert_eq!(
                refused["error"]["code"], -32602,
                "{method} {wrong}: {refused}"
            );
        }
    }
    // A cursor of another list.
    let refused = client.request("prompts/list", &json!({ "cursor": cursor }));
    assert!(refusal(&refused).contains("no page of prompts at this cursor"));
}

#[test]
fn a_session_is_told_what_changed() {
    let place = place("");
    write(place.path(), "a.wasm", &with_tools(1));
    let mut client = connected(&place, &["--watch"]);
    let watch = json!({"uri": "vesicle://plugins/a"});
    assert_eq!(
        client.request("resources/subscribe", &watch)["result"],
        json!({})
    );
    client.request(
        "resources/subscribe",
        &json!({"uri": "vesicle://plugins/b"}),
    );
    client.request(
        "resources/unsubscribe",
        &json!({"uri": "vesicle://plugins/b"}),
    );
    done(place.path(), &["add", "a.wasm"]);
    let mut told = Vec::new();
    while told
        .last()
        .is_none_or(|last| *last != "notifications/resources/updated")
    {
        let message = client.receive();
        if message["method"] == "notifications/resources/updated" {
            assert_eq!(message["params"], watch);
        }
        told.push(message["method"].as_str().unwrap().to_owned());
    }
    for list in ["tools", "prompts", "resources"] {
        let wanted = format!("notifications/{list}/list_changed");
        assert!(told.contains(&wanted), "{told:?}");
    }
}
