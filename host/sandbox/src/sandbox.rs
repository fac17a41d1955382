//! One call's way through the sandbox.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tracing::{Instrument as _, info_span};
use wasmtime::Store;
use wasmtime::component::{Instance, Val};

use crate::admission::{Admission, Admitted};
use crate::config::NESTED_DEPTH_MAX;
use crate::execution::{grants, program};
use crate::foreign::{Call, CompileLimits, Component, Foreign, LoadError, ending};
use crate::guest::{Grants, Guest, evaluate};
use crate::javascript::JavaScript;
use crate::kept::KeptModules;
use crate::metered::Metered;
use crate::pacing::Pace;
use crate::preparation::{self, Preparation};
use crate::report::{self, Ended, Ran};
use crate::residence::{InstanceCall, Residence, Residents, Visit};
use crate::runtime::{self, Runtime, Runtimes};
use crate::turns::Turns;
use crate::usage::Usage;
use crate::worker;
use crate::{
    Config, ExecuteError, Execution, Isolation, Limits, OffClock, Outcome, Phases, Resources,
    SandboxError, TRACE,
};

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
    /// How many executions wait for those that begin here, one for the other.
    depth: usize,
}

pub(crate) struct Shared {
    runtimes: Runtimes,
    pub javascript: JavaScript,
    /// Made when first wanted: compiling takes a second or two, and few ask for fuel.
    javascript_with_fuel: OnceCell<JavaScript>,
    pub kept: KeptModules,
    foreign: Foreign,
    /// By depth. Were there one, executions that wait for others could have all places, and wait for ever.
    admissions: Vec<Arc<Admission>>,
    pub preparation: Preparation,
    turns: Turns,
    pub residents: Arc<Residents>,
    /// Where programs run, if not here.
    workers: Option<worker::Pool>,
    /// Whether the engine counts fuel: in a worker process, which has one engine alone.
    counts_fuel: bool,
}

impl Sandbox {
    /// Loads the engine from the cache or compiles it, which takes a second or two.
    ///
    /// # Errors
    /// See [`SandboxError`].
    pub async fn new(config: Config) -> Result<Self, SandboxError> {
        let config = config.settled();
        let of = config.clone();
        let load = move || {
            let runtimes = Runtimes::new(of)?;
            let javascript = JavaScript::load(runtimes.pooled())?;
            Ok::<_, SandboxError>((runtimes, javascript))
        };
        let (runtimes, javascript) = tokio::task::spawn_blocking(load).await??;
        let workers = match &config.isolation {
            Isolation::Thread => None,
            Isolation::Process(workers) => {
                Some(worker::Pool::start(workers, javascript.component()).await?)
            }
        };
        Ok(Self::of(&config, runtimes, javascript, workers, false))
    }

    /// Of parts that are there.
    pub(crate) fn of(
        config: &Config,
        runtimes: Runtimes,
        javascript: JavaScript,
        workers: Option<worker::Pool>,
        counts_fuel: bool,
    ) -> Self {
        let nested = (0..NESTED_DEPTH_MAX).map(|_| Admission::new(&config.nested()));
        let admissions = std::iter::once(Admission::new(config));
        Self {
            shared: Arc::new(Shared {
                foreign: Foreign::new(config.compiler.clone(), runtimes.clone()),
                runtimes,
                javascript,
                javascript_with_fuel: OnceCell::new(),
                kept: KeptModules::default(),
                admissions: admissions.chain(nested).collect(),
                preparation: Preparation::new(),
                turns: Turns::new(),
                residents: Residents::new(config.residents_max),
                workers,
                counts_fuel,
            }),
            depth: 0,
        }
    }

