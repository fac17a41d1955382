//! Plugins that agents write over MCP: saved, called in later sessions, granted by the operator or by a person, removed.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    plugins::{NUMBERS, connected, done, failed, names, place, told_of_changes, write},
    raw::RawClient,
    servers::{output, text, tool},
};

const SLUG: &str = "/** Makes an address of a title. */
export function slug({ title }: { title: string }): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}";

/// Needs `state`.
const COUNTER: &str = "export async function count(): Promise<number> {
  const count = ((await state.get('count')) ?? 0) + 1;
  await state.set('count', count);
  return count;
}";

/// Calls the plugins on its path, one after the other from within.
const RELAY: &str = "export async function go({ path }: { path: string[] }): Promise<string> {
  const [next, ...rest] = path;
  return next === undefined ? 'end' : `${next} ${await plugins[next].go({ path: rest })}`;
}";

fn save(client: &mut RawClient, name: &str, source: &str, permissions: Value) -> Value {
    let asked = json!({"name": name, "source": source, "permissions": permissions});
    tool(client, "save_plugin", &asked)
}

fn saved(client: &mut RawClient, name: &str, source: &str, permissions: Value) -> Value {
    let result = save(client, name, source, permissions);
    assert_eq!(result["isError"], false, "{result}");
    result["structuredContent"].clone()
}

fn number(result: &Value) -> u64 {
    assert_eq!(result["isError"], false, "{result}");
    text(result).parse().unwrap()
}

#[test]
fn what_is_saved_is_a_tool_of_this_session_and_of_later_ones() {
    let place = place("");
    let mut client = connected(&place, &[]);
    let told = saved(&mut client, "slugify", SLUG, json!({}));
    assert_eq!(told["tools"], json!(["slugify.slug"]));
    assert_eq!(
        (&told["changed"], &told["standing"]),
        (&json!(true), &json!("nothing-asked"))
    );
    assert_eq!(
        saved(&mut client, "slugify", SLUG, json!({}))["changed"],
        false
    );
    let title = json!({"title": "How it works"});
    assert_eq!(
        text(&tool(&mut client, "slugify__slug", &title)),
        "\"how-it-works\""
    );
    let code = "return plugins.slugify.slug({ title: input?.title ?? 'From code' })";
    assert_eq!(output(&mut client, code), "from-code");
    // Another session, and one of a host that was started anew.
    let mut other = connected(&place, &[]);
    assert!(names(&mut other).contains(&"slugify__slug".to_owned()));
    drop(client);
    let mut client = connected(&place, &[]);
    assert_eq!(
        text(&tool(&mut client, "slugify__slug", &title)),
        "\"how-it-works\""
    );
    let info = tool(&mut client, "plugin_info", &json!({"name": "slugify"}));
    let info = &info["structuredContent"];
    assert_eq!(
        info["tools"][0]["description"],
        "Makes an address of a title."
    );
    assert_eq!(info["saved_by_agent"], true);
    let removed = tool(&mut client, "remove_plugin", &json!({"name": "slugify"}));
    assert_eq!(removed["structuredContent"]["removed"], true, "{removed}");
    let gone = tool(&mut other, "slugify.slug", &title);
    assert!(failed(&gone).contains("slugify"), "{gone}");
}

#[test]
fn clients_are_told_of_what_is_saved() {
    let place = place("");
    let mut client = connected(&place, &[]);
    let _ = names(&mut client);
    let asked = json!({"name": "slugify", "source": SLUG});
    client.begin(
        "tools/call",
        &json!({"name": "save_plugin", "arguments": asked}),
    );
    told_of_changes(&mut client);
}

