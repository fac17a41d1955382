//! Plugins at the command line, with components that other toolchains made: added, granted, called, changed, removed.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{
    Finished,
    config::{Place, refused},
    support::in_repository,
};

/// Adds two numbers, or divides them, which traps by 0.
pub const NUMBERS: &str = r#"(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "divide") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "divide"))))"#;

fn place() -> Place {
    Place::with("data_dir = \"data\"\n")
}

/// A place with `numbers.wasm`.
pub fn numbers() -> Place {
    let place = place();
    write(&place, "numbers.wasm", NUMBERS);
    place
}

pub fn write(place: &Place, path: &str, wat: &str) {
    let wasm = wat::parse_str(wat).expect("WebAssembly");
    fs::write(place.0.path().join(path), wasm).expect("a file");
}

pub fn guest(name: &str) -> String {
    let path = in_repository("tests/programs/components").join(name);
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// `vesicle plugin …`.
pub fn plugin(place: &Place, arguments: &[&str]) -> Finished {
    place.vesicle(&[&["plugin"], arguments].concat())
}

/// The same, which has to succeed.
pub fn done(place: &Place, arguments: &[&str]) -> String {
    let finished = plugin(place, arguments);
    assert_eq!(finished.code(), Some(0), "{finished}");
    finished.stdout().trim_end().to_owned()
}

pub fn json_of(place: &Place, arguments: &[&str]) -> Value {
    let text = done(place, &[arguments, &["-o", "json"]].concat());
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn functions_of_a_component_are_called() {
    let place = numbers();
    assert_snapshot!(done(&place, &["list"]), @"there are no plugins in `data/plugins`; `vesicle plugin add FILE` adds one");
    assert_snapshot!(done(&place, &["add", "numbers.wasm"]), @r"
    added numbers 0.1.0
      numbers.add
      numbers.divide
    ");
    assert_eq!(
        done(&place, &["call", "numbers.add", r#"{"a": 1, "b": 2}"#]),
        "3"
    );
    let outcome = json_of(&place, &["call", "numbers.divide", r#"{"a": 9, "b": 2}"#]);
    assert_eq!(
        (&outcome["status"], &outcome["output"]),
        (&json!("success"), &json!(4))
    );
    let trapped = plugin(&place, &["call", "numbers.divide", r#"{"a": 9, "b": 0}"#]);
    assert_eq!(
        (trapped.code(), trapped.stdout()),
        (Some(1), ""),
        "{trapped}"
    );
    let listed = json_of(&place, &["list"]);
    assert_eq!(listed["plugins"][0]["tools"], json!(["add", "divide"]));
    assert_eq!(listed["plugins"][0]["standing"], json!("nothing-asked"));
}

#[test]
fn calls_that_make_no_sense_are_told_why() {
    let place = numbers();
    done(&place, &["add", "numbers.wasm"]);
    let told: Vec<String> = [
        ["numbers.add", r#"{"a": 1}"#],
        ["numbers.add", r#"{"a": 1, "b": "x"}"#],
        ["numbers.ad", "{}"],
        ["number.add", "{}"],
        ["numbers", "{}"],
        ["../numbers.add", "{}"],
        ["numbers.add", "[1]"],
    ]
    .into_iter()
    .map(|[tool, arguments]| refused(&plugin(&place, &["call", tool, arguments])))
    .collect();
    assert_snapshot!(told.concat());
}

#[test]
fn the_same_twice_is_one_plugin_and_another_is_refused_or_the_next_version() {
    let place = numbers();
    done(&place, &["add", "numbers.wasm"]);
    let again = json_of(&place, &["add", "numbers.wasm"]);
    assert_eq!(again["changed"], json!(false));
    write(&place, "other.wasm", &NUMBERS.replace("i32.add", "i32.sub"));
    let other = &["add", "other.wasm", "--name", "numbers"];
    assert_snapshot!(refused(&plugin(&place, other)), @"error: there is a plugin `numbers` that is another; --update makes this its next version, --name gives it another name");
    let five = &["call", "numbers.add", r#"{"a": 4, "b": 1}"#];
    assert_eq!(done(&place, five), "5");
    done(
        &place,
        &[&other[..], &["--update", "--version", "0.2.0"]].concat(),
    );
    assert_eq!(done(&place, five), "3");
    let back = json_of(&place, &["rollback", "numbers"]);
    assert_eq!(back["version"], json!("0.1.0"));
    assert_eq!(done(&place, five), "5");
    done(&place, &["rollback", "numbers"]);
    assert_eq!(done(&place, five), "3");
}

#[test]
fn what_makes_no_plugin_is_refused_and_nothing_is_written() {
    let place = place();
    for (path, text) in [
        ("empty.wasm", ""),
        ("text.wasm", "words"),
        ("wat.wasm", "(component)"),
    ] {
        place.write(path, text);
    }
    write(&place, "module.wasm", r#"(module (func (export "f")))"#);
    write(&place, "none.wasm", "(component)");
    write(
        &place,
        "asks.wasm",
        r#"(component (import "test:asks/missing" (instance (export "ask" (func (result u32))))))"#,
    );
    write(&place, "con.wasm", NUMBERS);
    let told: Vec<String> = [
        "empty.wasm",
        "text.wasm",
        "wat.wasm",
        "module.wasm",
        "none.wasm",
        "asks.wasm",
        "con.wasm",
        "missing.wasm",
        "https://example.com/a.wasm",
        "https://example.com/a.wasm#blake3=6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
        "oci://example.com/a:latest",
    ]
    .into_iter()
    .map(|source| {
        let finished = plugin(&place, &["add", source]);
        assert!(matches!(finished.code(), Some(1 | 2)), "{finished}");
        assert_eq!(finished.stdout(), "");
        format!("{:?} {}", finished.code().unwrap(), finished.stderr())
    })
    .collect();
    assert_snapshot!(told.concat());
    assert_eq!(json_of(&place, &["list"])["plugins"], json!([]));
}

#[test]
fn what_is_granted_can_be_done_and_what_is_revoked_no_longer() {
    let place = place();
    place.write("files/a.txt", "");
    place.write("readonly/hello.txt", "hello");
    let file = guest("std-fs.wasm");
    let ask = ["--ask", "preopen=/data:rw", "--ask", "preopen=/readonly"];
    done(&place, &[&["add", &file], &ask[..]].concat());
    let works = |place: &Place| {
        let answer = done(place, &["call", "std-fs.run"]);
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let printed = answer["stdout"].as_str().expect("a text").to_owned();
        printed.lines().next().expect("a line").to_owned()
    };
    assert!(works(&place).starts_with("works: NOT"));
    assert_snapshot!(refused(&plugin(&place, &["grant", "std-fs"])), @"error: say what to grant, or --all; `std-fs` asks for: preopen /data (read-write), /readonly (read)");
    let partly = json_of(&place, &["grant", "std-fs", "--all", "preopen=files:/data"]);
    assert_eq!(
        partly["missing"],
        json!("preopen /data (read-write), /readonly (read)")
    );
    assert!(
        works(&place).starts_with("works: NOT"),
        "granted for reading alone"
    );
    let rights = ["preopen=files:/data:rw", "preopen=readonly:/readonly:rw"];
    let wholly = json_of(&place, &[&["grant", "std-fs"], &rights[..]].concat());
    assert_eq!(wholly["standing"], json!("granted"));
    assert_eq!(
        works(&place),
        r#"works: "one\nTWO\n" 3 ["b.txt", "deep"] hello"#
    );
    let info = json_of(&place, &["info", "std-fs"]);
    let effective = info["rights"]["preopen"]["effective"].to_string();
    assert!(effective.contains("/readonly = "), "{effective}");
    assert!(
        effective.contains("readonly (read)"),
        "asked for reading: {effective}"
    );
    done(&place, &["revoke", "std-fs"]);
    assert!(works(&place).starts_with("works: NOT"));
}

#[test]
fn another_component_has_to_be_granted_again() {
    let place = numbers();
    let ask = ["--ask", "state", "--ask", "memory_mb=64"];
    done(&place, &[&["add", "numbers.wasm"], &ask[..]].concat());
    assert_eq!(
        json_of(&place, &["grant", "numbers", "--all"])["missing"],
        json!("")
    );
    write(
        &place,
        "numbers.wasm",
        &NUMBERS.replace("i32.add", "i32.sub"),
    );
    let next = json_of(
        &place,
        &[&["add", "numbers.wasm", "--update"], &ask[..]].concat(),
    );
    assert_eq!(next["standing"], json!("changed"));
    assert_eq!(next["missing"], json!("state; limits memory_mb = 64"));
    // The one that was looked at has what it was granted.
    assert_eq!(
        json_of(&place, &["rollback", "numbers"])["missing"],
        json!("")
    );
}

#[test]
fn tools_of_servers_are_called_within_the_grant() {
    let place = place();
    let server = in_repository("tests/servers/raw.py");
    let servers = json!({"mcpServers": {"raw": {"command": "python3", "args": [server]}}});
    place.write(".mcp.json", &servers.to_string());
    done(
        &place,
        &["add", &guest("tool-call.wasm"), "--ask", "tools=raw.*"],
    );
    let lines = |place: &Place| {
        let answer = json_of(place, &["call", "tool-call.run", "--timeout", "4s"]);
        let printed = answer["output"]["stdout"].as_str().map(str::to_owned);
        printed.unwrap_or_else(|| panic!("{answer}"))
    };
    assert!(lines(&place).contains("call: denied (no tools are granted"));
    done(&place, &["grant", "tool-call", "tools=raw.search"]);
    assert!(
        lines(&place)
            .contains("call: denied (`raw.echo` is not granted to the plugin `tool-call`)")
    );
    done(&place, &["grant", "tool-call", "tools=raw.echo"]);
    let told = lines(&place);
    assert!(told.contains("search: raw.echo"), "{told}");
    assert!(!told.contains("call: denied"), "{told}");
}

#[test]
fn info_tells_what_a_component_is() {
    let place = numbers();
    let add = ["add", "numbers.wasm", "--description", "Counts."];
    done(
        &place,
        &[&add[..], &["--ask", "hosts=api.example.com:443"]].concat(),
    );
    done(&place, &["grant", "numbers", "hosts=*.example.com:443"]);
    let told = done(&place, &["info", "numbers"]);
    // What differs from run to run.
    let lines = told
        .lines()
        .filter(|line| !line.starts_with("added") && !line.starts_with("loaded"));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    let info = json_of(&place, &["info", "numbers"]);
    assert_eq!(
        info["tools"][0]["input_schema"]["required"],
        json!(["a", "b"])
    );
    assert_eq!(
        info["rights"]["hosts"]["effective"],
        json!(["api.example.com:443"])
    );
    assert!(info["component"]["wit"].is_string() && info["load_ms"].is_u64());
}

#[test]
fn damage_is_found_and_nothing_damaged_is_called() {
    let place = numbers();
    done(&place, &["add", "numbers.wasm"]);
    assert_eq!(json_of(&place, &["verify"])["sound"], json!(true));
    let components = place.0.path().join("data/plugins/components");
    let file = fs::read_dir(components)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let verified = plugin(&place, &["verify"]);
    assert_eq!(verified.code(), Some(1), "{verified}");
    assert!(verified.stdout().ends_with("NOT WHOLE\n"), "{verified}");
    let called = plugin(&place, &["call", "numbers.add", r#"{"a": 1, "b": 2}"#]);
    assert_eq!(called.code(), Some(1), "{called}");
    assert!(called.stderr().contains("is damaged"), "{called}");
    // Adding it again mends it.
    done(&place, &["add", "numbers.wasm"]);
    assert_eq!(
        done(&place, &["call", "numbers.add", r#"{"a": 1, "b": 2}"#]),
        "3"
    );
    done(&place, &["remove", "numbers"]);
    assert_eq!(plugin(&place, &["info", "numbers"]).code(), Some(2));
    assert_eq!(
        json_of(&place, &["gc", "--unused-for", "0s"])["components"],
        json!(1)
    );
    assert!(!file.exists());
}

#[test]
fn a_removed_plugin_leaves_no_grant_to_one_of_its_name() {
    let place = numbers();
    done(&place, &["add", "numbers.wasm", "--ask", "state"]);
    done(&place, &["grant", "numbers", "--all"]);
    done(&place, &["remove", "numbers"]);
    let again = json_of(&place, &["add", "numbers.wasm", "--ask", "state"]);
    assert_eq!(again["standing"], json!("never-granted"));
}

#[test]
fn plugins_lie_where_they_are_told_to() {
    let place = numbers();
    done(&place, &["add", "numbers.wasm", "--plugin-dir", "mine"]);
    assert!(place.0.path().join("mine/plugins/numbers").is_dir());
    assert_eq!(json_of(&place, &["list"])["plugins"], json!([]));
    assert_eq!(
        json_of(&place, &["--plugin-dir", "mine", "list"])["plugins"][0]["name"],
        json!("numbers")
    );
}

#[test]
fn programs_call_plugins() {
    let place = numbers();
    done(&place, &["add", "numbers.wasm"]);
    place.write(
        "sums.ts",
        "return Promise.all([1, 2, 3].map(a => plugins.numbers.add({ a, b: 1 })))",
    );
    let ran = place.vesicle(&["run", "sums.ts", "--json"]);
    let outcome: Value = serde_json::from_str(ran.stdout()).expect("JSON");
    assert_eq!(outcome["output"], json!([2, 3, 4]), "{ran}");
}
