//! The JavaScript engine, compiled and linked: once for speed, and once more, when first wanted,
//! for guests whose fuel is counted.

use std::sync::Arc;

use wasmtime::Store;

use crate::SandboxError;
use crate::guest::{EnginePre, Guest, evaluate};
use crate::runtime::Runtime;

/// The component, built by `guests/build.sh`.
static JS_ENGINE: &[u8] = include_bytes!("../../../plugins/js-engine.wasm");

/// How a program ended that was not stopped.
type Returned = Result<evaluate::Completion, evaluate::Failure>;

/// The JavaScript engine in one of Wasmtime's.
pub struct JavaScript {
    pub runtime: Arc<Runtime>,
    component: EnginePre<Guest>,
}

impl JavaScript {
    /// Loads it, or compiles it.
    pub fn load(runtime: Arc<Runtime>) -> Result<Self, SandboxError> {
        let (component, source) = runtime.cache.load(JS_ENGINE)?;
        tracing::debug!(?source, "the JavaScript engine is loaded");
        let component = EnginePre::new(runtime.linker.instantiate_pre(&component)?)?;
        Ok(Self { runtime, component })
    }

    /// Runs a program in an instance of its own.
    pub async fn run(
        &self,
        store: &mut Store<Guest>,
        program: &evaluate::Program,
    ) -> wasmtime::Result<Returned> {
        let instance = self.component.instantiate_async(&mut *store).await?;
        instance
            .vesicle_plugin_evaluate()
            .call_run(store, program)
            .await
    }
}
