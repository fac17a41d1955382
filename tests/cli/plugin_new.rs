//! Plugins that are started from a template, built, added and called, as the README has it.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::json;

use crate::{
    config::{Place, refused},
    plugins::{done, json_of, plugin},
    support::in_repository,
};

/// Cargo with the guests' toolchain, in a plugin's directory. What it builds of other crates is kept for the next test.
fn build(project: &std::path::Path) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("template");
    let mut cargo = Command::new("/usr/bin/cargo");
    let built = cargo
        .args(["build", "--release", "--quiet"])
        .current_dir(project)
        .env("RUSTC", "/usr/bin/rustc")
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .expect("there is no Cargo for guests; run guests/toolchain.sh");
    assert!(
        built.status.success(),
        "{}\n(guests/toolchain.sh installs the target)",
        String::from_utf8_lossy(&built.stderr)
    );
    target.join("wasm32-wasip1/release")
}

fn place() -> Place {
    Place::with("data_dir = \"data\"\n")
}

/// What tests/plugins/probe is as a component: the template with other files in it.
pub fn probe() -> String {
    static PROBE: OnceLock<String> = OnceLock::new();
    PROBE.get_or_init(|| of_template("probe")).clone()
}

fn of_template(name: &str) -> String {
    let place = place();
    done(&place, &["new", name, "--lang", "rust"]);
    let project = place.0.path().join(name);
    let ours = in_repository("tests/plugins").join(name);
    fs::copy(ours.join("world.wit"), project.join("wit/world.wit")).expect("a file");
    fs::copy(ours.join("lib.rs"), project.join("src/lib.rs")).expect("a file");
    let built = build(&project).join(format!("{name}.wasm"));
    built.to_str().expect("a UTF-8 path").to_owned()
}

