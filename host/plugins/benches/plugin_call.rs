//! A call of a plugin's tool, JSON in to JSON out in a fresh instance, beside the bare call that
//! Wasmtime makes of the same function in a fresh instance of the same engine, with types that are
//! known when it is compiled. The difference is what the sandbox and the JSON cost. And modules: built,
//! loaded, and called, beside a program of no more than `return 1 + 1` on the same engine.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../tests/components/support.rs"]
mod support;

use std::time::{Duration, Instant};

use criterion::Criterion;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;
use vesicle_plugins::script::Script;
use vesicle_plugins::{Answer, Invocation, Tools};
use vesicle_sandbox::{CompileLimits, Config, Execution, Grants, Limits, Outcome, Sandbox};
use wasmtime::component::{Component, ComponentType, Lift, Linker, Lower};
use wasmtime::{Engine, Store};

/// The sum of an order's items, as a plugin in Rust would have it.
const WIT: &str = "
package bench:orders;
world orders {
  record item { name: string, count: u32, price: f64 }
  record receipt { id: string, items: u32, total: f64 }
  export sum: func(id: string, items: list<item>) -> result<receipt, string>;
}";

/// Reads each item's count and price; answers with the id that came.
const SUM: &str = "
  (local $total f64) (local $at i32) (local $end i32)
  (local.set $at (local.get 2))
  (local.set $end (i32.add (local.get 2) (i32.mul (local.get 3) (i32.const 24))))
  (block $done (loop $more
    (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
    (local.set $total (f64.add (local.get $total)
      (f64.mul (f64.convert_i32_u (i32.load offset=8 (local.get $at))) (f64.load offset=16 (local.get $at)))))
    (local.set $at (i32.add (local.get $at) (i32.const 24)))
    (br $more)))
  (i32.store8 (i32.const 64) (i32.const 0))
  (i32.store (i32.const 72) (local.get 0)) (i32.store (i32.const 76) (local.get 1))
  (i32.store (i32.const 80) (local.get 3)) (f64.store (i32.const 88) (local.get $total))
  (i32.const 64)";

#[derive(Clone, ComponentType, Lower)]
#[component(record)]
struct Item {
    name: String,
    count: u32,
    price: f64,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct Receipt {
    id: String,
    items: u32,
    total: f64,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let wasm = support::component(WIT, &[("sum", SUM)]);
    let sandbox = runtime.block_on(Sandbox::new(Config::default())).unwrap();
    let component = runtime.block_on(sandbox.load(wasm.clone(), CompileLimits::default()));
    let component = component.unwrap();
    let tools = Tools::read(&component, &wasm);
    let bare = Bare::new(component.engine(), &wasm);

    let mut criterion = Criterion::default().configure_from_args();
    for count in [2, 100] {
        let items: Vec<_> = (0..count).map(item).collect();
        let arguments = arguments(&items);
        let mut group = criterion.benchmark_group(format!("plugin_call/{count}_items"));
        group.bench_function("bare_typed_call", |bencher| {
            bencher.to_async(&runtime).iter(|| bare.call(&items));
        });
        group.bench_function("json_to_json", |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| call(&sandbox, &tools, &arguments));
        });
        group.finish();
    }
    modules(&mut criterion, &runtime, &sandbox);
    criterion.final_summary();
}

/// How many modules are loaded to see what one takes.
const MODULES: usize = 50;

