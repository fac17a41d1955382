//! Calls that wait for a server, from a program in a sandbox: ten at once beside one.
//!
//! `cargo bench --bench calls_at_once`. The server is a process behind two pipes, whose tool sleeps for 100 ms; between
//! it and the program lies everything that lies there in `vesicle serve`. What ten take beyond one is what
//! `Promise.all`, the sandbox, the policy and the connection do one after the other.

// A benchmark that cannot be set up has nobody to tell but who runs it.
#![allow(clippy::expect_used)]

use std::{path::Path, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use vesicle::{config::ToolsConfig, limits::Policy, tools::Toolbox};
use vesicle_bridge::{BridgeConfig, Definitions, ServerPolicy, Variables};
use vesicle_sandbox::{Config, Execution, Outcome, Sandbox};

/// How long servers may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

const PROGRAMS: [(&str, &str); 2] = [
    ("one_call", "return tools.raw.slow({ ms: 100 })"),
    (
        "ten_calls",
        "return Promise.all(Array.from({ length: 10 }, () => tools.raw.slow({ ms: 100 })))",
    ),
];

fn toolbox(runtime: &tokio::runtime::Runtime) -> Toolbox {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/servers/raw.py");
    let definition = json!({"command": "python3", "args": [script]});
    let text = json!({"mcpServers": {"raw": definition}}).to_string();
    let definitions = Definitions::parse(&text, "the benchmark", &Variables::none());
    let mut servers = definitions.expect("definitions").servers;
    for server in &mut servers {
        // The rate that holds otherwise would end the benchmark after 100 calls.
        server.policy.calls_per_minute = ServerPolicy::CALLS_PER_MINUTE_MAX;
    }
    let config = ToolsConfig {
        bridge: BridgeConfig {
            servers,
            ..BridgeConfig::default()
        },
        consent_timeout: PATIENCE,
        notes: Vec::new(),
    };
    Toolbox::new(config, runtime.handle().clone())
}

fn calls(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let toolbox = toolbox(&runtime);
    let policy = Policy::default();
    let sandbox = runtime.block_on(async {
        let bridge = toolbox.bridge().expect("a bridge");
        bridge.settled(PATIENCE).await;
        Sandbox::new(Config::default()).await.expect("a sandbox")
    });
    let mut group = criterion.benchmark_group("calls_of_100_ms");
    group.sample_size(30);
    for (name, code) in PROGRAMS {
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                let execution = Execution {
                    code: code.to_owned(),
                    tools: Arc::new(toolbox.granted(policy.default_profile(), None)),
                    ..Execution::default()
                };
                let outcome = sandbox.execute(execution).await;
                assert!(
                    matches!(outcome, Ok(Outcome::Success { .. })),
                    "{outcome:?}"
                );
            });
        });
    }
    group.finish();
    runtime.block_on(toolbox.shut_down());
}

criterion_group!(benches, calls);
criterion_main!(benches);
