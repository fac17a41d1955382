//! How long declarations take: `cargo bench --bench generate`. Wanted: 50 tools of 5 properties in
//! 0.5 ms, 1 000 in 10 ms.

#![allow(
    clippy::expect_used,
    reason = "without its data a benchmark measures nothing"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rmcp::model::Tool;
use serde_json::json;
use vesicle_bridge::typescript::Typed;

fn tools(count: usize) -> Vec<Tool> {
    let tools = (0..count).map(|n| {
        json!({
            "name": format!("tool_{n}"),
            "description": format!("Does the thing of number {n} in a repository, and says how it went."),
            "inputSchema": {
                "type": "object",
                "properties": {
                    "owner": {"type": "string", "description": "Who owns the repository"},
                    "count": {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
                    "state": {"type": "string", "enum": ["open", "closed", "all"]},
                    "labels": {"type": "array", "items": {"type": "string"}},
                    "options": {"type": "object", "properties": {"deep": {"type": "boolean"}}},
                },
                "required": ["owner"],
            },
        })
    });
    serde_json::from_value(tools.collect()).expect("tools")
}

fn generation(criterion: &mut Criterion) {
    for count in [50, 1_000] {
        let tools = tools(count);
        criterion.bench_function(&format!("declarations of {count} tools"), |bencher| {
            bencher.iter(|| {
                let texts = tools
                    .iter()
                    .map(|tool| Typed::new("server", tool, None).declaration());
                texts.map(|text| black_box(text).len()).sum::<usize>()
            });
        });
        criterion.bench_function(&format!("files of {count} tools"), |bencher| {
            bencher.iter(|| {
                let texts = tools
                    .iter()
                    .map(|tool| Typed::new("server", tool, None).module(&tool.name));
                texts.map(|text| black_box(text).len()).sum::<usize>()
            });
        });
    }
}

criterion_group!(benches, generation);
criterion_main!(benches);
