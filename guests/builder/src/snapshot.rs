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

const WASI: &str = "wasi_snapshot_preview1";
/// WASI's errno of a call that went well.
const SUCCESS: i32 = 0;

/// The module, booted.
pub async fn take(core: &[u8]) -> Result<Vec<u8>> {
    let mut wizer = Wizer::new();
    // Without it the result does not validate (wasmtime issue 13168).
    wizer.init_func(BOOT).keep_init_func(true);
    let (context, instrumented) = wizer.instrument(core)?;

    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, &instrumented)?;
    let instance = preview1(&engine, &module)?
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

/// What the C library asks for while it starts. Everything else traps: what it answered would be
/// the same in every sandbox ever made of the snapshot.
fn preview1(engine: &Engine, module: &Module) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    // QuickJS seeds its own `Math.random` with the time; the engine replaces it.
    linker.func_wrap(
        WASI,
        "clock_time_get",
        |mut caller: Caller<'_, ()>, _: i32, _: i64, at: i32| {
            zero(&mut caller, at, 8).map(|()| SUCCESS)
        },
    )?;
    // Rust's hash maps take their keys from here. A guest that knows them slows down only itself.
    linker.func_wrap(
        WASI,
        "random_get",
        |mut caller: Caller<'_, ()>, at: i32, length: i32| {
            zero(&mut caller, at, length).map(|()| SUCCESS)
        },
    )?;
    // What follows is for the message of a panic in `boot`.
    linker.func_wrap(
        WASI,
        "environ_sizes_get",
        |mut caller: Caller<'_, ()>, count: i32, size: i32| {
            zero(&mut caller, count, 4)?;
            zero(&mut caller, size, 4).map(|()| SUCCESS)
        },
    )?;
    linker.func_wrap(WASI, "fd_write", fd_write)?;
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker)
}

fn memory(caller: &mut Caller<'_, ()>) -> Result<Memory> {
    let memory = caller
        .get_export("memory")
        .and_then(|memory| memory.into_memory());
    memory.context("the module exports no memory")
}

fn zero(caller: &mut Caller<'_, ()>, at: i32, length: i32) -> Result<()> {
    memory(caller)?.write(caller, at as usize, &vec![0; length as usize])?;
    Ok(())
}

/// Passes what `boot` writes on to standard error.
fn fd_write(
    mut caller: Caller<'_, ()>,
    _: i32,
    iovs: i32,
    count: i32,
    written: i32,
) -> Result<i32> {
    let memory = memory(&mut caller)?;
    let mut total = 0u32;
    for index in 0..count {
        let word = |offset: i32| -> Result<u32> {
            let mut bytes = [0; 4];
            memory.read(&caller, (iovs + 8 * index + offset) as usize, &mut bytes)?;
            Ok(u32::from_le_bytes(bytes))
        };
        let (start, length) = (word(0)?, word(4)?);
        let mut text = vec![0; length as usize];
        memory.read(&caller, start as usize, &mut text)?;
        eprint!("{}", String::from_utf8_lossy(&text));
        total += length;
    }
    memory.write(&mut caller, written as usize, &total.to_le_bytes())?;
    Ok(SUCCESS)
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
