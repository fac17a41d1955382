//! One call's way through the sandbox.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use wasmtime::Store;

use crate::admission::Admission;
use crate::guest::{Guest, evaluate};
use crate::javascript::JavaScript;
use crate::limit_kind::HANDOVER_BYTES_MAX;
use crate::metered::Metered;
use crate::pacing::Pace;
use crate::preparation::{self, Preparation};
use crate::report::{self, Ended};
use crate::source::Form;
use crate::turns::Turns;
use crate::{Config, ExecuteError, Execution, Outcome, Resources, SandboxError};

/// The engine's name for what is left when the types are gone.
const LANGUAGE: &str = "javascript";

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
    config: Config,
    javascript: JavaScript,
    /// Made when first wanted: compiling takes a second or two, and few ask for fuel.
    javascript_with_fuel: OnceCell<JavaScript>,
    admission: Arc<Admission>,
    preparation: Preparation,
    turns: Turns,
}

impl Sandbox {
    /// Loads the engine from the cache or compiles it, which takes a second or two.
    ///
    /// # Errors
    /// See [`SandboxError`].
    pub async fn new(config: Config) -> Result<Self, SandboxError> {
        let admission = Admission::new(&config);
        let (config, javascript) = tokio::task::spawn_blocking(move || {
            let javascript = JavaScript::load(&config);
            (config, javascript)
        })
        .await?;
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                javascript: javascript?,
                javascript_with_fuel: OnceCell::new(),
                admission,
                preparation: Preparation::new(),
                turns: Turns::new(),
            }),
        })
    }

    /// Runs one program in a sandbox of its own. Dropping the future stops the guest and frees
    /// what it had.
    ///
    /// # Errors
    /// Only where the code is not to blame: limits that cannot be kept, a full queue, and faults of
    /// the host. See [`ExecuteError`].
    pub async fn execute(&self, execution: Execution) -> Result<Outcome, ExecuteError> {
        execution.limits.check()?;
        if let Some(outcome) = report::too_long(&execution) {
            return Ok(outcome);
        }
        let javascript = match execution.limits.fuel {
            None => &self.shared.javascript,
            Some(_) => self.javascript_with_fuel().await?,
        };
        let execution = Arc::new(execution);
        let admitted = self
            .shared
            .admission
            .admit(execution.session.as_ref())
            .await?;
        let start = Instant::now();
        let preparing = self.shared.preparation.prepare(&execution, admitted);
        let Ok(prepared) = tokio::time::timeout(execution.limits.wall_time, preparing).await else {
            return Ok(report::not_read_in_time(&execution, start.elapsed()));
        };
        let (prepared, _admitted) = prepared?;
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
        let outcome = self.run(javascript, execution, &program, start).await?;
        Ok(outcome.with_warnings(prepared.warnings))
    }

    async fn run(
        &self,
        javascript: &JavaScript,
        execution: Arc<Execution>,
        program: &evaluate::Program,
        start: Instant,
    ) -> Result<Outcome, ExecuteError> {
        let limits = &execution.limits;
        let pace = Pace::new(limits, left(&execution, start), &self.shared.turns);
        let mut store = store(javascript, &execution, &pace).map_err(ExecuteError::Internal)?;

        let _running = javascript.ticker.running();
        let call = Metered::new(javascript.run(&mut store, program), &pace);
        let ended = match tokio::time::timeout(left(&execution, start), call).await {
            Ok(returned) => Ended::returned(returned, store.data()),
            Err(_) => Ended::TimedOut,
        };
        let elapsed = start.elapsed();

        let fuel = limits
            .fuel
            .and_then(|given| Some(given - store.get_fuel().ok()?));
        let guest = store.data();
        let resources = Resources {
            cpu_time_us: pace.cpu_time().as_micros() as u64,
            memory_peak_bytes: guest.memory.bytes_peak() as u64,
            host_calls: guest.calls.made(),
            fuel,
            files: guest.files.used(),
        };
        if preparation::is_short(&execution) || !report::reads_source(&ended, guest) {
            return report::ended(&execution, ended, guest, elapsed, resources);
        }
        let guest = store.into_data();
        preparation::apart(move || report::ended(&execution, ended, &guest, elapsed, resources))
            .await?
    }

    async fn javascript_with_fuel(&self) -> Result<&JavaScript, ExecuteError> {
        let shared = &*self.shared;
        let load = async || {
            let config = shared.config.clone();
            let loaded = preparation::apart(move || JavaScript::load_with_fuel(&config)).await?;
            loaded.map_err(|error| ExecuteError::Internal(wasmtime::Error::new(error)))
        };
        shared.javascript_with_fuel.get_or_try_init(load).await
    }
}

/// A store in which nothing is without a bound.
fn store(
    javascript: &JavaScript,
    execution: &Execution,
    pace: &Arc<Pace>,
) -> wasmtime::Result<Store<Guest>> {
    let limits = &execution.limits;
    let guest = Guest::new(
        limits,
        execution.tools.clone(),
        execution.state.clone(),
        &execution.files,
    );
    let mut store = Store::new(&javascript.engine, guest);
    store.limiter(|guest| &mut guest.memory);
    store.set_hostcall_fuel(HANDOVER_BYTES_MAX);
    store.set_max_component_handles(limits.handles);
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel)?;
    }
    store.set_epoch_deadline(1);
    let pace = pace.clone();
    store.epoch_deadline_callback(move |_| pace.tick());
    Ok(store)
}

/// What is left of the wall time; reading the source counts.
fn left(execution: &Execution, start: Instant) -> Duration {
    execution.limits.wall_time.saturating_sub(start.elapsed())
}
