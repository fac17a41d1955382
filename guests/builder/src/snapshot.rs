//! Boots an engine and takes a snapshot of it, with a deep stack above its heap.
//!
//! The linker's stack lies first in memory. Deep enough for recursive programs, it would push the
//! data and the heap that every call touches far up, and the host could not keep them resident
//! without the whole stack. So the engine boots on a small stack, reserves the one for programs
//! from its heap, and the snapshot's stack pointer is set to that.

use wasmtime::error::Context;
use wasmtime::{Caller, Engine, Instance, Linker, Memory, Module, Result, Store, Val, bail};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

/// The export that makes the runtime.
const BOOT: &str = "boot";
/// The export that reserves the programs' stack and answers with its top.
const RESERVE_STACK: &str = "reserve_stack";
/// The linker's name of the stack pointer; exported by `--export`.
const STACK_POINTER: &str = "__stack_pointer";

const STREAMS: &str = "wasi:io/streams@0.2.12";
/// The first case of a result, in memory.
const OK: [u8; 1] = [0];

/// The module, booted.
pub async fn take(core: &[u8]) -> Result<Vec<u8>> {
    let mut wizer = Wizer::new();
    // Without it the result does not validate (wasmtime issue 13168).
    wizer.init_func(BOOT).keep_init_func(true);
    let (context, instrumented) = wizer.instrument(core)?;

    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, &instrumented)?;
    let instance = startup(&engine, &module)?
        .instantiate_async(&mut store, &module)
        .await?;
    let instance = boot(&mut store, instance).await?;
    let mut booted = Booted { store, instance };
    wizer.snapshot(&context, &mut booted).await
}

async fn boot(store: &mut Store<()>, instance: Instance) -> Result<Instance> {
    for name in ["_initialize", BOOT] {
        let function = instance.get_typed_func::<(), ()>(&mut *store, name)?;
        function
            .call_async(&mut *store, ())
            .await
            .with_context(|| format!("`{name}` trapped"))?;
    }
    let reserve = instance.get_typed_func::<(), i32>(&mut *store, RESERVE_STACK)?;
    let top = reserve.call_async(&mut *store, ()).await?;
    let Some(pointer) = instance.get_global(&mut *store, STACK_POINTER) else {
        bail!("the module does not export `{STACK_POINTER}`");
    };
    pointer.set(&mut *store, Val::I32(top))?;
    Ok(instance)
}

/// What the engine asks for while it starts. Everything else traps: what it answered would be the
/// same in every sandbox ever made of the snapshot.
fn startup(engine: &Engine, module: &Module) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    // QuickJS seeds its own `Math.random` with the time; the engine replaces it.
    linker.func_wrap(
        "wasi:clocks/wall-clock@0.2.12",
        "now",
        |mut caller: Caller<'_, ()>, at: i32| write(&mut caller, at, &[0; 16]),
    )?;
    // Rust's hash maps take their keys from here. A guest that knows them slows down only itself.
    linker.func_wrap("wasi:random/random@0.2.12", "get-random-u64", || 0_i64)?;
    // What follows is for the message of a panic in `boot`: it goes on to standard error.
    linker.func_wrap("wasi:cli/stderr@0.2.12", "get-stderr", || 0_i32)?;
    linker.func_wrap(STREAMS, "[method]output-stream.check-write", check_write)?;
    linker.func_wrap(STREAMS, "[method]output-stream.write", write_stream)?;
    linker.func_wrap(
        STREAMS,
        "[method]output-stream.blocking-flush",
        |mut caller: Caller<'_, ()>, _: i32, at: i32| write(&mut caller, at, &OK),
    )?;
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker)
}

/// `result<u64, stream-error>`: there is room for 4 KiB.
fn check_write(mut caller: Caller<'_, ()>, _: i32, at: i32) -> Result<()> {
    write(&mut caller, at, &OK)?;
    write(&mut caller, at + 8, &4096_u64.to_le_bytes())
}

/// `result<_, stream-error>`.
fn write_stream(
    mut caller: Caller<'_, ()>,
    _: i32,
    start: i32,
    length: i32,
    at: i32,
) -> Result<()> {
    let mut text = vec![0; length as usize];
    memory(&mut caller)?.read(&caller, start as usize, &mut text)?;
    eprint!("{}", String::from_utf8_lossy(&text));
    write(&mut caller, at, &OK)
}

fn memory(caller: &mut Caller<'_, ()>) -> Result<Memory> {
    let memory = caller
        .get_export("memory")
        .and_then(|memory| memory.into_memory());
    memory.context("the module exports no memory")
}

fn write(caller: &mut Caller<'_, ()>, at: i32, bytes: &[u8]) -> Result<()> {
    memory(caller)?.write(caller, at as usize, bytes)?;
    Ok(())
}

struct Booted {
    store: Store<()>,
    instance: Instance,
}

#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "Wizer asks only for what it exported itself, and its trait has no errors"
)]
impl InstanceState for Booted {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global = self
            .instance
            .get_global(&mut self.store, name)
            .expect("Wizer exported it");
        match global.get(&mut self.store) {
            Val::I32(value) => SnapshotVal::I32(value),
            Val::I64(value) => SnapshotVal::I64(value),
            Val::F32(bits) => SnapshotVal::F32(bits),
            Val::F64(bits) => SnapshotVal::F64(bits),
            Val::V128(value) => SnapshotVal::V128(value.as_u128()),
            other => panic!("a global of type {other:?} cannot be in a snapshot"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory = self
            .instance
            .get_memory(&mut self.store, name)
            .expect("Wizer exported it");
        contents(memory.data(&self.store));
    }
}
