//! One call's way through the sandbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use wasmtime::{Engine, Store};

use crate::cache::ComponentCache;
use crate::guest::{self, EnginePre, Guest, evaluate};
use crate::metered::Metered;
use crate::preparation::{self, Preparation};
use crate::report::{self, Ended};
use crate::source::Form;
use crate::ticker::Ticker;
use crate::{Execution, INPUT_BYTES_MAX, MEMORY_BYTES_MAX, Outcome, Resources, engine};

/// The JavaScript engine, built by `guests/build.sh`.
static JS_ENGINE: &[u8] = include_bytes!("../../../plugins/js-engine.wasm");

/// The engine's name for what is left when the types are gone.
const LANGUAGE: &str = "javascript";

/// How a [`Sandbox`] is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where compiled components are kept between runs; `None` keeps them in memory only. The
    /// directory is made, and made private, where it is not.
    pub cache_dir: Option<PathBuf>,
    /// How many executions may be alive at once; more wait for their turn. Each may take up to
    /// 4 GiB of address space, of which it uses what its limits allow.
    pub concurrency_max: u32,
}

impl Default for Config {
    /// No cache on disk, 1 000 executions at once.
    fn default() -> Self {
        Self {
            cache_dir: None,
            concurrency_max: 1_000,
        }
    }
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Wasmtime refused, for want of address space most likely; fewer executions at once need less.
    #[error("the WebAssembly engine does not start: {0:#}")]
    Engine(wasmtime::Error),
    /// The system gave no thread.
    #[error("the system gives no thread")]
    Thread(#[from] std::io::Error),
    /// The compiler failed.
    #[error("compiling the engine stopped")]
    Compile(#[from] tokio::task::JoinError),
}

impl From<wasmtime::Error> for SandboxError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Engine(error)
    }
}

/// Why an execution could not be tried. What the code does is never a reason; that is an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A fault of the host.
    #[error("the sandbox failed: {0:#}")]
    Internal(wasmtime::Error),
    /// The limits ask for more than the pool has.
    #[error(
        "a memory limit of {asked} bytes is more than the {MEMORY_BYTES_MAX} that a sandbox can have"
    )]
    MemoryLimit {
        /// What was asked for, in bytes.
        asked: usize,
    },
}

/// Makes a sandbox for every call. Clones share everything.
///
/// ```
/// use vesicle_sandbox::{Config, Execution, Outcome, Sandbox};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::new(Config::default()).await?;
/// let outcome = sandbox
///     .execute(Execution {
///         code: "const twice = (n: number) => n * 2; return input.map(twice)".to_owned(),
///         input: serde_json::value::to_raw_value(&[1, 2, 3])?,
///         ..Execution::default()
///     })
///     .await?;
/// let Outcome::Success { output, .. } = outcome else { panic!("{outcome:?}") };
/// assert_eq!(output.get(), "[2,4,6]");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    javascript: EnginePre<Guest>,
    permits: Arc<Semaphore>,
    preparation: Preparation,
    ticker: Ticker,
}

