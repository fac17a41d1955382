//! From a snapshot to something that can be called. Where it is one of this very engine, it has the
//! engine's code, and nothing of it is compiled but what puts its memory in place.

use std::sync::Arc;

use wasmtime::component::InstancePre;

use super::shared::Base;
use super::{INTERFACE, KeptModule, Loaded};
use crate::foreign::{CompileLimits, LoadError};
use crate::guest::Guest;
use crate::runtime::Runtime;

impl KeptModule {
    /// One of this engine; `None` where it is of another.
    ///
    /// # Errors
    /// A fault of the host.
    pub(super) fn sharing(
        base: &Base,
        runtime: Arc<Runtime>,
        wasm: &[u8],
    ) -> Result<Option<Self>, LoadError> {
        let Some(image) = base.engine.difference(wasm) else {
            return Ok(None);
        };
        let Some(thin) = base.engine.with_image(&image) else {
            return Ok(None);
        };
        let load = || {
            let (component, source) = runtime.cache.load(&thin)?;
            tracing::debug!(
                ?source,
                own_bytes = image.bytes(),
                "a kept module is loaded"
            );
            base.linker.instantiate_pre(&component)
        };
        let linked = load().map_err(LoadError::Internal)?;
        Self::new(runtime.clone(), linked, Some(image.bytes())).map(Some)
    }

    /// Any component that offers what a kept module does.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn new(
        runtime: Arc<Runtime>,
        linked: InstancePre<Guest>,
        own_bytes: Option<usize>,
    ) -> Result<Self, LoadError> {
        let component = linked.component();
        let call = component
            .get_export_index(None, INTERFACE)
            .and_then(|interface| component.get_export_index(Some(&interface), "call"))
            .ok_or_else(|| LoadError::Invalid(format!("it does not export {INTERFACE}")))?;
        Ok(Self {
            loaded: Arc::new(Loaded {
                runtime,
                linked,
                call,
                own_bytes,
            }),
        })
    }
}

/// Counts what a snapshot consists of, before anything reads it.
pub fn check(wasm: &[u8]) -> Result<(), LoadError> {
    CompileLimits::default().check(wasm)
}
