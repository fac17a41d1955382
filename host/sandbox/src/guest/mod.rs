//! One guest: what the host keeps for it while it lives, and the imports that reach it.

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "engine",
        imports: {
            "vesicle:plugin/pending.wait": async | trappable,
            "vesicle:plugin/state": async,
            "vesicle:plugin/tool-call.search": async,
            "vesicle:plugin/tool-call.describe": async,
            "vesicle:plugin/tool-call.call": async,
        },
        exports: { default: async },
    });
}

mod arguments;
mod budget;
mod calls;
mod clock;
mod memory;
mod state;
mod streams;

use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub use bindings::EnginePre;
pub use bindings::exports::vesicle::plugin::evaluate;
pub use memory::Memory;

use crate::{Limits, State, ToolCall};
use calls::Calls;
use streams::Stream;

/// The most bytes that a guest gets from the host's random source at once.
const RANDOM_BYTES_MAX: u64 = 64 * 1024;

/// What the host keeps for one guest. Lives in its `Store` and ends with it.
pub struct Guest {
    pub memory: Memory,
    pub calls: Calls,
    state: Arc<dyn State>,
    stdout: Stream,
    stderr: Stream,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl Guest {
    /// A guest with these limits, tools and state, and nothing else: no files, no environment, no
    /// arguments, no network.
    pub fn new(limits: &Limits, tools: Arc<dyn ToolCall>, state: Arc<dyn State>) -> Self {
        let stdout = Stream::new("stdout", limits.stream_bytes);
        let stderr = Stream::new("stderr", limits.stream_bytes);
        let wasi = WasiCtx::builder()
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .monotonic_clock(clock::SinceStart::new())
            .max_random_size(RANDOM_BYTES_MAX)
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        Self {
            memory: Memory::new(limits),
            calls: Calls::new(limits, tools),
            state,
            stdout,
            stderr,
            wasi,
            table: ResourceTable::new(),
        }
    }

    /// What the guest wrote so far to standard output and standard error.
    pub fn streams(&self) -> (String, String) {
        (self.stdout.text(), self.stderr.text())
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Everything that an engine may import.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    bindings::Engine::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}