#[test]
fn what_is_saved_has_nothing_until_it_is_granted() {
    let place = place("");
    let mut client = connected(&place, &[]);
    let told = saved(&mut client, "counter", COUNTER, json!({"state": true}));
    assert_eq!(
        (&told["standing"], &told["missing"]),
        (&json!("never-granted"), &json!("state"))
    );
    assert_eq!(told["grant_by"], "vesicle plugin grant counter --all");
    let denied = tool(&mut client, "counter__count", &json!({}));
    let told = failed(&denied);
    assert!(
        told.contains("not granted to it: state; the operator grants it with `vesicle plugin grant counter --all`"),
        "{told}"
    );
    done(place.path(), &["grant", "counter", "--all"]);
    assert_eq!(number(&tool(&mut client, "counter__count", &json!({}))), 1);
    assert_eq!(number(&tool(&mut client, "counter__count", &json!({}))), 2);
    // The next version has to be granted again.
    let other = COUNTER.replace("+ 1", "+ 10");
    let told = saved(&mut client, "counter", &other, json!({"state": true}));
    assert_eq!(
        (&told["version"], &told["standing"]),
        (&json!("0.1.1"), &json!("changed"))
    );
    failed(&tool(&mut client, "counter__count", &json!({})));
    done(place.path(), &["rollback", "counter"]);
    assert_eq!(number(&tool(&mut client, "counter__count", &json!({}))), 3);
    done(place.path(), &["revoke", "counter"]);
    failed(&tool(&mut client, "counter__count", &json!({})));
}

/// Saves it as a client that can ask, where a person answers with `action`; what the person read.
fn asked(client: &mut RawClient, action: &str) -> (String, Value) {
    let asked = json!({"name": "counter", "source": COUNTER, "permissions": {"state": true}});
    let save = client.begin(
        "tools/call",
        &json!({"name": "save_plugin", "arguments": asked}),
    );
    let mut question = String::new();
    loop {
        let message = client.receive();
        if message["method"] == "elicitation/create" {
            question = message["params"]["message"].as_str().unwrap().to_owned();
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": {"action": action, "content": {}}});
            client.send(&answer.to_string());
        }
        if message["id"] == save && message.get("method").is_none() {
            return (question, message["result"]["structuredContent"].clone());
        }
    }
}

#[test]
fn a_person_grants_what_a_saved_plugin_asks_for() {
    let place = place("");
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize_with(&json!({"elicitation": {}}));
    let (question, told) = asked(&mut client, "decline");
    assert!(
        question.contains("It asks for: state\n") && question.contains("state.set('count'"),
        "{question}"
    );
    assert_eq!(
        (&told["asked"], &told["missing"]),
        (&json!("a person declined to grant it"), &json!("state"))
    );
    failed(&tool(&mut client, "counter__count", &json!({})));
    let (_, told) = asked(&mut client, "accept");
    assert_eq!(
        (&told["asked"], &told["standing"]),
        (&json!("a person granted it"), &json!("granted"))
    );
    assert_eq!(number(&tool(&mut client, "counter__count", &json!({}))), 1);
    // There is nothing left to ask.
    assert_eq!(asked(&mut client, "accept").0, "");

    let operators = crate::plugins::place("[plugins]\nsave = \"operator\"\n");
    let mut client = RawClient::start_in(operators.path(), &[]);
    client.initialize_with(&json!({"elicitation": {}}));
    let (question, told) = asked(&mut client, "accept");
    assert_eq!((question.as_str(), &told["missing"]), ("", &json!("state")));
}

#[test]
fn agents_leave_the_operators_plugins_alone() {
    let place = place("");
    write(place.path(), "numbers.wasm", NUMBERS);
    done(place.path(), &["add", "numbers.wasm"]);
    let mut client = connected(&place, &[]);
    let refused = save(&mut client, "numbers", SLUG, json!({}));
    assert!(
        failed(&refused).contains("was not saved by an agent"),
        "{refused}"
    );
    let refused = tool(&mut client, "remove_plugin", &json!({"name": "numbers"}));
    assert!(
        failed(&refused).contains("was not saved by an agent"),
        "{refused}"
    );
    let listed = tool(&mut client, "list_plugins", &json!({}));
    assert_eq!(
        listed["structuredContent"]["plugins"][0]["saved_by_agent"], false,
        "{listed}"
    );
    let never = crate::plugins::place("[plugins]\nsave = \"never\"\n");
    let mut client = connected(&never, &[]);
    assert!(!names(&mut client).contains(&"save_plugin".to_owned()));
    let call = json!({"name": "save_plugin", "arguments": {"name": "slugify", "source": SLUG}});
    assert!(client.request("tools/call", &call)["error"].is_object());
}

