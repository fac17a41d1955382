//! From bytes to a component that can be called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use wasmtime::component::Component as Compiled;

use super::compiler::{self, Compiler};
use super::{CompileLimits, Component, LoadError};
use crate::limits::{MEMORIES_MAX, TABLES_MAX};
use crate::runtime::{Runtime, Runtimes};

/// How many components are compiled at once; each uses all processors.
const COMPILING_MAX: usize = 2;
/// How many more may wait for that.
const WAITING_MAX: usize = 64;

/// Loads components.
pub struct Foreign {
    compiler: Option<Compiler>,
    runtimes: Runtimes,
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Foreign {
    /// Compiles with `compiler`, or else on threads.
    pub fn new(compiler: Option<Compiler>, runtimes: Runtimes) -> Self {
        Self {
            compiler,
            runtimes,
            turns: Arc::new(Semaphore::new(COMPILING_MAX)),
            places: Arc::new(Semaphore::new(COMPILING_MAX + WAITING_MAX)),
        }
    }

    /// Checks, compiles and links a component.
    pub async fn load(
        &self,
        wasm: Arc<[u8]>,
        limits: CompileLimits,
    ) -> Result<Component, LoadError> {
        limits.check_length(&wasm)?;
        let (runtimes, bytes) = (self.runtimes.clone(), wasm.clone());
        let found = apart(move || {
            // Also of those that are compiled already: limits may be other ones now.
            limits.check(&bytes)?;
            let digest = blake3::hash(&bytes);
            let found = runtimes_for(&runtimes, limits)?
                .into_iter()
                .find_map(|runtime| Some((runtime.cache.find(&digest)?.0, runtime)));
            Ok((digest, found))
        });
        let (digest, found) = found.await?;
        if let Some((compiled, runtime)) = found {
            return apart(move || link(runtime, digest, &compiled, limits, None)).await;
        }
        let began = Instant::now();
        let artifact = self.compile(wasm, &limits).await?;
        let compiled_in = Some(began.elapsed());
        let runtimes = self.runtimes.clone();
        apart(move || {
            let (runtime, compiled) = keep(&runtimes, limits, digest, &artifact)?;
            link(runtime, digest, &compiled, limits, compiled_in)
        })
        .await
    }

    async fn compile(&self, wasm: Arc<[u8]>, limits: &CompileLimits) -> Result<Vec<u8>, LoadError> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| LoadError::Busy(WAITING_MAX))?;
        // Never closed.
        let turn = self.turns.clone().acquire_owned().await.ok();
        match &self.compiler {
            Some(compiler) => compiler::in_process(compiler, &wasm, limits).await,
            None => compiler::on_thread(wasm, limits, (place, turn)).await,
        }
    }
}

/// Where a component of these limits may run, the better place first.
fn runtimes_for(
    runtimes: &Runtimes,
    limits: CompileLimits,
) -> Result<Vec<Arc<Runtime>>, LoadError> {
    Ok(match limits.fuel {
        true => vec![runtimes.with_fuel().map_err(no_engine)?],
        false => vec![runtimes.pooled(), runtimes.on_demand().map_err(no_engine)?],
    })
}

fn no_engine(error: crate::SandboxError) -> LoadError {
    LoadError::Internal(wasmtime::Error::new(error))
}

fn keep(
    runtimes: &Runtimes,
    limits: CompileLimits,
    digest: blake3::Hash,
    artifact: &[u8],
) -> Result<(Arc<Runtime>, Compiled), LoadError> {
    let mut refused = None;
    for runtime in runtimes_for(runtimes, limits)? {
        // SAFETY: our own compiler, here or in its process, has made it for an engine that is
        // configured like this one; they differ in where instances lie alone, which code does not
        // depend on, and Wasmtime compares the configurations again.
        match unsafe { runtime.cache.keep(digest, artifact) } {
            Ok(compiled) => return Ok((runtime, compiled)),
            Err(error) => refused = Some(error),
        }
    }
    Err(LoadError::Internal(refused.unwrap_or_else(|| {
        wasmtime::Error::msg("there is no engine for it")
    })))
}

fn link(
    runtime: Arc<Runtime>,
    digest: blake3::Hash,
    compiled: &Compiled,
    limits: CompileLimits,
    compiled_in: Option<Duration>,
) -> Result<Component, LoadError> {
    if let Some(needed) = compiled.resources_required() {
        let (memories, tables) = (needed.num_memories as usize, needed.num_tables as usize);
        super::bounds::check("memories", "MEMORIES_MAX", memories, MEMORIES_MAX)?;
        super::bounds::check("tables", "TABLES_MAX", tables, TABLES_MAX)?;
    }
    Component::link(runtime, digest, compiled, limits.fuel, compiled_in)
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(LoadError::Internal(error.into())),
    }
}
