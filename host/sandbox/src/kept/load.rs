//! From a snapshot to something that can be called. Where it is one of this very engine, it has the
//! engine's code, and nothing of it is compiled but what puts its memory in place.

use std::sync::Arc;

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

use super::shared::Base;
use super::{INTERFACE, KeptModule, Loaded};
use crate::foreign::{CompileLimits, LoadError};
use crate::guest::Guest;
use crate::memory_image;
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
            memory_image::make(&component)?;
            base.linker.instantiate_pre(&component)
        };
        let linked = load().map_err(LoadError::Internal)?;
        Self::new(runtime.clone(), linked, Some(image.bytes())).map(Some)
    }

    /// Any component that offers what a kept module does: a function that calls a tool, of the same
    /// type as `expected`.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn foreign(
        runtime: Arc<Runtime>,
        linked: InstancePre<Guest>,
        expected: &ComponentFunc,
    ) -> Result<Self, LoadError> {
        let same = call_of(linked.component()).is_some_and(|(ty, _)| is_same(&ty, expected));
        match same {
            true => Self::new(runtime, linked, None),
            false => Err(no_function()),
        }
    }

    fn new(
        runtime: Arc<Runtime>,
        linked: InstancePre<Guest>,
        own_bytes: Option<usize>,
    ) -> Result<Self, LoadError> {
        let (_, call) = call_of(linked.component()).ok_or_else(no_function)?;
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

/// The function that calls a tool, if a component has one.
pub fn call_of(component: &Component) -> Option<(ComponentFunc, ComponentExportIndex)> {
    let interface = component.get_export_index(None, INTERFACE)?;
    match component.get_export(Some(&interface), "call")? {
        (ComponentItem::ComponentFunc(ty), index) => Some((ty, index)),
        _ => None,
    }
}

fn is_same(one: &ComponentFunc, other: &ComponentFunc) -> bool {
    let params = one.params().map(|(_, ty)| ty);
    params.eq(other.params().map(|(_, ty)| ty))
        && one.results().eq(other.results())
        && one.async_() == other.async_()
}

fn no_function() -> LoadError {
    LoadError::Invalid(format!(
        "it has the text of a module, and no function `call` of {INTERFACE}"
    ))
}

/// Counts what a snapshot consists of, before anything reads it.
pub fn check(wasm: &[u8]) -> Result<(), LoadError> {
    CompileLimits::default().check(wasm)
}