impl Sandbox {
    /// Loads the engine from the cache or compiles it, which takes a second or two.
    ///
    /// # Errors
    /// See [`SandboxError`].
    pub async fn new(config: Config) -> Result<Self, SandboxError> {
        let concurrency_max = config.concurrency_max;
        let (engine, javascript) = tokio::task::spawn_blocking(move || load(&config)).await??;
        let ticker = Ticker::start(&engine)?;
        let permits = Arc::new(Semaphore::new(concurrency_max as usize));
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                javascript,
                permits,
                preparation: Preparation::new(),
                ticker,
            }),
        })
    }

    /// Runs one program in a sandbox of its own. Dropping the future stops the guest and frees
    /// what it had.
    ///
    /// # Errors
    /// Only where the host fails. See [`ExecuteError`].
    pub async fn execute(&self, execution: Execution) -> Result<Outcome, ExecuteError> {
        let memory_bytes = execution.limits.memory_bytes;
        if memory_bytes > MEMORY_BYTES_MAX {
            return Err(ExecuteError::MemoryLimit {
                asked: memory_bytes,
            });
        }
        if execution.input.get().len() > INPUT_BYTES_MAX {
            return Ok(report::input_too_long(execution.input.get().len()));
        }
        let execution = Arc::new(execution);
        // The semaphore is never closed, so that there is always a permit at last.
        let permit = self.shared.permits.clone().acquire_owned().await.ok();
        let start = Instant::now();
        let preparing = self.shared.preparation.prepare(&execution, permit);
        let Ok(prepared) = tokio::time::timeout(execution.limits.wall_time, preparing).await else {
            return Ok(report::not_read_in_time(&execution, start.elapsed()));
        };
        let (prepared, _permit) = prepared?;
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(rejection) => return Ok(report::rejected(rejection, start.elapsed())),
        };
        let program = evaluate::Program {
            language: LANGUAGE.to_owned(),
            form: match prepared.form {
                Form::Body => evaluate::Form::Body,
                Form::Module => evaluate::Form::Module,
            },
            name: execution.name.clone(),
            source: prepared.code,
            input: execution.input.get().to_owned(),
        };
        self.run(execution, &program, start).await
    }

    async fn run(
        &self,
        execution: Arc<Execution>,
        program: &evaluate::Program,
        start: Instant,
    ) -> Result<Outcome, ExecuteError> {
        let shared = &*self.shared;
        let guest = Guest::new(&execution.limits, execution.tools.clone(), &execution.files);
        let mut store = Store::new(&shared.engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);

        let _running = shared.ticker.running();
        let spent_ns = AtomicU64::new(0);
        let call = Metered::new(call(&shared.javascript, &mut store, program), &spent_ns);
        let ended = match tokio::time::timeout(left(&execution, start), call).await {
            Ok(returned) => Ended::Returned(returned),
            Err(_) => Ended::TimedOut,
        };
        let elapsed = start.elapsed();

        let guest = store.data();
        let resources = Resources {
            cpu_time_us: spent_ns.load(Ordering::Relaxed) / 1_000,
            memory_peak_bytes: guest.memory.bytes_peak() as u64,
            host_calls: guest.calls.made(),
            files: guest.files.used(),
        };
        if preparation::is_short(&execution) || !report::reads_source(&ended, guest) {
            return report::ended(&execution, ended, guest, elapsed, resources);
        }
        let guest = store.into_data();
        preparation::apart(move || report::ended(&execution, ended, &guest, elapsed, resources))
            .await?
    }
}

/// The most bytes of lists and strings that cross the boundary in one host call.
const HOSTCALL_BYTES_MAX: usize = 16 << 20;

/// What is left of the wall time; reading the source counts.
fn left(execution: &Execution, start: Instant) -> Duration {
    execution.limits.wall_time.saturating_sub(start.elapsed())
}

async fn call(
    javascript: &EnginePre<Guest>,
    store: &mut Store<Guest>,
    program: &evaluate::Program,
) -> wasmtime::Result<Result<evaluate::Completion, evaluate::Failure>> {
    let instance = javascript.instantiate_async(&mut *store).await?;
    instance
        .vesicle_plugin_evaluate()
        .call_run(store, program)
        .await
}

fn load(config: &Config) -> Result<(Engine, EnginePre<Guest>), SandboxError> {
    let engine = engine::new(config.concurrency_max)?;
    let cache = ComponentCache::new(&engine, config.cache_dir.as_deref());
    let (component, source) = cache.load(JS_ENGINE)?;
    tracing::debug!(?source, "the JavaScript engine is loaded");
    let mut linker = Linker::new(&engine);
    guest::add_to_linker(&mut linker)?;
    let javascript = EnginePre::new(linker.instantiate_pre(&component)?)?;
    Ok((engine, javascript))
}