#[test]
fn a_version_that_does_not_work_leaves_the_one_before() {
    let place = place("");
    let mut client = connected(&place, &[]);
    saved(&mut client, "slugify", SLUG, json!({}));
    for (source, permissions) in [
        ("const none = 1;", json!({})),
        ("export function f( {", json!({})),
        (
            "throw new Error('at once'); export function f() {}",
            json!({}),
        ),
        (SLUG, json!({"hosts": ["no host"]})),
        (SLUG, json!({"files": []})),
    ] {
        let refused = save(&mut client, "slugify", source, permissions);
        failed(&refused);
    }
    failed(&save(&mut client, "../x", SLUG, json!({})));
    let title = json!({"title": "a b"});
    assert_eq!(text(&tool(&mut client, "slugify__slug", &title)), "\"a-b\"");
}

#[test]
fn a_version_serves_once_it_passed_the_call_that_its_author_named() {
    let place = place("");
    let mut client = connected(&place, &[]);
    saved(&mut client, "slugify", SLUG, json!({}));
    let worse = SLUG.replace("title.toLowerCase()", "title.nothing()");
    let try_of = |source: &str, smoke: &Value| {
        let asked = json!({"name": "slugify", "source": source, "smoke": smoke});
        move |client: &mut RawClient| tool(client, "save_plugin", &asked)
    };
    let smoke = json!({"tool": "slug", "arguments": {"title": "A"}});
    let refused = try_of(&worse, &smoke)(&mut client);
    let told = failed(&refused);
    assert!(told.contains("does not pass its first call"), "{told}");
    assert!(told.contains("not a function"), "{told}");
    let absent = try_of(&worse, &json!({"tool": "snail"}))(&mut client);
    assert!(failed(&absent).contains("it has `slug`"), "{absent}");
    let title = json!({"title": "a b"});
    assert_eq!(text(&tool(&mut client, "slugify__slug", &title)), "\"a-b\"");
    let better = SLUG.replace("'-'", "'_'");
    let passed = try_of(&better, &smoke)(&mut client);
    assert_eq!(passed["isError"], false, "{passed}");
    assert_eq!(text(&tool(&mut client, "slugify__slug", &title)), "\"a_b\"");
    done(place.path(), &["rollback", "slugify"]);
    assert_eq!(text(&tool(&mut client, "slugify__slug", &title)), "\"a-b\"");
}

fn relays(place: &TempDir, client: &mut RawClient, names: &[&str]) {
    for name in names {
        saved(client, name, RELAY, json!({"tools": ["plugins.*.go"]}));
        grant(place.path(), name);
    }
}

fn grant(place: &Path, name: &str) {
    done(place, &["grant", name, "--all"]);
}

#[test]
fn plugins_call_what_they_are_granted() {
    let place = place("");
    let mut client = connected(&place, &["--concurrency", "1"]);
    relays(&place, &mut client, &["a", "b", "c", "d", "e"]);
    let go =
        |client: &mut RawClient, path: &[&str]| tool(client, "a__go", &json!({ "path": path }));
    assert_eq!(text(&go(&mut client, &["b", "c", "d"])), "\"b c d end\"");
    let deep = go(&mut client, &["b", "c", "d", "e"]);
    assert!(
        failed(&deep).contains("a.go → b.go → c.go → d.go → e.go"),
        "{deep}"
    );
    let circle = go(&mut client, &["b", "a"]);
    assert!(
        failed(&circle).contains("in a circle: a.go → b.go → a.go"),
        "{circle}"
    );
    let code = "return plugins.a.go({ path: ['b', 'c', 'd'] })";
    assert_eq!(output(&mut client, code), "b c d end");
    done(place.path(), &["revoke", "a"]);
    let denied = go(&mut client, &["b"]);
    assert!(
        failed(&denied).contains("not granted to it: tools plugins.*.go"),
        "{denied}"
    );
}
