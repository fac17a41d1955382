//! The JavaScript engine, compiled and linked: once for speed, and once more, when first wanted,
//! for guests whose fuel is counted.

use wasmtime::component::Linker;
use wasmtime::{Engine, Store};

use crate::cache::ComponentCache;
use crate::guest::{self, EnginePre, Guest, evaluate};
use crate::ticker::Ticker;
use crate::{Config, SandboxError, engine};

/// The component, built by `guests/build.sh`.
static JS_ENGINE: &[u8] = include_bytes!("../../../plugins/js-engine.wasm");

/// How a program ended that was not stopped.
type Returned = Result<evaluate::Completion, evaluate::Failure>;

/// One Wasmtime engine with the JavaScript engine in it.
pub struct JavaScript {
    pub engine: Engine,
    pub ticker: Ticker,
    component: EnginePre<Guest>,
}

impl JavaScript {
    /// Guests from the pool.
    pub fn load(config: &Config) -> Result<Self, SandboxError> {
        Self::load_into(engine::new(config.concurrency_max)?, config)
    }

    /// Guests whose fuel is counted.
    pub fn load_with_fuel(config: &Config) -> Result<Self, SandboxError> {
        Self::load_into(engine::with_fuel()?, config)
    }

    fn load_into(engine: Engine, config: &Config) -> Result<Self, SandboxError> {
        let cache = ComponentCache::new(&engine, config.cache_dir.as_deref());
        let (component, source) = cache.load(JS_ENGINE)?;
        tracing::debug!(?source, "the JavaScript engine is loaded");
        let mut linker = Linker::new(&engine);
        guest::add_to_linker(&mut linker)?;
        let component = EnginePre::new(linker.instantiate_pre(&component)?)?;
        let ticker = Ticker::start(&engine)?;
        Ok(Self {
            engine,
            ticker,
            component,
        })
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
