//! What the walls cost: a program in the sandbox, and the same as it was before there were any: the
//! same engine and pool, types stripped, and a deadline, but no limits of memory, calls or handles,
//! no share of the processor, no check of the source, no record of what was used.

use std::error::Error;

use criterion::Criterion;
use oxc::allocator::Allocator;
use oxc::codegen::Codegen;
use oxc::parser::{ParseOptions, Parser};
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use oxc::transformer::{TransformOptions, Transformer};
use tokio::runtime::Runtime;
use vesicle_sandbox::{Config, Execution, Outcome, Sandbox};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "vesicle:plugin/engine",
        imports: { default: async },
        exports: { default: async },
    });
}

use bindings::EnginePre;
use bindings::exports::vesicle::plugin::evaluate::{Form, Program};

/// What the sandbox takes the engine from.
const JS_ENGINE: &[u8] = include_bytes!("../../../plugins/js-engine.wasm");
const SLOTS: u32 = 1_000;
/// As in `src/engine.rs`: what slots keep is for speed, and no wall.
const MEMORY_RESIDENT_BYTES: usize = 220 * 1024;
const TABLE_RESIDENT_BYTES: usize = 64 * 1024;
const MEMORY_BYTES_MAX: usize = 256 << 20;
const WASM_STACK_BYTES: usize = 16 << 20;
/// In ticks of a clock that does not tick here: the compiled code asks for it, and it is never over.
const DEADLINE: u64 = 1;

const PROGRAMS: [(&str, &str); 2] = [
    ("one_plus_one", "return 1 + 1"),
    (
        "fib_25",
        "const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2);\nreturn fib(25)",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let sandbox = runtime.block_on(Sandbox::new(Config::default()))?;
    let bare = Bare::new()?;
    let mut criterion = Criterion::default().configure_from_args();
    for (name, code) in PROGRAMS {
        compare(&mut criterion, &runtime, name, code, &sandbox, &bare);
    }
    criterion.final_summary();
    Ok(())
}

fn compare(
    criterion: &mut Criterion,
    runtime: &Runtime,
    name: &str,
    code: &str,
    sandbox: &Sandbox,
    bare: &Bare,
) {
    let mut group = criterion.benchmark_group(name);
    group.bench_function("with_walls", |bencher| {
        bencher.to_async(runtime).iter(|| async {
            let execution = Execution {
                code: code.to_owned(),
                ..Execution::default()
            };
            let executed = sandbox.execute(execution).await;
            assert!(
                matches!(executed, Ok(Outcome::Success { .. })),
                "{executed:?}"
            );
        });
    });
    group.bench_function("without_walls", |bencher| {
        bencher.to_async(runtime).iter(|| async {
            let ran = bare.run(code).await;
            assert!(matches!(ran, Ok(true)), "{ran:?}");
        });
    });
    group.finish();
}

/// The program as JavaScript.
fn stripped(code: &str) -> String {
    let allocator = Allocator::default();
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, code, SourceType::ts())
        .with_options(options)
        .parse();
    let mut program = parsed.program;
    let scoping = SemanticBuilder::new_compiler()
        .build(&program)
        .semantic
        .into_scoping();
    Transformer::new(
        &allocator,
        "agent.ts".as_ref(),
        &TransformOptions::default(),
    )
    .build_with_scoping(scoping, &mut program);
    Codegen::new().build(&program).code
}

struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Links our own interfaces, as functions that fail: neither program calls them.
fn link_ours(
    linker: &mut Linker<Guest>,
    engine: &Engine,
    component: &Component,
) -> wasmtime::Result<()> {
    for (name, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(interface) = item.ty else {
            continue;
        };
        if !name.starts_with("vesicle:") {
            continue;
        }
        let mut linked = linker.instance(name)?;
        for (function, item) in interface.exports(engine) {
            if let ComponentItem::ComponentFunc(_) = item.ty {
                linked.func_new(function, |_, _, _, _| Err(wasmtime::Error::msg("called")))?;
            }
        }
    }
    Ok(())
}

struct Bare {
    engine: Engine,
    component: EnginePre<Guest>,
}

impl Bare {
    fn new() -> wasmtime::Result<Self> {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_component_instances(SLOTS)
            .total_core_instances(SLOTS * 4)
            .total_memories(SLOTS)
            .total_tables(SLOTS * 3)
            .total_stacks(SLOTS)
            .max_memory_size(MEMORY_BYTES_MAX)
            .max_unused_warm_slots(SLOTS)
            .linear_memory_keep_resident(MEMORY_RESIDENT_BYTES)
            .table_keep_resident(TABLE_RESIDENT_BYTES);
        let mut config = wasmtime::Config::new();
        config
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
            .concurrency_support(false)
            .epoch_interruption(true)
            .max_wasm_stack(WASM_STACK_BYTES)
            .async_stack_size(WASM_STACK_BYTES + (1 << 20));
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, JS_ENGINE)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        link_ours(&mut linker, &engine, &component)?;
        let component = EnginePre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { engine, component })
    }

    /// Runs one program; whether it ended well.
    async fn run(&self, code: &str) -> wasmtime::Result<bool> {
        let guest = Guest {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
        };
        let mut store = Store::new(&self.engine, guest);
        store.set_epoch_deadline(DEADLINE);
        let program = Program {
            language: "javascript".to_owned(),
            form: Form::Body,
            name: "agent.ts".to_owned(),
            source: stripped(code),
            input: "null".to_owned(),
        };
        let instance = self.component.instantiate_async(&mut store).await?;
        let ended = instance
            .vesicle_plugin_evaluate()
            .call_run(&mut store, &program)
            .await?;
        Ok(ended.is_ok())
    }
}
