//! The JavaScript engine, compiled and linked: once for speed, and once more, when first wanted,
//! for guests whose fuel is counted.

use std::sync::Arc;
use std::time::Instant;

use tracing::{Instrument as _, info_span};
use wasmtime::Store;
use wasmtime::component::{Component, Instance};

use crate::guest::{EnginePre, Guest, evaluate};
use crate::memory_image;
use crate::runtime::Runtime;
use crate::{SandboxError, TRACE};

/// The engine.
pub static JAVASCRIPT: EngineComponent =
    EngineComponent(include_bytes!("../../../plugins/js-engine.wasm"));

/// By which an engine's component exports its core module.
pub const CORE: &str = "core";
/// The section of that export, which is the component's last.
const CORE_EXPORT: &[u8] = b"\x0b\x0b\x01\x00\x04core\x00\x11\x00\x00";

/// A language engine's component, built by `guests/build.sh`.
pub struct EngineComponent(&'static [u8]);

impl EngineComponent {
    /// The component, as others are made of it: its core module is no export, which Wizer would refuse.
    pub fn component(&self) -> &'static [u8] {
        self.0.strip_suffix(CORE_EXPORT).unwrap_or(self.0)
    }
}

/// How a program ended that was not stopped.
type Returned = Result<evaluate::Completion, evaluate::Failure>;

/// BLAKE3 of the JavaScript engine: modules that were kept with the same one share its code.
pub fn engine_digest() -> blake3::Hash {
    blake3::hash(JAVASCRIPT.0)
}

/// The JavaScript engine in one of Wasmtime's.
pub struct JavaScript {
    pub runtime: Arc<Runtime>,
    component: EnginePre<Guest>,
}

impl JavaScript {
    /// Loads it, or compiles it.
    pub fn load(runtime: Arc<Runtime>) -> Result<Self, SandboxError> {
        let (component, source) = runtime.cache.load(JAVASCRIPT.0)?;
        tracing::debug!(?source, "the JavaScript engine is loaded");
        Self::of(runtime, component)
    }

    /// Of its component, compiled for this runtime.
    pub fn of(runtime: Arc<Runtime>, component: Component) -> Result<Self, SandboxError> {
        memory_image::make(&component)?;
        let component = EnginePre::new(runtime.linker.instantiate_pre(&component)?)?;
        Ok(Self { runtime, component })
    }

    /// Its component.
    pub fn component(&self) -> &Component {
        self.component.instance_pre().component()
    }

    /// A new instance in which nothing has run.
    pub async fn instance(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        self.component.instance_pre().instantiate_async(store).await
    }

    /// Runs a program in an instance of its own.
    pub async fn run(
        &self,
        store: &mut Store<Guest>,
        program: &evaluate::Program,
    ) -> wasmtime::Result<Returned> {
        let instance = self
            .component
            .instantiate_async(&mut *store)
            .instrument(info_span!(target: TRACE, "instantiate"))
            .await?;
        store.data_mut().instantiated = Some(Instant::now());
        instance
            .vesicle_plugin_evaluate()
            .call_run(store, program)
            .instrument(info_span!(target: TRACE, "run"))
            .await
    }
}
