//! What the store costs: loading a component that is compiled already needs no more of it than this, and the start
//! needs the list.
//!
//! `cargo bench --workspace --bench plugin_store`

#![allow(
    clippy::unwrap_used,
    reason = "without its data a benchmark measures nothing"
)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use vesicle_plugins::digest::Digest;
use vesicle_plugins::manifest::{Contents, Manifest, Offers, Reuse, Tool};
use vesicle_plugins::name::PluginName;
use vesicle_plugins::permissions::Permissions;
use vesicle_plugins::store::{Existing, Store, StoreError};

const COMPONENT_BYTES: usize = 2 << 20;
const PLUGINS: usize = 500;
const TOOLS: usize = 4;
/// As long as a schema with a dozen of properties.
const SCHEMA_BYTES: usize = 1_000;

fn install(store: &Store, name: &str, component: &[u8]) {
    let tool = |index: usize| Tool {
        name: format!("tool_{index}"),
        description: "Does one thing of several, and says in a sentence which.".to_owned(),
        input: format!(
            r#"{{"type":"object","description":"{}"}}"#,
            "x".repeat(SCHEMA_BYTES - 36)
        ),
        signature: None,
        error: None,
        output: Some(r#"{"type":"string"}"#.to_owned()),
    };
    let manifest = Manifest::new(&Contents {
        name: PluginName::parse(name).unwrap(),
        version: "1".to_owned(),
        description: "Stands for a plugin.".to_owned(),
        world: None,
        digest: Digest::of(component),
        source: None,
        source_digest: None,
        recipe: None,
        tools: (0..TOOLS).map(tool).collect(),
        offers: Offers::default(),
        reuse: Reuse::default(),
        permissions: Permissions::default(),
        provenance: None,
    })
    .unwrap();
    let staged = store
        .stage(&manifest, component, None, Existing::Update)
        .unwrap();
    store
        .settle(manifest.name(), staged, || Ok::<(), StoreError>(()))
        .unwrap();
}

/// Bytes that do not repeat, with a component's header.
fn component(length: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    let mut noise = blake3::Hasher::new().finalize_xof();
    bytes.resize(length, 0);
    noise.fill(&mut bytes[8..]);
    bytes
}

fn store(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("plugins")).unwrap();
    let large = component(COMPONENT_BYTES);
    install(&store, "large", &large);
    let name = PluginName::parse("large").unwrap();
    let digest = Digest::of(&large);

    let mut group = criterion.benchmark_group("plugin_store");
    group.bench_function("digest and verify 2 MB", |bencher| {
        bencher.iter(|| assert!(Digest::of(black_box(&large)) == digest));
    });
    group.bench_function("load 2 MB", |bencher| {
        bencher.iter_batched(
            || (),
            |()| store.load(black_box(&name)).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("look up", |bencher| {
        bencher.iter(|| store.listed(black_box(&name)).unwrap());
    });
    for index in 0..PLUGINS {
        install(
            &store,
            &format!("plugin-{index}x"),
            &component(1_000 + index),
        );
    }
    group.sample_size(20);
    group.bench_function("list 500", |bencher| {
        bencher.iter(|| assert_eq!(store.list().unwrap().plugins.len(), PLUGINS + 1));
    });
    group.finish();
}

criterion_group!(benches, store);
criterion_main!(benches);
