//! How Wizer reads an instance that it instrumented: by functions that it gave the component.

use wasmtime::Store;
use wasmtime::component::{Instance, Lift, WasmList};
use wasmtime_wizer::ComponentInstanceState;

use crate::guest::Guest;

/// An instance of an instrumented component.
pub struct Accessors<'a> {
    store: &'a mut Store<Guest>,
    instance: Instance,
    /// What went wrong first; Wizer has no way to be told.
    failed: Option<wasmtime::Error>,
}

impl<'a> Accessors<'a> {
    pub fn new(store: &'a mut Store<Guest>, instance: Instance) -> Self {
        Self {
            store,
            instance,
            failed: None,
        }
    }

    /// Whether all was read.
    pub fn finish(self) -> wasmtime::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    async fn get<R: Lift + 'static>(&mut self, interface: &str, name: &str) -> wasmtime::Result<R> {
        let missing = || wasmtime::Error::msg(format!("there is no {interface}#{name}"));
        let (store, instance) = (&mut *self.store, self.instance);
        let within = instance.get_export_index(&mut *store, None, interface);
        let within = within.ok_or_else(missing)?;
        let index = instance.get_export_index(&mut *store, Some(&within), name);
        let index = index.ok_or_else(missing)?;
        let function = instance.get_typed_func::<(), (R,)>(&mut *store, index)?;
        Ok(function.call_async(&mut *store, ()).await?.0)
    }

    fn note(&mut self, error: wasmtime::Error) {
        self.failed.get_or_insert(error);
    }

    async fn number<R: Lift + Default + 'static>(&mut self, interface: &str, name: &str) -> R {
        match self.get(interface, name).await {
            Ok(number) => number,
            Err(error) => {
                self.note(error);
                R::default()
            }
        }
    }
}

impl ComponentInstanceState for Accessors<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        interface: &str,
        name: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        match self.get::<WasmList<u8>>(interface, name).await {
            Ok(bytes) => contents(bytes.as_le_slice(&*self.store)),
            Err(error) => {
                self.note(error);
                contents(&[]);
            }
        }
    }

    async fn call_func_ret_s32(&mut self, interface: &str, name: &str) -> i32 {
        self.number(interface, name).await
    }

    async fn call_func_ret_s64(&mut self, interface: &str, name: &str) -> i64 {
        self.number(interface, name).await
    }

    async fn call_func_ret_f32(&mut self, interface: &str, name: &str) -> u32 {
        self.number::<f32>(interface, name).await.to_bits()
    }

    async fn call_func_ret_f64(&mut self, interface: &str, name: &str) -> u64 {
        self.number::<f64>(interface, name).await.to_bits()
    }
}
