//! One Wasmtime engine and what belongs to it: its compiled components, what they may import, and
//! the clock that makes them yield.

use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::component::Linker;
use wasmtime::{Engine, Store};

use crate::cache::ComponentCache;
use crate::guest::{self, Grants, Guest};
use crate::limit_kind::HANDOVER_BYTES_MAX;
use crate::pacing::Pace;
use crate::ticker::Ticker;
use crate::usage::{InUse, Lookups};
use crate::{Config, Limits, SandboxError, engine};

/// An engine that is ready.
pub struct Runtime {
    pub engine: Engine,
    pub ticker: Ticker,
    pub cache: ComponentCache,
    pub linker: Linker<Guest>,
}

impl Runtime {
    fn new(engine: Engine, kind: &str, config: &Config) -> Result<Self, SandboxError> {
        let runtime = Self::still(engine, kind, config)?;
        runtime.ticker.start()?;
        Ok(runtime)
    }

    /// An engine whose guests do not yield until its ticker is started. It has no thread.
    pub fn still(engine: Engine, kind: &str, config: &Config) -> Result<Self, SandboxError> {
        let cache = ComponentCache::new(&engine, kind, config.cache_dir.as_deref());
        let mut linker = Linker::new(&engine);
        guest::add_to_linker(&mut linker)?;
        Ok(Self {
            ticker: Ticker::new(&engine),
            engine,
            cache,
            linker,
        })
    }

    /// A store in which nothing is without a bound, once a call in it was [begun](begin).
    pub fn store(&self, limits: &Limits, grants: Grants) -> Store<Guest> {
        let mut store = Store::new(&self.engine, Guest::new(limits, grants));
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(HANDOVER_BYTES_MAX);
        store.set_max_component_handles(limits.handles);
        store
    }
}

/// Bounds what the next call in a store may run.
pub fn begin(store: &mut Store<Guest>, limits: &Limits, pace: &Arc<Pace>) -> wasmtime::Result<()> {
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel)?;
    }
    store.set_epoch_deadline(1);
    let pace = pace.clone();
    store.epoch_deadline_callback(move |_| pace.tick());
    Ok(())
}

/// The engines of one sandbox. The pool's is there from the start, the others when first wanted.
#[derive(Clone)]
pub struct Runtimes(Arc<Shared>);

struct Shared {
    config: Config,
    pooled: Arc<Runtime>,
    on_demand: Mutex<Option<Arc<Runtime>>>,
    with_fuel: Mutex<Option<Arc<Runtime>>>,
}

impl Runtimes {
    /// With the pool that `config` asks for.
    pub fn new(config: Config) -> Result<Self, SandboxError> {
        let engine = engine::pooled(config.places())?;
        let pooled = Runtime::new(engine, "", &config)?;
        Ok(Self::of(pooled, config))
    }

    /// With this one as the pool's.
    pub fn of(pooled: Runtime, config: Config) -> Self {
        Self(Arc::new(Shared {
            pooled: Arc::new(pooled),
            config,
            on_demand: Mutex::default(),
            with_fuel: Mutex::default(),
        }))
    }

    /// Guests from the pool.
    pub fn pooled(&self) -> Arc<Runtime> {
        self.0.pooled.clone()
    }

    /// Guests that do not fit into the pool's places. They start more slowly. Their code is the
    /// pool's.
    pub fn on_demand(&self) -> Result<Arc<Runtime>, SandboxError> {
        self.get(&self.0.on_demand, "-on-demand", engine::on_demand)
    }

    /// Guests whose fuel is counted.
    pub fn with_fuel(&self) -> Result<Arc<Runtime>, SandboxError> {
        self.get(&self.0.with_fuel, "", engine::with_fuel)
    }

    /// How many slots of the pool are taken.
    pub fn pool(&self) -> InUse {
        let metrics = self.0.pooled.engine.pooling_allocator_metrics();
        InUse {
            used: metrics.map_or(0, |metrics| metrics.component_instances()),
            total: self.0.config.places().into(),
        }
    }

    /// Where compiled components were found, of all engines together.
    pub fn lookups(&self) -> Lookups {
        let others = [&self.0.on_demand, &self.0.with_fuel];
        let others = others.map(|runtime| runtime.lock().clone());
        let all = others.into_iter().flatten().chain([self.pooled()]);
        all.map(|runtime| runtime.cache.lookups()).sum()
    }

    fn get(
        &self,
        place: &Mutex<Option<Arc<Runtime>>>,
        kind: &str,
        engine: fn() -> wasmtime::Result<Engine>,
    ) -> Result<Arc<Runtime>, SandboxError> {
        let mut place = place.lock();
        if let Some(runtime) = &*place {
            return Ok(runtime.clone());
        }
        let runtime = Arc::new(Runtime::new(engine()?, kind, &self.0.config)?);
        Ok(place.insert(runtime).clone())
    }
}
