//! Plugins over MCP, as clients see them, with another process at the store meanwhile.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    raw::RawClient,
    servers::{output, text, tool},
    support::{VESICLE, cache_dir, unconfigured},
};

/// How long anything is waited for that has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Adds two numbers, or divides them, which traps by 0.
pub const NUMBERS: &str = r#"(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
    (func (export "spin") (loop $l (br $l))))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "divide") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "divide")))
  (func (export "spin") (canon lift (core func $i "spin"))))"#;

pub fn place(configuration: &str) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("vesicle.toml"), configuration).unwrap();
    place
}

/// `vesicle plugin …`, in another process.
fn plugin(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(VESICLE);
    command.arg("plugin").args(arguments).current_dir(place);
    command.arg("--data-dir").arg(place.join("data"));
    command.arg("--cache-dir").arg(cache_dir());
    unconfigured(&mut command).output().unwrap()
}

pub fn done(place: &Path, arguments: &[&str]) -> String {
    let finished = plugin(place, arguments);
    let told = String::from_utf8_lossy(&finished.stderr);
    assert!(finished.status.success(), "{arguments:?}: {told}");
    String::from_utf8(finished.stdout).unwrap()
}

pub fn write(place: &Path, name: &str, wat: &str) {
    fs::write(place.join(name), wat::parse_str(wat).unwrap()).unwrap();
}

/// A place where `numbers` is installed.
fn numbers(configuration: &str) -> TempDir {
    let place = place(configuration);
    write(place.path(), "numbers.wasm", NUMBERS);
    done(place.path(), &["add", "numbers.wasm"]);
    place
}

pub fn connected(place: &TempDir, options: &[&str]) -> RawClient {
    let mut client = RawClient::start_in(place.path(), options);
    client.initialize();
    client
}

fn listed(client: &mut RawClient) -> Vec<Value> {
    let tools = client.request("tools/list", &json!({}));
    tools["result"]["tools"].as_array().unwrap().clone()
}

pub fn names(client: &mut RawClient) -> Vec<String> {
    let named = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    listed(client).iter().map(named).collect()
}

pub fn failed(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result}");
    text(result)
}

/// Waits until the client is told that its list of tools changed.
pub fn told_of_changes(client: &mut RawClient) {
    let began = Instant::now();
    loop {
        let message = client.receive();
        if message["method"] == "notifications/tools/list_changed" {
            return;
        }
        assert!(began.elapsed() < PATIENCE);
    }
}

#[test]
fn tools_of_plugins_are_listed_and_called_by_each_of_their_names() {
    let place = numbers("");
    let mut client = connected(&place, &[]);
    let all = listed(&mut client);
    let add = all
        .iter()
        .find(|tool| tool["name"] == "numbers__add")
        .unwrap();
    assert_eq!(add["title"], "numbers.add");
    assert_eq!(add["inputSchema"]["required"], json!(["a", "b"]));
    let execute = all[0]["description"].as_str().unwrap();
    assert!(
        execute.contains("`plugins.NAME.TOOL(args)`: numbers.add, numbers.divide"),
        "{execute}"
    );
    let sum = json!({"a": 1, "b": 2});
    for name in ["numbers__add", "numbers.add", "plugins.numbers.add"] {
        let result = tool(&mut client, name, &sum);
        assert_eq!(
            (text(&result), &result["isError"]),
            ("3", &json!(false)),
            "{name}"
        );
        let by_name = json!({"name": name, "arguments": sum});
        assert_eq!(
            text(&tool(&mut client, "call_tool", &by_name)),
            "3",
            "{name}"
        );
    }
    let wrong = tool(&mut client, "numbers__add", &json!({"a": 1, "b": "x"}));
    assert!(failed(&wrong).contains("arguments.b"), "{wrong}");
    let trapped = tool(&mut client, "numbers__divide", &json!({"a": 1, "b": 0}));
    assert!(failed(&trapped).contains("divi"), "{trapped}");
    let unknown = tool(&mut client, "numbers.ad", &json!({}));
    assert!(
        failed(&unknown).contains("did you mean `add`?"),
        "{unknown}"
    );
    let absent = tool(&mut client, "plugins.number.add", &json!({}));
    assert!(failed(&absent).contains("numbers"), "{absent}");
}