    /// The same sandbox, for what an execution that began here waits for: with places of its own, so that
    /// those who wait never keep out those whom they wait for. `None` at [`NESTED_DEPTH_MAX`].
    pub fn nested(&self) -> Option<Self> {
        let depth = self.depth + 1;
        (depth <= NESTED_DEPTH_MAX).then(|| Self {
            shared: self.shared.clone(),
            depth,
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
        let shared = &*self.shared;
        let javascript = match execution.limits.fuel {
            Some(_) if !shared.counts_fuel => self.javascript_with_fuel().await?,
            _ => &shared.javascript,
        };
        let arrived = Instant::now();
        let admitted = self.admit(execution.session.as_ref()).await?;
        let start = Instant::now();
        if let Some(workers) = &shared.workers {
            let ran = workers.run(&execution, javascript.component());
            let mut outcome = ran.instrument(info_span!(target: TRACE, "worker")).await?;
            outcome.resources_mut().phases.queue = start - arrived;
            return Ok(outcome);
        }
        let execution = Arc::new(execution);
        let preparing = self.shared.preparation.prepare(&execution, admitted);
        let preparing = preparing.instrument(info_span!(target: TRACE, "check"));
        let Ok(prepared) = tokio::time::timeout(execution.limits.wall_time, preparing).await else {
            return Ok(report::not_read_in_time(&execution, start.elapsed()));
        };
        let (prepared, _admitted) = prepared?;
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(rejection) => return Ok(report::rejected(rejection, start.elapsed())),
        };
        let program = program(&execution, prepared.form, prepared.code);
        let checked = start.elapsed();
        let mut outcome = self
            .run_program(javascript, execution, &program, start)
            .await?;
        let phases = &mut outcome.resources_mut().phases;
        phases.queue = start - arrived;
        phases.check = checked;
        Ok(outcome.with_warnings(prepared.warnings))
    }

    /// Checks and compiles a component that is not ours, or finds it compiled. What it asks for is
    /// bounded by `limits`, and so is what compiling it may take.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load(
        &self,
        wasm: impl Into<Arc<[u8]>>,
        limits: CompileLimits,
    ) -> Result<Component, LoadError> {
        self.shared.foreign.load(wasm.into(), limits).await
    }

    /// Calls one function of a component in an instance of its own, within the limits that programs
    /// have. Dropping the future stops the guest and frees what it had.
    ///
    /// # Errors
    /// As for [`Sandbox::execute`].
    pub async fn call(&self, call: Call) -> Result<Outcome<Vec<Val>>, ExecuteError> {
        self.call_to_end(call, |returned| returned).await
    }

    /// Runs a component that is a program, by its function `wasi:cli/run#run`, as [`Sandbox::call`]
    /// does; the result is the status that it ended with. It gets what [`Grants`] has of arguments,
    /// environment and standard input; what it prints is with the outcome.
    ///
    /// # Errors
    /// As for [`Sandbox::execute`].
    pub async fn run_command(&self, call: Call) -> Result<Outcome<i32>, ExecuteError> {
        let call = Call {
            residence: None,
            ..call
        };
        self.call_to_end(call, ending::status).await
    }

    async fn call_to_end<T>(
        &self,
        call: Call,
        read: impl FnOnce(wasmtime::Result<Vec<Val>>) -> wasmtime::Result<T>,
    ) -> Result<Outcome<T>, ExecuteError> {
        call.limits.check()?;
        if let Some(outcome) = call.refused()? {
            return Ok(outcome);
        }
        let session = call.session.as_ref();
        let arrived = Instant::now();
        let mut visit = enter(call.residence.as_ref()).await?;
        let _admitted = self.admit(session).await?;
        let start = Instant::now();
        let (component, limits) = (&call.component, &call.limits);
        let (runtime, grants) = (component.runtime(), call.grants);
        let work = async |store: &mut Store<Guest>, instance: &Instance| {
            let returned = component.call(store, instance, &call.function, &call.arguments);
            read(returned.await)
        };
        let call = InstanceCall {
            runtime,
            linked: component.linked(),
            limits,
            grants,
            session,
            start,
        };
        let ran = self.run_instance(visit.as_mut(), call, work).await?;
        let mut outcome = ending::outcome(limits, ran)?;
        outcome.resources_mut().phases.queue = start - arrived;
        Ok(outcome)
    }

