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
            "wasi:filesystem/types.[method]descriptor.create-directory-at": async,
            "wasi:filesystem/types.[method]descriptor.is-same-object": async,
            "wasi:filesystem/types.[method]descriptor.metadata-hash": async,
            "wasi:filesystem/types.[method]descriptor.metadata-hash-at": async,
            "wasi:filesystem/types.[method]descriptor.open-at": async,
            "wasi:filesystem/types.[method]descriptor.read": async,
            "wasi:filesystem/types.[method]descriptor.read-directory": async,
            "wasi:filesystem/types.[method]descriptor.readlink-at": async,
            "wasi:filesystem/types.[method]descriptor.remove-directory-at": async,
            "wasi:filesystem/types.[method]descriptor.rename-at": async,
            "wasi:filesystem/types.[method]descriptor.set-size": async,
            "wasi:filesystem/types.[method]descriptor.stat": async,
            "wasi:filesystem/types.[method]descriptor.stat-at": async,
            "wasi:filesystem/types.[method]descriptor.sync": async,
            "wasi:filesystem/types.[method]descriptor.sync-data": async,
            "wasi:filesystem/types.[method]descriptor.unlink-file-at": async,
            "wasi:filesystem/types.[method]descriptor.write": async,
            "wasi:filesystem/types.[method]directory-entry-stream.read-directory-entry": async,
        },
        exports: { default: async },
        with: {
            "wasi:cli": wasmtime_wasi::p2::bindings::cli,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
            "wasi:filesystem/types.descriptor": crate::files::Descriptor,
            "wasi:filesystem/types.directory-entry-stream": crate::files::Entries,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:random": wasmtime_wasi::p2::bindings::random,
        },
    });
}

/// What only plugins import; the rest is as for an engine.
mod plugin_bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package vesicle:sandbox;
            world plugins-only {
                import vesicle:plugin/caller@0.1.0;
                import vesicle:plugin/log@0.1.0;
                import vesicle:plugin/memory-query@0.1.0;
                import vesicle:plugin/memory-record@0.1.0;
            }
        ",
        world: "vesicle:sandbox/plugins-only",
        imports: {
            "vesicle:plugin/caller.ask": async | trappable,
            "vesicle:plugin/memory-query": async,
            "vesicle:plugin/memory-record": async,
        },
        with: {
            "vesicle:plugin/types": super::bindings::vesicle::plugin::types,
        },
    });
}

mod arguments;
mod budget;
mod caller;
mod calls;
mod clock;
mod engine_caller;
mod grants;
mod http;
mod log;
mod memories;
mod memory;
mod state;
mod streams;
mod wasi;

use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

pub use bindings::EnginePre;
pub use bindings::exports::vesicle::plugin::evaluate;
pub use bindings::vesicle::plugin::http as http_types;
pub use bindings::wasi::filesystem as wasi_files;
#[cfg(target_os = "linux")]
pub use calls::CALLS_IN_FLIGHT_MAX;
pub use grants::Grants;
pub use memory::Memory;

use crate::files::GuestFiles;
use crate::network::{Hooks, Session};
use crate::{Limits, Memories, State};
use caller::Told;
use calls::Calls;
use log::Lines;
use streams::Stream;

/// The most bytes that a guest gets from the host's random source at once.
const RANDOM_BYTES_MAX: u64 = 64 * 1024;
/// Headers that a component holds take more than their text, by this at most; what is sent is bounded
/// by its text.
const FIELD_BYTES_FACTOR: usize = 4;

/// What the host keeps for one guest. Lives in its `Store` and ends with it.
pub struct Guest {
    /// When there was an instance of its component.
    pub instantiated: Option<Instant>,
    pub memory: Memory,
    pub calls: Calls,
    state: Arc<dyn State>,
    memories: Arc<dyn Memories>,
    pub(crate) files: GuestFiles,
    network: Arc<Session>,
    http_hooks: Hooks,
    http: WasiHttpCtx,
    log: Lines,
    told: Told,
    stdout: Stream,
    stderr: Stream,
    wasi: WasiCtx,
    pub(crate) table: ResourceTable,
}

impl Guest {
    /// A guest with these limits and grants, and nothing else: no sockets, and no environment of the
    /// host's.
    pub fn new(limits: &Limits, grants: Grants) -> Self {
        let stdout = Stream::new("stdout", limits.stream_bytes);
        let stderr = Stream::new("stderr", limits.stream_bytes);
        let mut wasi = WasiCtx::builder();
        let wasi = wasi
            .args(&grants.arguments)
            .envs(&grants.environment)
            .stdin(MemoryInputPipe::new(grants.stdin))
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .monotonic_clock(clock::SinceStart::new())
            .max_random_size(RANDOM_BYTES_MAX)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        let network = Arc::new(Session::new(&grants.network));
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(network.limits().header_bytes * FIELD_BYTES_FACTOR);
        Self {
            instantiated: None,
            memory: Memory::new(limits),
            calls: Calls::new(limits, grants.tools),
            state: grants.state,
            memories: grants.memories,
            files: GuestFiles::new(&grants.files),
            http_hooks: Hooks::new(network.clone()),
            network,
            http,
            log: Lines::new(limits, grants.log),
            told: Told::new(limits, grants.caller),
            stdout,
            stderr,
            wasi,
            table: ResourceTable::new(),
        }
    }

    /// What is told of a call that is over.
    pub fn left(&self) -> Left {
        Left {
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            memory_refused: self.memory.was_refused(),
        }
    }

    /// Makes a guest that stays ready for its next call: with new budgets, new capabilities and empty
    /// streams. What its memory holds and what it has open stays.
    pub fn begin_again(&mut self, limits: &Limits, grants: Grants) {
        self.instantiated = None;
        self.memory.begin_again();
        self.calls.begin_again(limits, grants.tools);
        self.state = grants.state;
        self.memories = grants.memories;
        self.files.begin_again();
        self.network = Arc::new(Session::new(&grants.network));
        self.http_hooks = Hooks::new(self.network.clone());
        self.log = Lines::new(limits, grants.log);
        self.told = Told::new(limits, grants.caller);
        self.stdout.clear();
        self.stderr.clear();
    }
}

/// What is told of a guest's call when it is over.
pub struct Left {
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Whether it asked for more memory than it may have.
    pub memory_refused: bool,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.http_hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Everything that an engine or a plugin may import.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasi::add_to_linker(linker)?;
    // One by one: the world of an engine also names WASI's streams and clocks, which are there.
    use bindings::vesicle::plugin::{http, memory, pending, state, tool_call, types};
    http::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    memory::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    pending::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    state::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    tool_call::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    types::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    wasi_files::preopens::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    wasi_files::types::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    use plugin_bindings::vesicle::plugin::{caller, log, memory_query, memory_record};
    caller::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    // Of these, components that export others' interfaces take types alone.
    linker.instance("vesicle:plugin/content@0.1.0")?;
    linker.instance("vesicle:plugin/tools@0.1.0")?;
    log::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    memory_query::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    memory_record::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}
