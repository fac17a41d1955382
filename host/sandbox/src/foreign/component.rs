//! A component that is loaded, and its functions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{
    Component as Compiled, ComponentExportIndex, Instance, InstancePre, Val,
};
use wasmtime::{Engine, Store};

use super::{LoadError, imports};
use crate::guest::Guest;
use crate::kept::KeptModule;
use crate::memory_image;
use crate::runtime::Runtime;

/// A component that is not ours, compiled and linked. Clones share it.
#[derive(Clone)]
pub struct Component {
    shared: Arc<Shared>,
}

struct Shared {
    runtime: Arc<Runtime>,
    linked: InstancePre<Guest>,
    digest: blake3::Hash,
    functions: Vec<Function>,
    fuel: bool,
    compiled_in: Option<Duration>,
}

/// A function that a component exports.
#[derive(Clone)]
pub struct Function {
    /// The interface that it is in, as `namespace:package/interface@version`; `None` for one of the
    /// component itself.
    pub interface: Option<String>,
    /// Its name.
    pub name: String,
    /// What it takes and gives.
    pub ty: ComponentFunc,
    index: ComponentExportIndex,
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.interface {
            Some(interface) => write!(formatter, "{interface}#{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut component = formatter.debug_struct("Component");
        component.field("digest", &self.shared.digest.to_hex());
        component
            .field("functions", &self.shared.functions)
            .finish()
    }
}

impl Component {
    pub(super) fn link(
        runtime: Arc<Runtime>,
        digest: blake3::Hash,
        compiled: &Compiled,
        fuel: bool,
        compiled_in: Option<Duration>,
    ) -> Result<Self, LoadError> {
        let (engine, linker) = (&runtime.engine, &runtime.linker);
        let linked = linker
            .instantiate_pre(compiled)
            .map_err(|error| imports::refusal(engine, linker, compiled, &error))?;
        memory_image::make(compiled).map_err(LoadError::Internal)?;
        let functions = functions(&runtime.engine, compiled);
        Ok(Self {
            shared: Arc::new(Shared {
                runtime,
                linked,
                digest,
                functions,
                fuel,
                compiled_in,
            }),
        })
    }

    /// BLAKE3 of the WebAssembly that it was made of.
    pub fn digest(&self) -> blake3::Hash {
        self.shared.digest
    }

    /// How long compiling it took, with the time that it waited for its turn; `None` where that was done before and the cache
    /// had it.
    pub fn compiled_in(&self) -> Option<Duration> {
        self.shared.compiled_in
    }

    /// The functions that it exports, at its top level and in its interfaces.
    pub fn functions(&self) -> &[Function] {
        &self.shared.functions
    }

    /// The function of this name, in an interface or at the top level.
    pub fn function(&self, interface: Option<&str>, name: &str) -> Option<&Function> {
        let mut functions = self.shared.functions.iter();
        functions
            .find(|function| function.interface.as_deref() == interface && function.name == name)
    }

    /// What it is, as Wasmtime tells it: imports and exports with their types.
    pub fn ty(&self) -> wasmtime::component::types::Component {
        self.shared.linked.component().component_type()
    }

    /// The engine that its types belong to.
    pub fn engine(&self) -> &Engine {
        &self.shared.runtime.engine
    }

    /// Whether it was compiled for calls with fuel.
    pub(crate) fn counts_fuel(&self) -> bool {
        self.shared.fuel
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.shared.runtime
    }

    /// As a module that was kept.
    pub(crate) fn into_kept(self, expected: &ComponentFunc) -> Result<KeptModule, LoadError> {
        let shared = &*self.shared;
        let linked = shared.linked.clone();
        KeptModule::foreign(shared.runtime.clone(), linked, expected)
    }

    /// What makes instances of it.
    pub(crate) fn linked(&self) -> &InstancePre<Guest> {
        &self.shared.linked
    }

    /// Calls a function of it in an instance.
    pub(crate) async fn call(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
        function: &Function,
        arguments: &[Val],
    ) -> wasmtime::Result<Vec<Val>> {
        let callee = instance.get_func(&mut *store, function.index);
        let callee = callee
            .ok_or_else(|| wasmtime::Error::msg("the function is one of another component"))?;
        // Overwritten, each of them.
        let mut results = vec![Val::Bool(false); function.ty.results().len()];
        callee.call_async(store, arguments, &mut results).await?;
        Ok(results)
    }
}

fn functions(engine: &Engine, compiled: &Compiled) -> Vec<Function> {
    let ty = compiled.component_type();
    let mut functions = Vec::new();
    for (name, export) in ty.exports(engine) {
        match export.ty {
            ComponentItem::ComponentFunc(ty) => {
                let index = compiled.get_export_index(None, name);
                functions.extend(index.map(|index| Function {
                    interface: None,
                    name: name.to_owned(),
                    ty,
                    index,
                }));
            }
            ComponentItem::ComponentInstance(interface) => {
                let Some(within) = compiled.get_export_index(None, name) else {
                    continue;
                };
                for (member, export) in interface.exports(engine) {
                    let ComponentItem::ComponentFunc(ty) = export.ty else {
                        continue;
                    };
                    let index = compiled.get_export_index(Some(&within), member);
                    functions.extend(index.map(|index| Function {
                        interface: Some(name.to_owned()),
                        name: member.to_owned(),
                        ty,
                        index,
                    }));
                }
            }
            _ => {}
        }
    }
    functions
}
