//! What all kept modules of a sandbox share, made when the first is wanted.

use std::sync::Arc;

use tokio::sync::OnceCell;
use wasmtime::component::Linker;
use wasmtime::component::types::ComponentFunc;
use wasmtime::{Module, Store};

use super::load;
use super::sections::Engine;
use super::snapshot::Instrumented;
use crate::admission::Admission;
use crate::guest::{Grants, Guest};
use crate::javascript::{CORE, JAVASCRIPT, JavaScript};
use crate::{Limits, preparation};

/// What they share.
#[derive(Default)]
pub struct KeptModules {
    instrumented: OnceCell<Arc<Instrumented>>,
    base: OnceCell<Arc<Base>>,
}

/// The engine that modules were kept in, taken apart: its code is compiled, and its memory known.
pub struct Base {
    pub engine: Engine<'static>,
    /// The type of its function that calls a tool.
    pub call: ComponentFunc,
    /// Links what asks for the engine's code.
    pub linker: Linker<Guest>,
}

impl KeptModules {
    /// For taking snapshots.
    pub async fn instrumented(
        &self,
        javascript: &JavaScript,
    ) -> wasmtime::Result<&Arc<Instrumented>> {
        let runtime = javascript.runtime.clone();
        let load = async || {
            let load = move || Instrumented::load(runtime).map(Arc::new);
            apart(load).await
        };
        self.instrumented.get_or_try_init(load).await
    }

    /// For calling what they became.
    pub async fn base(
        &self,
        javascript: &JavaScript,
        admission: &Arc<Admission>,
    ) -> wasmtime::Result<&Arc<Base>> {
        let load = async || {
            let admitted = admission.admit(None).await;
            let _admitted = admitted.map_err(wasmtime::Error::new)?;
            let core = core(javascript).await?;
            let mut linker = javascript.runtime.linker.clone();
            linker.root().module(CORE, &core)?;
            let engine = apart(|| {
                Engine::parse(JAVASCRIPT.component()).ok_or_else(|| {
                    wasmtime::Error::msg("the engine's component is not as it was built")
                })
            });
            let engine = engine.await?;
            let call = load::call_of(javascript.component());
            let (call, _) =
                call.ok_or_else(|| wasmtime::Error::msg("the engine keeps no modules"))?;
            Ok(Arc::new(Base {
                engine,
                call,
                linker,
            }))
        };
        self.base.get_or_try_init(load).await
    }
}

/// The engine's code, which an instance gives away.
async fn core(javascript: &JavaScript) -> wasmtime::Result<Module> {
    let guest = Guest::new(&Limits::default(), Grants::default());
    let mut store = Store::new(&javascript.runtime.engine, guest);
    // Nothing runs in it.
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = javascript.instance(&mut store).await?;
    instance
        .get_module(&mut store, CORE)
        .ok_or_else(|| wasmtime::Error::msg("the engine does not export its code"))
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> wasmtime::Result<T> + Send + 'static,
) -> wasmtime::Result<T> {
    preparation::apart(work)
        .await
        .map_err(wasmtime::Error::new)?
}
