//! From a module's text to a component: the module is evaluated in an instance of the instrumented
//! engine, within limits as any program, and Wizer writes what it finds in memory then.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, InstancePre};
use wasmtime_wizer::{ComponentContext, Wizer};

use super::accessors::Accessors;
use super::{INTERFACE, KeptTool};
use crate::guest::{Guest, evaluate};
use crate::javascript::JAVASCRIPT;
use crate::limits::{CODE_BYTES_MAX, Limits, Profile};
use crate::memory_image;
use crate::runtime::Runtime;

/// What evaluating a module and taking the snapshot may use: 5 s of a processor, 10 s in all, and
/// 128 MB.
pub const KEEPING_LIMITS: Limits = Limits {
    wall_time: Duration::from_secs(10),
    cpu_time: Some(Duration::from_secs(5)),
    cpu_percent: 100,
    memory_bytes: 128 << 20,
    code_bytes: CODE_BYTES_MAX,
    ..Profile::Default.limits()
};

/// The engine with what Wizer needs to read it.
pub struct Instrumented {
    pub runtime: Arc<Runtime>,
    context: ComponentContext<'static>,
    linked: InstancePre<Guest>,
    keep: ComponentExportIndex,
}

/// What came of a module.
pub type Kept = Result<Vec<u8>, evaluate::Failure>;

impl Instrumented {
    /// Loads it, or compiles it, which takes as long as the engine itself.
    pub fn load(runtime: Arc<Runtime>) -> wasmtime::Result<Self> {
        let (context, instrumented) = Wizer::new().instrument_component(JAVASCRIPT.component())?;
        let (component, source) = runtime.cache.load(&instrumented)?;
        memory_image::make(&component)?;
        tracing::debug!(?source, "the engine for keeping modules is loaded");
        let keep = component
            .get_export_index(None, INTERFACE)
            .and_then(|interface| component.get_export_index(Some(&interface), "keep"))
            .ok_or_else(|| wasmtime::Error::msg("the engine keeps no modules"))?;
        Ok(Self {
            context,
            linked: runtime.linker.instantiate_pre(&component)?,
            keep,
            runtime,
        })
    }

    /// Evaluates a module in a new instance, and makes a component of that.
    pub async fn keep(
        &self,
        store: &mut Store<Guest>,
        program: &evaluate::Program,
        tools: &[KeptTool],
    ) -> wasmtime::Result<Kept> {
        let instance = self.linked.instantiate_async(&mut *store).await?;
        let keep = instance
            .get_typed_func::<(&evaluate::Program, &[KeptTool]), (Result<(), evaluate::Failure>,)>(
                &mut *store,
                self.keep,
            )?;
        let (kept,) = keep.call_async(&mut *store, (program, tools)).await?;
        if let Err(failure) = kept {
            return Ok(Err(failure));
        }
        let mut accessors = Accessors::new(store, instance);
        let component = Wizer::new()
            .snapshot_component(&self.context, &mut accessors)
            .await?;
        accessors.finish()?;
        Ok(Ok(component))
    }
}
