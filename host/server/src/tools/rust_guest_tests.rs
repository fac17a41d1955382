//! A guest in Rust (`guests/rust/tool-call`) that calls a real server's tools, through everything that
//! calls of JavaScript go through.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use insta::assert_snapshot;
use serde_json::json;
use tokio::runtime::Handle;
use vesicle_bridge::{BridgeConfig, Definitions, Variables, rust};
use vesicle_sandbox::{Call, CompileLimits, Config, Grants, Limits, Outcome, Sandbox};

use super::{ToolRules, Toolbox};
use crate::{
    config::ToolsConfig,
    limits::{Policy, Profile},
};

const PATIENCE: Duration = Duration::from_secs(60);

fn in_repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The tools of `tests/servers/raw.py`, connected.
async fn toolbox() -> Toolbox {
    let script = in_repository("tests/servers/raw.py");
    let definition = json!({"command": "python3", "args": [script]});
    let text = json!({"mcpServers": {"raw": definition}}).to_string();
    let definitions = Definitions::parse(&text, "test", &Variables::none()).unwrap();
    let config = ToolsConfig {
        bridge: BridgeConfig {
            servers: definitions.servers,
            ..BridgeConfig::default()
        },
        consent_timeout: PATIENCE,
        notes: Vec::new(),
    };
    let toolbox = Toolbox::new(config, Handle::current());
    toolbox.bridge().unwrap().settled(PATIENCE).await;
    toolbox
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_in_rust_calls_tools() {
    let toolbox = toolbox().await;
    let all = || vec!["*.*".to_owned()];
    let profile = Profile {
        tools: ToolRules::new(all(), vec![], vec!["raw.write".to_owned()]),
        ..Policy::default().default_profile().clone()
    };
    let granted = toolbox.granted(&profile, None);
    let sandbox = Sandbox::new(Config::default()).await.unwrap();
    let wasm = fs::read(in_repository("tests/programs/components/tool-call.wasm"));
    let wasm = wasm.expect("guests/build.sh makes it");
    let component = sandbox.load(wasm, CompileLimits::default()).await.unwrap();
    let mut functions = component.functions().iter();
    let run = functions.find(|function| function.name == "run").unwrap();
    let call = Call {
        limits: Limits {
            wall_time: PATIENCE,
            ..Limits::default()
        },
        grants: Grants {
            off_clock: Some(granted.off_clock()),
            tools: Arc::new(granted),
            ..Grants::default()
        },
        ..Call::new(&component, run, vec![])
    };
    let outcome = sandbox.call(call).await.unwrap();
    let Outcome::Success { stdout, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_snapshot!(stdout, @r#"
    search: raw.echo
    describe: {"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false}
    call: "hello"
    typed: {"calls":1}
    at once: {"peak":10}
    raw.echo {"text": 5}: invalid-input (the arguments of `raw.echo` are not what it takes)
    raw.echo no JSON: invalid-input (the arguments are no JSON)
    raw.ecko {}: invalid-input (the server `raw` has no tool `ecko`)
    raw.write {"key": "a"}: denied (`raw.write` is not granted to the profile `default`)
    raw.fail {"message": "it failed"}: upstream (`raw.fail` answered)
    raw.exit {}: unavailable (the connection to `raw` was lost during the call of `raw.exit`, which may have been done all the same. The connection is made again by itself)
    "#);
    let metrics = toolbox.bridge().unwrap().metrics();
    let counts = &metrics["raw"].tools;
    assert_eq!(counts["slow"].calls, 10);
    assert!(!counts.contains_key("write"), "what is denied is not sent");
    toolbox.shut_down().await;
}

/// The guest's wrappers are those that `vesicle generate raw --lang rust` writes now.
#[tokio::test]
async fn the_guest_has_the_wrappers_that_are_generated() {
    let toolbox = toolbox().await;
    let catalog = toolbox.bridge().unwrap().catalog();
    let tools = catalog.server("raw").unwrap().tools();
    let module = rust::module("raw", tools.map(|tool| (&tool.definition, None)));
    let kept = fs::read_to_string(in_repository("guests/rust/tool-call/src/raw.rs")).unwrap();
    assert!(kept == module, "generate guests/rust/tool-call/src/raw.rs");
    toolbox.shut_down().await;
}