    async fn run_program(
        &self,
        javascript: &JavaScript,
        execution: Arc<Execution>,
        program: &evaluate::Program,
        start: Instant,
    ) -> Result<Outcome, ExecuteError> {
        let grants = grants(&execution);
        let runtime = &javascript.runtime;
        let work = async |store: &mut Store<Guest>| javascript.run(store, program).await;
        let Ran {
            ended,
            left,
            elapsed,
            resources,
        } = self
            .run(runtime, &execution.limits, grants, start, work)
            .await?;
        if preparation::is_short(&execution) || !report::reads_source(&ended, &left) {
            return report::ended(&execution, ended, left, elapsed, resources);
        }
        preparation::apart(move || report::ended(&execution, ended, left, elapsed, resources))
            .await?
    }

    /// Runs a guest from its instantiation to its end, within its limits.
    pub(crate) async fn run<T>(
        &self,
        runtime: &Runtime,
        limits: &Limits,
        grants: Grants,
        start: Instant,
        work: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<Ran<T>, ExecuteError> {
        let off_clock = grants.off_clock.clone();
        let mut store = runtime.store(limits, grants);
        self.run_in(&mut store, runtime, limits, off_clock, start, work)
            .await
    }

    /// Runs one call of a guest within its limits.
    pub(crate) async fn run_in<T>(
        &self,
        store: &mut Store<Guest>,
        runtime: &Runtime,
        limits: &Limits,
        off_clock: Option<OffClock>,
        start: Instant,
        work: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<Ran<T>, ExecuteError> {
        // Reading the source counts.
        let left = || limits.wall_time.saturating_sub(start.elapsed());
        let pace = Pace::new(limits, left(), off_clock.clone(), &self.shared.turns);
        runtime::begin(store, limits, &pace).map_err(ExecuteError::Internal)?;

        let _running = runtime.ticker.running();
        let began = Instant::now();
        let call = Metered::new(work(&mut *store), &pace);
        let returned = match &off_clock {
            None => tokio::time::timeout(left(), call).await.ok(),
            Some(off_clock) => off_clock.within(left(), call).await.ok(),
        };
        let ended = match returned {
            Some(returned) => Ended::returned(returned, store.data()),
            None => Ended::TimedOut,
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
            denied: guest.calls.denied(),
            phases: Phases {
                host_calls: guest.calls.waited(),
                instantiate: guest
                    .instantiated
                    .map_or(Duration::ZERO, |made| made - began),
                ..Phases::default()
            },
        };
        Ok(Ran {
            ended,
            left: guest.left(),
            elapsed,
            resources,
        })
    }

    /// A place at the depth of this sandbox.
    pub(crate) async fn admit(&self, session: Option<&Arc<str>>) -> Result<Admitted, ExecuteError> {
        // There is one for each depth.
        let at = self.depth.min(self.shared.admissions.len() - 1);
        let admitting = self.shared.admissions[at].admit(session);
        admitting
            .instrument(info_span!(target: TRACE, "queue"))
            .await
    }

    /// How much of it is in use now.
    pub fn usage(&self) -> Usage {
        let [programs, nested @ ..] = self.shared.admissions.as_slice() else {
            return Usage::default();
        };
        Usage {
            programs: programs.places(),
            nested: nested.iter().map(|admission| admission.places()).sum(),
            pool: self.shared.runtimes.pool(),
            compiled: self.shared.runtimes.lookups(),
            workers: self.shared.workers.as_ref().map(worker::Pool::usage),
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    async fn javascript_with_fuel(&self) -> Result<&JavaScript, ExecuteError> {
        let shared = &*self.shared;
        let load = async || {
            let runtimes = shared.runtimes.clone();
            let load = move || JavaScript::load(runtimes.with_fuel()?);
            let loaded = preparation::apart(load).await?;
            loaded.map_err(|error| ExecuteError::Internal(wasmtime::Error::new(error)))
        };
        shared.javascript_with_fuel.get_or_try_init(load).await
    }
}

/// Waits for the instance that a call goes to, if it goes to one that stays.
pub(crate) async fn enter(
    residence: Option<&Residence>,
) -> Result<Option<Visit<'_>>, ExecuteError> {
    match residence {
        Some(residence) => residence.enter().await.map(Some),
        None => Ok(None),
    }
}