fn modules(criterion: &mut Criterion, runtime: &Runtime, sandbox: &Sandbox) {
    let source = include_str!("../tests/script/fixtures/slugify.ts");
    let script = Script::read("slugify.ts", source).unwrap();
    let load = async |component: Vec<u8>| {
        let limits = CompileLimits::default();
        Tools::load(sandbox, component.into(), limits)
            .await
            .unwrap()
    };
    let build = async |script: &Script| script.build(sandbox).await.unwrap().component;
    let tools = runtime.block_on(async { load(build(&script).await).await });

    let mut loaded = Vec::new();
    let (mut took, before) = (Duration::ZERO, resident_bytes());
    for number in 0..MODULES {
        let other = format!("{source}\nconst number = {number};");
        let other = Script::read("slugify.ts", &other).unwrap();
        let component = runtime.block_on(build(&other));
        let start = Instant::now();
        loaded.push(runtime.block_on(load(component)));
        took += start.elapsed();
    }
    println!(
        "a further module: loaded in {:.1} ms, {} bytes of memory of its own, {} KB of this process",
        took.as_secs_f64() * 1e3 / MODULES as f64,
        tools.own_bytes().unwrap(),
        resident_bytes().saturating_sub(before) / MODULES / 1024
    );

    let arguments = RawValue::from_string(r#"{"text":"A Title!"}"#.to_owned()).unwrap();
    let mut group = criterion.benchmark_group("plugin_call/module");
    group.bench_function("read", |bencher| {
        bencher.iter(|| Script::read("slugify.ts", source).unwrap());
    });
    group.bench_function("build", |bencher| {
        bencher.to_async(runtime).iter(|| build(&script));
    });
    group.bench_function("one_and_one_as_program", |bencher| {
        bencher.to_async(runtime).iter(async || {
            let execution = Execution {
                code: "return 1 + 1".to_owned(),
                ..Execution::default()
            };
            let outcome = sandbox.execute(execution).await.unwrap();
            assert!(matches!(outcome, Outcome::Success { .. }), "{outcome:?}");
        });
    });
    group.bench_function("json_to_json", |bencher| {
        bencher.to_async(runtime).iter(async || {
            let invocation = Invocation {
                tool: "slugify",
                arguments: &arguments,
                limits: Limits::default(),
                grants: Grants::default(),
                session: None,
                residence: None,
            };
            let outcome = tools.call(sandbox, invocation).await.unwrap();
            assert!(matches!(outcome, Outcome::Success { .. }), "{outcome:?}");
        });
    });
    group.finish();
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn item(n: u32) -> Item {
    Item {
        name: format!("item number {n}"),
        count: n,
        price: 1.25,
    }
}

fn arguments(items: &[Item]) -> Box<RawValue> {
    let items = items.iter().map(
        |item| serde_json::json!({ "name": item.name, "count": item.count, "price": item.price }),
    );
    let items: Vec<_> = items.collect();
    serde_json::value::to_raw_value(&serde_json::json!({ "id": "an order", "items": items }))
        .unwrap()
}

async fn call(sandbox: &Sandbox, tools: &Tools, arguments: &RawValue) {
    let invocation = Invocation {
        tool: "sum",
        arguments,
        limits: Limits::default(),
        grants: Grants::default(),
        session: None,
        residence: None,
    };
    let outcome = tools.call(sandbox, invocation).await.unwrap();
    let Outcome::Success {
        output: Answer::Result(_),
        ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
}

struct Bare {
    engine: Engine,
    linked: wasmtime::component::InstancePre<()>,
}

impl Bare {
    fn new(engine: &Engine, wasm: &[u8]) -> Self {
        let component = Component::new(engine, wasm).unwrap();
        let linked = Linker::new(engine).instantiate_pre(&component).unwrap();
        Self {
            engine: engine.clone(),
            linked,
        }
    }

    async fn call(&self, items: &[Item]) {
        let mut store = Store::new(&self.engine, ());
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = self.linked.instantiate_async(&mut store).await.unwrap();
        let sum = instance
            .get_typed_func::<(&str, &[Item]), (Result<Receipt, String>,)>(&mut store, "sum")
            .unwrap();
        let (receipt,) = sum
            .call_async(&mut store, ("an order", items))
            .await
            .unwrap();
        let receipt = receipt.unwrap();
        assert!(receipt.items as usize == items.len() && receipt.total > 0.0);
        assert_eq!(receipt.id, "an order");
    }
}
