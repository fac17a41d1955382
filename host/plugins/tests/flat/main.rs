//! Many calls of many plugins leave no memory behind. Alone in its process, whose memory is looked at.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::value::RawValue;
use vesicle_plugins::{Answer, Invocation, Tools};
use vesicle_sandbox::{CompileLimits, Config, Grants, Limits, Outcome, Sandbox};

const PLUGINS: usize = 100;
const CALLS_EACH: usize = 1_000;
/// After so many calls of each, pools and allocators have what they need.
const WARM_CALLS_EACH: usize = 50;
/// How much more there may be in the end, in bytes: some forty for each call.
const MORE_MAX: usize = 4 << 20;

/// Adds its own number, in a memory of which it changes a page.
fn plugin(number: usize) -> Vec<u8> {
    let text = format!(
        r#"(component
          (core module $m
            (memory 2)
            (func (export "add") (param i32) (result i32)
              (i32.store (i32.const 70000) (local.get 0))
              (i32.add (i32.load (i32.const 70000)) (i32.const {number}))))
          (core instance $i (instantiate $m))
          (func (export "add") (param "a" u32) (result u32) (canon lift (core func $i "add"))))"#
    );
    wat::parse_str(text).unwrap()
}

/// The memory of this process that is in use, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().next());
    kb.unwrap().parse::<usize>().unwrap() * 1_024
}

async fn call(sandbox: &Sandbox, tools: &Tools, number: usize) {
    let arguments = RawValue::from_string(r#"{"a":1}"#.to_owned()).unwrap();
    let invocation = Invocation {
        tool: "add",
        arguments: &arguments,
        limits: Limits {
            cpu_percent: 100,
            ..Limits::default()
        },
        grants: Grants::default(),
        session: None,
        residence: None,
    };
    match tools.call(sandbox, invocation).await.unwrap() {
        Outcome::Success {
            output: Answer::Result(value),
            ..
        } => assert_eq!(value.get(), (number + 1).to_string()),
        other => panic!("{other:?}"),
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hundred_plugins_with_a_thousand_calls_each_leave_nothing() {
    let config = Config {
        cache_dir: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vesicle-plugins-cache")),
        ..Config::default()
    };
    let sandbox = Sandbox::new(config).await.unwrap();
    let mut plugins = Vec::new();
    for number in 0..PLUGINS {
        let wasm: Arc<[u8]> = plugin(number).into();
        let loaded = sandbox.load(wasm.clone(), CompileLimits::default());
        plugins.push(Tools::read(&loaded.await.unwrap(), &wasm));
    }
    // Each plugin is called in turn, so that no instance follows one of its own kind.
    let round = async |times: usize| {
        for _ in 0..times {
            for (number, tools) in plugins.iter().enumerate() {
                call(&sandbox, tools, number).await;
            }
        }
    };
    round(WARM_CALLS_EACH).await;
    let before = resident();
    round(CALLS_EACH - WARM_CALLS_EACH).await;
    let after = resident();
    assert!(
        after <= before + MORE_MAX,
        "{before} bytes before, {after} after"
    );
}
