//! What it takes until a plugin that ships can be called, when it was compiled before: its bytes checked, the compiled form
//! read and linked, its tools read.
//!
//! `cargo bench --workspace --bench plugin_load`

#![allow(
    clippy::unwrap_used,
    reason = "without its data a benchmark measures nothing"
)]

use std::path::Path;
use std::sync::Arc;

use criterion::Criterion;
use vesicle_plugins::Tools;
use vesicle_sandbox::{CompileLimits, Config, Sandbox};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cache = tempfile::tempdir().unwrap();
    let config = Config {
        cache_dir: Some(cache.path().join("cache")),
        ..Config::default()
    };
    let sandbox = runtime.block_on(Sandbox::new(config)).unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("plugin_load");
    for name in ["advise", "csv", "markdown"] {
        let path = format!("../../plugins/{name}/{name}.wasm");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let wasm: Arc<[u8]> = std::fs::read(path).unwrap().into();
        let load = || sandbox.load(wasm.clone(), CompileLimits::default());
        // Compiled once, and not measured.
        let component = runtime.block_on(load()).unwrap();
        group.bench_function(format!("{name}/cached"), |bencher| {
            bencher
                .to_async(&runtime)
                .iter(async || load().await.unwrap());
        });
        group.bench_function(format!("{name}/tools"), |bencher| {
            bencher.iter(|| Tools::read(&component, &wasm));
        });
    }
    group.finish();
    criterion.final_summary();
}