#[test]
fn tools_of_plugins_are_found_and_described() {
    let place = numbers("");
    let mut client = connected(&place, &[]);
    let found = tool(
        &mut client,
        "search_tools",
        &json!({"query": "add numbers", "server": "plugins"}),
    );
    assert!(text(&found).starts_with("plugins: numbers.add"), "{found}");
    let written = json!({"query": "add numbers", "detail": "signatures", "server": "plugins"});
    let written = tool(&mut client, "search_tools", &written);
    assert!(
        text(&written).contains("plugins.numbers.add(args: {"),
        "{written}"
    );
    for name in ["numbers.add", "numbers__add", "plugins.numbers.add"] {
        let told = tool(&mut client, "describe_tools", &json!({"names": [name]}));
        assert!(
            text(&told).contains("plugins.numbers.add(args: {"),
            "{name}: {told}"
        );
    }
    let none = tool(
        &mut client,
        "describe_tools",
        &json!({"names": ["numbers.nothing"]}),
    );
    assert!(failed(&none).contains("no tool `nothing`"), "{none}");
}

#[test]
fn code_calls_plugins() {
    let place = numbers("");
    let mut client = connected(&place, &[]);
    let code = "const sums = await Promise.all([1, 2, 3].map(a => plugins.numbers.add({ a, b: 1 })));
        const failed = await plugins.numbers.divide({ a: 1, b: 0 }).then(() => 'no', error => error.code);
        const wrong = await plugins.numbers.add({ a: 'x' }).then(() => 'no', error => error.code);
        const absent = await plugins.nothing.add({}).then(() => 'no', error => error.code);
        const { name } = await tools.$describe('plugins.numbers.add');
        const found = (await tools.$search('add two numbers')).map(tool => tool.name);
        return { sums, failed, wrong, absent, name, found: found.includes('plugins.numbers.add') }";
    assert_eq!(
        output(&mut client, code),
        json!({
            "sums": [2, 3, 4],
            "failed": "failed",
            "wrong": "invalid_input",
            "absent": "not_found",
            "name": "plugins.numbers.add",
            "found": true,
        })
    );
    let audit = place.path().join("data/audit");
    drop(client);
    let began = Instant::now();
    loop {
        let log: String = fs::read_dir(&audit)
            .unwrap()
            .filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok())
            .collect();
        if log.contains("\"tool\":\"plugins.numbers.add\"")
            && log.contains("\"name\":\"plugins.numbers.add\"")
        {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{log}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_profile_says_which_plugins_its_callers_may_use() {
    let place =
        numbers("[plugins]\nallow = [\"numbers.add\"]\n[profiles.restrictive]\nplugins = []\n");
    let mut client = connected(&place, &[]);
    let all = names(&mut client);
    assert!(
        all.contains(&"numbers__add".to_owned()) && !all.contains(&"numbers__divide".to_owned())
    );
    let refused = tool(&mut client, "numbers__divide", &json!({"a": 4, "b": 2}));
    assert!(
        failed(&refused)
            .contains("`plugins.numbers.divide` may not be called under the profile `default`"),
        "{refused}"
    );
    let code = json!({"code": "return plugins.numbers.add({a: 1, b: 1}).catch(error => error.code)", "profile": "restrictive"});
    assert_eq!(client.call(&code)["structuredContent"]["output"], "denied");
}

#[test]
fn a_call_ends_at_its_time_or_when_the_client_cancels_it() {
    let place = numbers("[profiles.default]\nwall_time_ms = 300\n");
    let mut client = connected(&place, &[]);
    let late = tool(&mut client, "numbers__spin", &json!({}));
    assert!(failed(&late).contains("300 ms"), "{late}");
    let place = numbers("[profiles.default]\nwall_time_ms = 60000\ncpu_time_ms = 60000\n");
    let mut client = connected(&place, &["--concurrency", "1"]);
    let spinning = client.begin(
        "tools/call",
        &json!({"name": "numbers__spin", "arguments": {}}),
    );
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": spinning}});
    client.send(&cancel.to_string());
    // There is one place.
    let sum = tool(&mut client, "numbers__add", &json!({"a": 1, "b": 2}));
    assert_eq!(text(&sum), "3");
}

#[test]
fn what_another_process_changes_is_seen_by_the_next_call() {
    let place = numbers("");
    let mut client = connected(&place, &["--watch"]);
    let five = json!({"a": 4, "b": 1});
    assert_eq!(text(&tool(&mut client, "numbers__add", &five)), "5");
    let subtract = NUMBERS.replace("i32.add", "i32.sub");
    write(place.path(), "other.wasm", &subtract);
    done(
        place.path(),
        &[
            "add",
            "other.wasm",
            "--name",
            "numbers",
            "--update",
            "--version",
            "0.2.0",
        ],
    );
    assert_eq!(text(&tool(&mut client, "numbers__add", &five)), "3");
    done(place.path(), &["rollback", "numbers"]);
    assert_eq!(text(&tool(&mut client, "numbers__add", &five)), "5");
    // Whatever was told before, one more is told of what comes now.
    done(place.path(), &["remove", "numbers"]);
    let gone = tool(&mut client, "numbers.add", &five);
    assert!(failed(&gone).contains("numbers"), "{gone}");
    drop(client);
    let mut client = connected(&place, &["--watch"]);
    assert!(!names(&mut client).contains(&"numbers__add".to_owned()));
    done(place.path(), &["add", "numbers.wasm"]);
    told_of_changes(&mut client);
    assert!(names(&mut client).contains(&"numbers__add".to_owned()));
}

#[test]
fn a_call_in_flight_ends_on_the_version_that_it_began_on() {
    let place = numbers("[profiles.default]\nwall_time_ms = 3000\n");
    let mut client = connected(&place, &[]);
    let spinning = client.begin(
        "tools/call",
        &json!({"name": "numbers__spin", "arguments": {}}),
    );
    std::thread::sleep(Duration::from_millis(300));
    done(place.path(), &["remove", "numbers"]);
    let ended = loop {
        let message = client.receive();
        if message["id"] == spinning {
            break message["result"].clone();
        }
    };
    assert!(failed(&ended).contains("3000 ms"), "{ended}");
}

#[test]
fn no_server_is_called_plugins() {
    let place = place("[servers.plugins]\ncommand = \"true\"\n");
    let finished = Command::new(VESICLE)
        .args(["serve", "--data-dir", "data"])
        .current_dir(place.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&finished.stderr);
    assert!(told.contains("no server can be called `plugins`"), "{told}");
}

/// Also that a list reads no component: there are none.
#[test]
fn many_plugins_keep_nobody_waiting() {
    const PLUGINS: usize = 500;
    let place = numbers("[plugins]\nlisted_tools = 20\n");
    let store = place.path().join("data/plugins");
    let digest = fs::read_dir(store.join("plugins/numbers")).unwrap();
    let manifest = digest
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension() == Some("toml".as_ref()) && !path.ends_with("versions.toml"))
        .unwrap();
    let manifest = fs::read_to_string(manifest).unwrap();
    for n in 0..PLUGINS {
        let name = format!("p{n}x");
        let text = manifest.replace("\"numbers\"", &format!("\"{name}\""));
        let digest = vesicle_plugins::digest::Digest::of(text.as_bytes());
        let directory = store.join("plugins").join(&name);
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join(format!("{}.toml", digest.hex())), text).unwrap();
        let versions = format!("# Written by vesicle.\ncurrent = \"{digest}\"\n");
        fs::write(directory.join("versions.toml"), versions).unwrap();
    }
    fs::remove_dir_all(store.join("components")).unwrap();
    let mut client = RawClient::start_in(place.path(), &[]);
    client.initialize();
    let all = names(&mut client);
    let of_plugins = all.iter().filter(|name| name.contains("__")).count();
    assert_eq!(of_plugins, 20);
    let found = tool(
        &mut client,
        "search_tools",
        &json!({"query": "p499x add", "server": "plugins"}),
    );
    assert!(text(&found).contains("p499x.add"), "{found}");
    let gone = tool(&mut client, "p499x.add", &json!({"a": 1, "b": 2}));
    assert!(failed(&gone).contains("p499x"), "{gone}");
}
