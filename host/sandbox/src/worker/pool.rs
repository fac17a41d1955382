//! Worker processes: started ahead, kept for whom they served, and ended when they are of no more use.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use wasmtime::component::Component;

use super::artifact::Artifact;
use super::conversation::{self, Fault};
use super::starter::{self, Order, Worker};
use crate::{
    ExecuteError, Execution, Files, Outcome, SandboxError, WORKER_CALLS_MAX, WORKER_GRACE, Workers,
    WorkersUsed, preparation, report,
};

/// The worker processes of one sandbox.
pub struct Pool(Arc<Inner>);

struct Inner {
    orders: Sender<Order>,
    engine: Arc<Artifact>,
    /// Made when first wanted.
    engine_with_fuel: tokio::sync::OnceCell<Arc<Artifact>>,
    /// How many wait for whoever comes next.
    fresh_max: usize,
    /// How many wait for those whom they have served.
    kept_max: usize,
    idle: Mutex<Idle>,
    counts: Counts,
}

#[derive(Default)]
struct Idle {
    fresh: Vec<Worker>,
    starting: usize,
    /// Used last comes last.
    kept: VecDeque<(Owner, Worker)>,
}

#[derive(Default)]
struct Counts {
    running: AtomicU64,
    started: AtomicU64,
    retired: AtomicU64,
    stopped: AtomicU64,
    failed: AtomicU64,
}

/// Whom a worker serves in all its life, and with what.
#[derive(Clone, Default, PartialEq, Eq)]
struct Owner {
    session: Option<Arc<str>>,
    files: Files,
    fuel: bool,
}

impl Pool {
    /// Starts the first workers, and has one run a program.
    ///
    /// # Errors
    /// There can be none; why.
    pub async fn start(workers: &Workers, engine: &Component) -> Result<Self, SandboxError> {
        super::check_isolation().map_err(SandboxError::Worker)?;
        let compiled = engine.clone();
        let made = tokio::task::spawn_blocking(move || Artifact::of(&compiled)).await?;
        let fresh_max = workers.idle_max / 2;
        let inner = Inner {
            orders: starter::start(workers.clone())?,
            engine: Arc::new(made?),
            engine_with_fuel: tokio::sync::OnceCell::new(),
            fresh_max,
            kept_max: workers.idle_max - fresh_max,
            idle: Mutex::default(),
            counts: Counts::default(),
        };
        let pool = Self(Arc::new(inner));
        pool.try_one(engine).await.map_err(SandboxError::Worker)?;
        Ok(pool)
    }

    /// What is wrong with workers here, if one cannot run a program.
    async fn try_one(&self, engine: &Component) -> Result<(), String> {
        let execution = Execution {
            code: "return null".to_owned(),
            ..Execution::default()
        };
        match self.run(&execution, engine).await {
            Ok(Outcome::Success { .. }) => Ok(()),
            Ok(other) => Err(other.explanation()),
            Err(ExecuteError::Worker(how)) => Err(format!("a worker process ended, by {how}")),
            Err(ExecuteError::Internal(why)) => Err(format!("{why:#}")),
            Err(other) => Err(other.to_string()),
        }
    }

    /// Runs a program in a process that serves its session alone. `engine` is the one that its limits need. Dropping the future
    /// ends the process.
    ///
    /// # Errors
    /// The process ended, or the host failed.
    pub async fn run(
        &self,
        execution: &Execution,
        engine: &Component,
    ) -> Result<Outcome, ExecuteError> {
        let owner = Owner {
            session: execution.session.clone(),
            files: execution.files.clone(),
            fuel: execution.limits.fuel.is_some(),
        };
        let begun = Instant::now();
        let mut running = self.take(&owner, engine).await?;
        let bound = conversation::bind(running.worker()?, &owner.files).await;
        if let Err(fault) = bound {
            return Err(running.failed(fault).await);
        }
        let (waited, begun) = (begun.elapsed(), Instant::now());
        let most = execution.limits.wall_time.saturating_add(WORKER_GRACE);
        let conversation = conversation::run(running.worker()?, execution);
        let ran = match &execution.off_clock {
            None => tokio::time::timeout(most, conversation).await.ok(),
            Some(off_clock) => off_clock.within(most, conversation).await.ok(),
        };
        let Some(ran) = ran else {
            tracing::error!("a worker process did not end its program in time, and was ended");
            return Ok(report::not_read_in_time(execution, begun.elapsed()));
        };
        match ran {
            Ok(mut outcome) => {
                outcome.resources_mut().phases.instantiate += waited;
                running.done(owner);
                Ok(outcome)
            }
            Err(fault) => Err(running.failed(fault).await),
        }
    }

    /// How many there are now, and what became of the others.
    pub fn usage(&self) -> WorkersUsed {
        let (idle, counts) = (self.0.idle.lock(), &self.0.counts);
        WorkersUsed {
            running: counts.running.load(Relaxed),
            idle: (idle.fresh.len() + idle.kept.len()) as u64,
            started: counts.started.load(Relaxed),
            retired: counts.retired.load(Relaxed),
            stopped: counts.stopped.load(Relaxed),
            failed: counts.failed.load(Relaxed),
        }
    }

