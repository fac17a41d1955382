//! Modules that are kept: evaluated once, in an engine of which a snapshot is taken then, and found
//! ready by each call. The snapshot is a component like any other (`vesicle:plugin/tools`), and can be
//! stored and sent as one; here it is known for what it is.

mod accessors;
mod call;
mod image;
mod load;
mod sections;
mod shared;
mod snapshot;
mod thin;
mod tool;

use std::sync::Arc;

use wasmtime::component::{ComponentExportIndex, InstancePre};

pub use shared::KeptModules;
pub use snapshot::KEEPING_LIMITS;
pub use tool::KeptTool;

use crate::guest::Guest;
use crate::runtime::Runtime;

/// The interface by which modules are kept and called.
const INTERFACE: &str = "vesicle:plugin/kept@0.1.0";

/// A module that was kept, ready to be called. Clones share it.
#[derive(Clone)]
pub struct KeptModule {
    loaded: Arc<Loaded>,
}

struct Loaded {
    runtime: Arc<Runtime>,
    linked: InstancePre<Guest>,
    /// The function that calls a tool.
    call: ComponentExportIndex,
    /// How many bytes of memory are its own, where the rest and all code is the engine's.
    own_bytes: Option<usize>,
}

impl KeptModule {
    /// How many bytes of its memory differ from the engine's, which are what an instance costs more
    /// than one of the engine. `None` where it was made with another engine: then it has code of its
    /// own.
    pub fn own_bytes(&self) -> Option<usize> {
        self.loaded.own_bytes
    }
}
