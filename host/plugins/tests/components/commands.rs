//! Programs as tools: `wasi:cli/run`, and core modules that ask for WASI's preview 1.

use vesicle_plugins::adapt::{Kind, adapt};
use vesicle_sandbox::{CompileLimits, Grants, Limits};

use crate::support::{answered, call_with, limits, told, tools};

/// Copies standard input to standard output, writes its arguments and its environment to standard
/// error, and ends with the number of its arguments.
const COPY: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (func $told (param $to i32) (param $from i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $from))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $write (local.get $to) (i32.const 0) (i32.const 1) (i32.const 12))))
  (func (export "_start")
    (block $end (loop $more
      (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 4096))
      (br_if $end (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $end (i32.eqz (i32.load (i32.const 8))))
      (call $told (i32.const 1) (i32.const 8192) (i32.load (i32.const 8)))
      (br $more)))
    (drop (call $args_sizes (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 1024) (i32.const 2048)))
    (call $told (i32.const 2) (i32.const 2048) (i32.load (i32.const 20)))
    (drop (call $environ_sizes (i32.const 24) (i32.const 28)))
    (drop (call $environ (i32.const 1024) (i32.const 2048)))
    (call $told (i32.const 2) (i32.const 2048) (i32.load (i32.const 28)))
    (call $exit (i32.sub (i32.load (i32.const 16)) (i32.const 1))))
)"#;

async fn copy() -> vesicle_plugins::Tools {
    let module = wat::parse_str(COPY).unwrap();
    let (kind, component) = adapt(&module, &CompileLimits::default()).unwrap();
    assert_eq!(kind, Kind::Command);
    tools(&component).await
}

#[tokio::test]
async fn a_preview_1_command_is_one_tool() {
    let tools = copy().await;
    insta::assert_snapshot!(serde_json::to_string_pretty(tools.definitions()).unwrap());
    assert_eq!(tools.refused(), []);
    let json = r#"{"n": [1, 2]}"#;
    let arguments = serde_json::json!({ "stdin": json }).to_string();
    assert_eq!(
        answered(&tools, "run", &arguments).await,
        r#"{"stdout":"{\"n\": [1, 2]}","stderr":"run\u0000","exit_code":0}"#
    );
    assert_eq!(
        answered(&tools, "run", "{}").await,
        r#"{"stdout":"","stderr":"run\u0000","exit_code":0}"#
    );
}

/// The adapter of preview 1 knows of success and failure alone: 2 is told as 1.
#[tokio::test]
async fn an_exit_code_other_than_zero_is_a_failure() {
    let arguments = r#"{"args": ["a", "b c"], "stdin": "x"}"#;
    assert_eq!(
        answered(&copy().await, "run", arguments).await,
        r#"failure {"stdout":"x","stderr":"run\u0000a\u0000b c\u0000","exit_code":1}"#
    );
}

#[tokio::test]
async fn the_environment_is_what_is_granted() {
    let environment = vec![
        ("A".to_owned(), "1".to_owned()),
        ("B".to_owned(), "2".to_owned()),
    ];
    let grants = Grants {
        environment,
        ..Grants::default()
    };
    let outcome = call_with(&copy().await, "run", "{}", limits(), grants).await;
    assert_eq!(
        told(&outcome),
        r#"{"stdout":"","stderr":"run\u0000A=1\u0000B=2\u0000","exit_code":0}"#
    );
}

#[tokio::test]
async fn arguments_of_a_command_are_checked_as_others() {
    let tools = copy().await;
    for (arguments, expected) in [
        (
            r#"{"args": "a b"}"#,
            r#"arguments.args: expected list<string>, got the string "a b""#,
        ),
        (r#"{"stdin": 5}"#, "arguments.stdin: expected string, got 5"),
        (
            r#"{"arg": []}"#,
            "arguments.arg: there is no property here; did you mean `args`?",
        ),
    ] {
        assert_eq!(
            answered(&tools, "run", arguments).await,
            format!("InvalidInput: {expected}")
        );
    }
}

/// What it prints is its result. What of that is beyond the bound is cut, and the answer says so; if
/// it is too long then, it is no answer.
#[tokio::test]
async fn what_is_printed_is_bounded_as_a_result() {
    let limits = Limits {
        output_bytes: 1_000,
        ..limits()
    };
    let tools = copy().await;
    let printed = async |count: usize| {
        let arguments = serde_json::json!({ "stdin": "x".repeat(count) }).to_string();
        told(&call_with(&tools, "run", &arguments, limits, Grants::default()).await)
    };
    let frame = r#"{"stdout":"","stderr":"run\u0000","exit_code":0}"#.len();
    assert_eq!(printed(1_000 - frame).await.len(), 1_000);
    insta::assert_snapshot!(printed(1_001 - frame).await, @"InvalidResult: the result is more than 1000 bytes of JSON, which are accepted (`output_bytes`); ask for less, or for a part of it");
    assert!(printed(100_000).await.starts_with("InvalidResult"));
}

/// A Rust program, made by `guests/build.sh` for another test, that ends itself by returning.
#[tokio::test]
async fn a_component_that_is_a_program_is_one_tool() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/programs/components/tool-call.wasm"
    );
    let tools = tools(&std::fs::read(path).unwrap()).await;
    let names: Vec<_> = tools
        .definitions()
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    assert_eq!(names, ["run"]);
    let printed = answered(&tools, "run", "{}").await;
    assert!(
        printed.contains("exit_code\":0") && printed.contains("denied"),
        "{printed}"
    );
}

/// What Javy makes of JavaScript (`guests/rust/javy`): a core module, JSON in and JSON out.
#[tokio::test]
async fn a_program_of_javy_reads_and_writes_json() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/programs/components/javy.wasm"
    );
    let module = std::fs::read(path).unwrap();
    let (kind, component) = adapt(&module, &CompileLimits::default()).unwrap();
    assert_eq!(kind, Kind::Command);
    let tools = tools(&component).await;
    let run = async |stdin: &str| {
        let arguments = serde_json::json!({ "stdin": stdin }).to_string();
        answered(&tools, "run", &arguments).await
    };
    let rows = r#"{"by": "region", "rows": [{"region": "north", "amount": 1.5}, {"region": "süd", "amount": 2}, {"region": "north", "amount": 1}]}"#;
    let sums = r#"{"stdout":"{\"north\":2.5,\"süd\":2}","stderr":"","exit_code":0}"#;
    assert_eq!(run(rows).await, sums);
    let refused = run("no JSON").await;
    assert!(
        refused.starts_with("failure ") && refused.contains("unexpected token"),
        "{refused}"
    );
}