    /// The worker that served this owner last, or one that has served nobody.
    async fn take(&self, owner: &Owner, engine: &Component) -> Result<Running, ExecuteError> {
        if owner.fuel {
            let engine = engine.clone();
            let make = || async {
                let made = preparation::apart(move || Artifact::of(&engine)).await?;
                Ok::<_, ExecuteError>(Arc::new(made.map_err(ExecuteError::Internal)?))
            };
            self.0.engine_with_fuel.get_or_try_init(make).await?;
        }
        loop {
            let popped = self.0.idle.lock().pop(owner);
            let Some(worker) = popped else {
                break;
            };
            if worker.is_fit() {
                self.0.refill();
                return Ok(Running::new(&self.0, worker));
            }
            self.0.counts.failed.fetch_add(1, Relaxed);
        }
        let worker = self.0.order(owner.fuel).await;
        let worker = worker.map_err(|error| ExecuteError::Internal(error.into()))?;
        self.0.refill();
        Ok(Running::new(&self.0, worker))
    }
}

impl Idle {
    fn pop(&mut self, owner: &Owner) -> Option<Worker> {
        let of_owner = self.kept.iter().rposition(|(kept, _)| kept == owner);
        let kept = of_owner.and_then(|at| self.kept.remove(at));
        let kept = kept.map(|(_, worker)| worker);
        match owner.fuel {
            true => kept,
            false => kept.or_else(|| self.fresh.pop()),
        }
    }
}

impl Inner {
    /// A new worker.
    async fn order(&self, fuel: bool) -> std::io::Result<Worker> {
        let (started, starting) = oneshot::channel();
        let orders = self.orders.clone();
        let hand_over = move |made: std::io::Result<_>| {
            // Who does not wait any more has no use for it.
            let _ = started.send(made.map(|made| Worker::new(made, orders)));
        };
        self.start(fuel, Box::new(hand_over));
        starting.await.map_err(std::io::Error::other)?
    }

    /// Keeps a worker for the next program of its owner, in place of the one that was used longest ago.
    fn keep(&self, owner: Owner, worker: Worker) {
        let mut idle = self.idle.lock();
        idle.kept.push_back((owner, worker));
        while idle.kept.len() > self.kept_max {
            idle.kept.pop_front();
            self.counts.retired.fetch_add(1, Relaxed);
        }
    }

    /// Has as many fresh ones started as are missing.
    fn refill(self: &Arc<Self>) {
        let mut idle = self.idle.lock();
        while idle.fresh.len() + idle.starting < self.fresh_max {
            idle.starting += 1;
            let (pool, orders) = (Arc::downgrade(self), self.orders.clone());
            self.start(
                false,
                Box::new(move |made| {
                    let worker = made.map(|made| Worker::new(made, orders));
                    take_in(&pool, worker);
                }),
            );
        }
    }

    fn start(&self, fuel: bool, started: Box<dyn FnOnce(Made) + Send>) {
        let engine = match fuel {
            true => self.engine_with_fuel.get().unwrap_or(&self.engine),
            false => &self.engine,
        };
        self.counts.started.fetch_add(1, Relaxed);
        // The thread is there as long as somebody can send to it.
        let _ = self
            .orders
            .send(Order::Start(engine.clone(), fuel, started));
    }
}

type Made = std::io::Result<(std::process::Child, std::os::unix::net::UnixStream)>;

fn take_in(pool: &Weak<Inner>, worker: std::io::Result<Worker>) {
    let Some(pool) = pool.upgrade() else {
        return;
    };
    let mut idle = pool.idle.lock();
    idle.starting -= 1;
    match worker {
        Ok(worker) => idle.fresh.push(worker),
        Err(error) => tracing::warn!(%error, "a worker process cannot be started ahead"),
    }
}

/// A worker that runs a program. If it does not come back from that, it is ended.
struct Running {
    pool: Arc<Inner>,
    worker: Option<Worker>,
}

impl Running {
    fn new(pool: &Arc<Inner>, worker: Worker) -> Self {
        pool.counts.running.fetch_add(1, Relaxed);
        Self {
            pool: pool.clone(),
            worker: Some(worker),
        }
    }

    fn worker(&mut self) -> Result<&mut Worker, ExecuteError> {
        let worker = self.worker.as_mut();
        worker.ok_or_else(|| ExecuteError::Internal(wasmtime::Error::msg("its worker is gone")))
    }

    /// Its program has ended, and it is there for the owner's next one.
    fn done(mut self, owner: Owner) {
        let Some(mut worker) = self.worker.take() else {
            return;
        };
        worker.calls += 1;
        match worker.calls < WORKER_CALLS_MAX && worker.frames.is_empty() {
            true => self.pool.keep(owner, worker),
            false => drop(self.pool.counts.retired.fetch_add(1, Relaxed)),
        }
    }

    async fn failed(mut self, fault: Fault) -> ExecuteError {
        self.pool.counts.failed.fetch_add(1, Relaxed);
        let worker = self.worker.take();
        let broken = |why: String| ExecuteError::Internal(wasmtime::Error::msg(why));
        match (fault, worker) {
            (Fault::Gone, Some(worker)) => {
                let how = ending(worker).await;
                tracing::error!(how, "a worker process ended before its program did");
                ExecuteError::Worker(how)
            }
            (Fault::Broken(why), _) => {
                tracing::error!(why, "a worker process broke the protocol, and was ended");
                broken(format!(
                    "its worker process broke the protocol, and was ended: {why}"
                ))
            }
            (Fault::Unfit(why), _) => broken(format!("no worker process could be made: {why}")),
            (Fault::Sandbox(why), _) => broken(why),
            (Fault::Gone, None) => broken("its worker is gone".to_owned()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.pool.counts.running.fetch_sub(1, Relaxed);
        if self.worker.is_some() {
            self.pool.counts.stopped.fetch_add(1, Relaxed);
        }
    }
}

/// How a worker ended, in words.
async fn ending(worker: Worker) -> String {
    match worker.end().await {
        Ok(status) => status.to_string(),
        Err(error) => format!("an unknown cause ({error})"),
    }
}
