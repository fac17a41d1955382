//! How long a search takes among 5 000 tools, and what 1 000 tools weigh: `cargo bench --bench search`.
//! Wanted: 1 ms at the median, 20 MB. Beside it, the `bm25` crate's own engine on the same words.

#![allow(
    clippy::expect_used,
    reason = "without its data a benchmark measures nothing"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    sync::atomic::{AtomicIsize, Ordering},
};

use bm25::{Language, SearchEngineBuilder};
use criterion::{Criterion, criterion_group, criterion_main};
use rmcp::model::Tool;
use serde::Deserialize;
use serde_json::Value;
use vesicle_bridge::search::{Index, Query, Usage};

/// Counts what is allocated.
struct Counting;

static ALLOCATED: AtomicIsize = AtomicIsize::new(0);

// SAFETY: every call is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[derive(Deserialize)]
struct Tools {
    tools: Vec<Tool>,
}

/// The 117 real tools over and over, each time under another name.
fn tools(count: usize) -> Vec<(String, Tool)> {
    let data: Tools =
        serde_json::from_str(include_str!("../../../tests/data/github-mcp-tools.json"))
            .expect("tools");
    let named = data
        .tools
        .iter()
        .cycle()
        .take(count)
        .enumerate()
        .map(|(n, tool)| {
            // Read anew, or all copies would share one schema.
            let text = serde_json::to_string(tool).expect("text");
            let mut tool: Tool = serde_json::from_str(&text).expect("tool");
            tool.name = format!("{}_{}", tool.name, n / 117).into();
            (format!("server{}", n / 117), tool)
        });
    named.collect()
}

fn tasks() -> Vec<String> {
    let data: Value =
        serde_json::from_str(include_str!("../../../tests/data/github-tasks.json")).expect("tasks");
    let tasks = data["tasks"].as_array().expect("tasks").iter();
    tasks
        .map(|task| task["task"].as_str().expect("task").to_owned())
        .collect()
}

fn index(tools: &[(String, Tool)]) -> Index {
    Index::new(tools.iter().map(|(server, tool)| (server.as_str(), tool)))
}

fn weight() {
    let before = ALLOCATED.load(Ordering::Relaxed);
    let tools = tools(1_000);
    let definitions = ALLOCATED.load(Ordering::Relaxed);
    let index = black_box(index(&tools));
    let after = ALLOCATED.load(Ordering::Relaxed);
    let megabytes = |bytes: isize| bytes as f64 / 1e6;
    println!(
        "1 000 real tools: {:.1} MB of definitions, {:.1} MB of index ({} tools)",
        megabytes(definitions - before),
        megabytes(after - definitions),
        index.len(),
    );
}

fn search(criterion: &mut Criterion) {
    weight();
    let tools = tools(5_000);
    let tasks = tasks();
    criterion.bench_function("index 5 000 tools", |bencher| {
        bencher.iter(|| index(&tools).len())
    });
    let ours = index(&tools);
    let mut usage = Usage::default();
    for (server, tool) in tools.iter().take(1_000) {
        usage.record([format!("{server}.{}", tool.name).as_str()]);
    }
    let mut next = tasks.iter().cycle();
    criterion.bench_function("search 5 000 tools", |bencher| {
        bencher.iter(|| {
            let text = next.next().map_or("", String::as_str);
            ours.search(
                &Query {
                    text,
                    server: None,
                    limit: 5,
                    used: &[],
                },
                &usage,
            )
            .len()
        });
    });
    let texts = tools.iter().map(|(_, tool)| {
        let description = tool.description.as_deref().unwrap_or_default();
        format!(
            "{} {description} {}",
            tool.name.replace('_', " "),
            Value::from((*tool.input_schema).clone())
        )
    });
    let texts: Vec<String> = texts.collect();
    let theirs = SearchEngineBuilder::<u32>::with_corpus(Language::English, texts).build();
    criterion.bench_function(
        "search 5 000 tools with the bm25 crate's engine",
        |bencher| {
            bencher.iter(|| {
                theirs
                    .search(next.next().map_or("", String::as_str), 5)
                    .len()
            });
        },
    );
}

criterion_group!(benches, search);
criterion_main!(benches);