#[test]
fn a_template_in_rust_builds_as_it_is_and_is_called() {
    let place = place();
    done(&place, &["new", "two-words", "--lang", "rust"]);
    let project = place.0.path().join("two-words");
    let file = build(&project).join("two_words.wasm");
    let file = file.to_str().expect("a UTF-8 path");
    let readme = fs::read_to_string(project.join("README.md")).expect("a file");
    assert!(readme.contains("release/two_words.wasm --wit wit --name two-words"));
    let wit = ["--wit", "two-words/wit", "--name", "two-words"];
    let added = json_of(&place, &[&["add", file], &wit[..]].concat());
    assert_eq!(
        (&added["kind"], &added["tools"]),
        (&json!("library"), &json!(["count"]))
    );
    let called = json_of(
        &place,
        &["call", "two-words.count", r#"{"text": "one two\nthree"}"#],
    );
    assert_eq!(
        called["output"],
        json!({"lines": 2, "words": 3, "characters": 13})
    );
    // The comments of its WIT are what models read.
    let tool = json_of(&place, &["info", "two-words"])["tools"][0].clone();
    assert_eq!(
        tool["description"],
        "Counts the lines, words and characters of a text."
    );
    assert_eq!(
        tool["output_schema"]["properties"]["characters"]["description"],
        "Characters."
    );
}

#[test]
fn what_is_packed_is_added_elsewhere_as_it_is() {
    let place = place();
    let pack = |into: &str| {
        let rights = ["--ask", "state", "--ask", "env=GREETING"];
        let words = [
            "--description",
            "Tries.",
            "--recipe",
            "cargo build",
            "--source",
        ];
        let source = in_repository("tests/plugins/probe");
        let source = [source.to_str().expect("a UTF-8 path"), "--into", into];
        done(
            &place,
            &[&["pack", &probe()], &rights[..], &words, &source].concat(),
        );
    };
    pack("one");
    pack("two");
    for file in ["probe.wasm", "plugin.toml"] {
        let read = |dir: &str| fs::read(place.0.path().join(dir).join(file)).expect("a file");
        assert_eq!(read("one"), read("two"), "{file}");
    }
    let added = json_of(&place, &["add", "one"]);
    assert_eq!(added["missing"], "env GREETING; state");
    let info = json_of(&place, &["info", "probe"]);
    assert_eq!(info["description"], "Tries.");
    assert_eq!(info["provenance"]["by"], "vesicle plugin add");
    assert!(
        refused(&plugin(&place, &["add", "one", "--name", "other"])).contains("is a directory")
    );
    assert!(refused(&plugin(&place, &["add", "."])).contains("is a directory"));
    // Another component with the same manifest is none of it.
    let wasm = place.0.path().join("two/probe.wasm");
    let mut bytes = fs::read(&wasm).expect("a file");
    bytes.extend(b"\0\x02\x01x");
    fs::write(&wasm, bytes).expect("a file");
    let other = plugin(&place, &["add", "two"]);
    assert!(
        other.stderr().contains("and this one is blake3:"),
        "{other}"
    );
}

#[test]
fn templates_of_scripts_are_plugins_as_they_are() {
    for lang in ["ts", "js"] {
        let place = place();
        done(&place, &["new", "words", "--lang", lang]);
        let file = format!("words/words.{lang}");
        assert_eq!(json_of(&place, &["add", &file])["tools"], json!(["count"]));
        let called = json_of(
            &place,
            &["call", "words.count", r#"{"text": "one two\nthree"}"#],
        );
        assert_eq!(
            called["output"],
            json!({"lines": 2, "words": 3, "characters": 13})
        );
    }
}

#[test]
fn the_types_of_scripts_are_typescript_and_of_what_there_is() {
    let place = place();
    done(&place, &["new", "words", "--lang", "ts"]);
    let types = fs::read_to_string(place.0.path().join("words/vesicle.d.ts")).expect("a file");
    let mut asked = Vec::new();
    for declared in types.split("declare const ").skip(1) {
        let (name, rest) = declared.split_once(':').expect("a type");
        asked.push(format!("typeof {name} === 'object'"));
        let (members, _) = rest.split_once("\n};").unwrap_or_default();
        let members = members.lines().filter_map(|line| line.strip_prefix("  "));
        for member in members.filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            let end = member.find(['(', '<', ':']).expect("a member");
            let kind = if member[end..].starts_with(':') {
                "object"
            } else {
                "function"
            };
            asked.push(format!("typeof {name}.{} === '{kind}'", &member[..end]));
        }
    }
    for expected in [
        "caller.ask",
        "caller.progress",
        "memory.record",
        "fs.readFile",
        "state.keys",
    ] {
        assert!(
            asked.iter().any(|line| line.contains(expected)),
            "{expected}: {asked:?}"
        );
    }
    // It is read as TypeScript, and each name in it is there.
    let module = format!(
        "{types}\nexport function absent(): string[] {{ return [{}].flatMap(([name, is]) => (is ? [] : [name])); }}",
        asked
            .iter()
            .map(|line| format!("[{}, {line}]", json!(line)))
            .collect::<Vec<_>>()
            .join(", ")
    );
    place.write("types.ts", &module);
    let added = plugin(&place, &["add", "types.ts"]);
    assert_eq!(added.code(), Some(0), "{added}");
    let called = json_of(&place, &["call", "types.absent"]);
    assert_eq!(called["output"], json!([]), "{asked:?}");
}

#[test]
fn nothing_is_written_over_and_names_are_names() {
    let place = place();
    place.write("taken/file", "");
    for name in ["taken", "../away", "Con", "con", "a b"] {
        let told = refused(&plugin(&place, &["new", name, "--lang", "rust"]));
        assert!(!told.is_empty());
    }
    let entries: Vec<_> = fs::read_dir(place.0.path().join("taken"))
        .expect("a directory")
        .collect();
    assert_eq!(entries.len(), 1);
}

#[test]
fn tools_that_a_component_lists_itself_are_in_its_manifest() {
    let place = place();
    let lister = of_template("lister");
    let added = json_of(&place, &["add", &lister, "--ask", "env=MORE"]);
    assert_eq!(added["tools"], json!(["greet"]));
    assert_eq!(
        json_of(&place, &["list"])["plugins"][0]["tools"],
        json!(["greet"])
    );
    let info = json_of(&place, &["info", "lister"]);
    assert_eq!(info["tools"][0]["description"], "Greets.");
    // What is granted does not change what it lists: it is asked without any right.
    done(&place, &["grant", "lister", "--all"]);
    let arguments = [
        "plugin",
        "call",
        "lister.greet",
        r#"{"name": "you"}"#,
        "-o",
        "json",
    ];
    let called = place.vesicle_with(&[("MORE", "1")], &arguments);
    assert_eq!(called.code(), Some(0), "{called}");
    assert!(
        called.stdout().contains(r#""output":{"hello":{"name""#),
        "{called}"
    );
}

#[test]
fn a_file_is_tried_before_it_is_added() {
    let place = place();
    let shown = done(&place, &["load", &probe()]);
    assert!(shown.contains("take: func(mb: u32) -> u32"), "{shown}");
    assert_eq!(
        done(&place, &["load", &probe(), "take", r#"{"mb": 2}"#]),
        "2"
    );
    let denied = plugin(&place, &["load", &probe(), "count"]);
    assert_eq!(denied.code(), Some(1), "{denied}");
    assert!(denied.stderr().contains("Denied"), "{denied}");
    assert!(refused(&plugin(&place, &["load", &probe(), "tak"])).contains("did you mean `take`?"));
    assert_eq!(json_of(&place, &["list"])["plugins"], json!([]));
}
