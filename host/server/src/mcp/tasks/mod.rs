//! Calls that outlive the request that made them.
//!
//! A task is one whose client asks for its result later: revision 2025-11-25 has clients wish for it (`declared.rs`), revision
//! 2026-07-28 has it as an extension in which the server decides (`extension.rs`). A parked call is a program that waits for a
//! person's answer where the server cannot ask: it goes on when the client makes the call again with the answer.
//! Both are a [`Job`]; this file keeps them, within bounds, for those whose they are and nobody else.

pub mod declared;
mod extension;
mod job;
pub mod wire;

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use rmcp::{
    ErrorData,
    model::{CallToolResponse, CallToolResult, ContentBlock},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{discover::call::NAME as CALL_TOOL, execute, server::own_names};
pub use extension::{call, can_show_forms, cancel, get, outlives, update};
use job::{Answer, Kind};
pub use job::{Asks, Job};

/// How many tasks one caller may have, those that run and those whose results are kept.
pub const TASKS_MAX: usize = 32;
/// How long a task is kept from when it was made, unless its client wishes otherwise.
pub const TTL: Duration = Duration::from_secs(600);
/// The shortest and the longest time that a client may wish for.
pub const TTL_MIN: Duration = Duration::from_secs(1);
/// See [`TTL_MIN`].
pub const TTL_MAX: Duration = Duration::from_secs(3_600);
/// How long a result is kept at least, however long its task ran.
pub const RESULT_TIME_MIN: Duration = Duration::from_secs(60);
/// How much the results of one caller's tasks may take that are kept, in bytes of JSON.
pub const KEPT_BYTES_MAX: usize = 32 << 20;
/// How often clients are told to look.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long a call runs before it becomes a task, where the server decides.
pub const TASK_AFTER: Duration = Duration::from_secs(1);
/// How many calls of one caller may wait for answers that come with another request.
pub const PARKED_MAX: usize = 8;
/// How long such a call waits. Then it is stopped. A question may be given up before (`consent_timeout_ms`).
pub const PARKED_TIME_MAX: Duration = Duration::from_secs(600);

/// How much of everything.
#[derive(Debug, Clone)]
pub struct Bounds {
    tasks: usize,
    kept_bytes: usize,
    result_time_min: Duration,
    parked: usize,
    parked_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            tasks: TASKS_MAX,
            kept_bytes: KEPT_BYTES_MAX,
            result_time_min: RESULT_TIME_MIN,
            parked: PARKED_MAX,
            parked_time: PARKED_TIME_MAX,
        }
    }
}

/// Whose a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// An account's, in whichever session it asks.
    Account(Arc<str>),
    /// A session's, where there are no accounts.
    Session(u64),
    /// That of whoever knows its id: without accounts and sessions there is nothing else to know a caller by.
    Bearer,
}

/// All jobs of a host that somebody may ask for. Clones are the same.
#[derive(Clone)]
pub struct Tasks(Arc<Inner>);

struct Inner {
    /// What tells ids of this process from others'.
    host: String,
    bounds: Bounds,
    jobs: Mutex<HashMap<String, Arc<Job>>>,
    sessions: AtomicU64,
    /// Stops all calls.
    stop: CancellationToken,
    /// How many run.
    running: watch::Sender<usize>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tasks that run.
    pub running: u64,
    /// Tasks that have ended and are kept.
    pub kept: u64,
    /// Calls that wait for an answer that comes with another request.
    pub parked: u64,
}

/// A session, until it ends: so do its tasks then, as nobody can ask for them any more.
pub struct Session {
    tasks: Tasks,
    number: u64,
    /// Whether it may have tasks. Most requests without a session are one of their own, and have none.
    is_used: AtomicBool,
}

impl Session {
    /// Its number, for what is its.
    pub fn number(&self) -> u64 {
        self.is_used.store(true, Ordering::Relaxed);
        self.number
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if *self.is_used.get_mut() {
            self.tasks.end_of(&Owner::Session(self.number));
        }
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}

impl Tasks {
    /// None yet.
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Inner {
            host: random::<4>().unwrap_or_default(),
            bounds,
            jobs: Mutex::default(),
            sessions: AtomicU64::new(0),
            stop: CancellationToken::new(),
            running: watch::Sender::new(0),
        }))
    }

    /// A session begins.
    pub fn session(&self) -> Session {
        Session {
            tasks: self.clone(),
            number: self.0.sessions.fetch_add(1, Ordering::Relaxed),
            is_used: AtomicBool::new(false),
        }
    }

    /// A call begins that may outlive its request. Nobody can ask for it yet.
    pub fn begin<W>(
        &self,
        owner: Owner,
        wish: Option<Duration>,
        work: impl FnOnce(&Arc<Job>) -> W,
    ) -> Arc<Job>
    where
        W: Future<Output = Answer> + Send + 'static,
    {
        let id = random::<16>().map(|random| format!("{}-{random}", self.0.host));
        let ttl = wish.unwrap_or(TTL).clamp(TTL_MIN, TTL_MAX);
        let job = Arc::new(Job::new(
            id.unwrap_or_default(),
            owner,
            ttl,
            self.0.stop.child_token(),
        ));
        let work = work(&job);
        let (tasks, running) = (self.clone(), job.clone());
        self.0.running.send_modify(|count| *count += 1);
        tokio::spawn(async move {
            let answer = AssertUnwindSafe(work).catch_unwind().await;
            let answer = answer.unwrap_or_else(|_| {
                let why = "the call failed by a fault of the server";
                Err(ErrorData::internal_error(why, None))
            });
            tasks.ended(&running, answer);
            tasks.0.running.send_modify(|count| *count -= 1);
            if running.kind() == Kind::Task {
                let expiry = running.expiry(tasks.0.bounds.result_time_min);
                tokio::time::sleep_until(expiry.into()).await;
                tasks.0.jobs.lock().remove(&running.id);
            }
        });
        job
    }

    /// Makes a task of a call. Says whether it is one: it is none if it has ended already.
    ///
    /// # Errors
    /// Its caller has too many, or it has no id.
    pub fn keep(&self, job: &Arc<Job>) -> Result<bool, String> {
        let most = self.0.bounds.tasks;
        let too_many = format!(
            "{most} tasks of yours are running or kept, and no more may be: wait until the time of one is over, or cancel one that runs and let its time pass"
        );
        self.take_in(job, Kind::Task, most, too_many)
    }

    /// Has a call wait for an answer that comes with another request. Says whether it does: not if it has ended already.
    ///
    /// # Errors
    /// Too many of its caller's wait, or it has no id.
    pub fn park(&self, job: &Arc<Job>) -> Result<bool, String> {
        let most = self.0.bounds.parked;
        let too_many = format!("{most} calls of this caller wait for answers, and no more may");
        let parked = self.take_in(job, Kind::Parked, most, too_many)?;
        if parked {
            let (tasks, job) = (self.clone(), job.clone());
            let round = job.round();
            tokio::spawn(async move {
                tokio::time::sleep(tasks.0.bounds.parked_time).await;
                if job.kind() == Kind::Parked && job.round() == round {
                    tasks.0.jobs.lock().remove(&job.id);
                    job.stop.cancel();
                }
            });
        }
        Ok(parked)
    }

    fn take_in(
        &self,
        job: &Arc<Job>,
        kind: Kind,
        most: usize,
        too_many: String,
    ) -> Result<bool, String> {
        if job.id.is_empty() {
            let why = "the system gives no random numbers, of which this call's name would be made";
            return Err(why.to_owned());
        }
        let mut jobs = self.0.jobs.lock();
        let same = |other: &&Arc<Job>| other.owner == job.owner && other.kind() == kind;
        if jobs.values().filter(same).count() >= most {
            return Err(too_many);
        }
        let is_taken = job.become_(kind);
        if is_taken {
            jobs.insert(job.id.clone(), job.clone());
        }
        Ok(is_taken)
    }

    /// Goes on with a parked call: it is nobody else's from here on.
    pub fn unpark(&self, owner: &Owner, id: &str) -> Option<Arc<Job>> {
        let mut jobs = self.0.jobs.lock();
        let found = jobs.get(id);
        found.filter(|job| job.owner == *owner && job.kind() == Kind::Parked)?;
        let job = jobs.remove(id)?;
        job.take_up();
        Some(job)
    }

    /// The task of this id, if it is this caller's.
    ///
    /// # Errors
    /// It is none, or another host has it.
    pub fn find(&self, owner: &Owner, id: &str) -> Result<Arc<Job>, ErrorData> {
        let jobs = self.0.jobs.lock();
        let found = jobs.get(id);
        let found = found.filter(|job| job.owner == *owner && job.kind() == Kind::Task);
        found.cloned().ok_or_else(|| {
            let why = match id.split_once('-') {
                Some((host, _)) if host != self.0.host => format!(
                    "the task `{id}` is not on this host: it was made by another one, or before this one was started again. \
                     A task stays with the host that runs it; ask that one, or make the call again"
                ),
                _ => format!("you have no task `{id}`; its time may be over"),
            };
            ErrorData::invalid_params(why, None)
        })
    }

    /// All tasks of a caller, the oldest first.
    pub fn list(&self, owner: &Owner) -> Vec<Arc<Job>> {
        let jobs = self.0.jobs.lock();
        let own = jobs
            .values()
            .filter(|job| job.owner == *owner && job.kind() == Kind::Task);
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|job| (job.began, job.id.clone()));
        own
    }

    /// How many there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for job in self.0.jobs.lock().values() {
            match (job.kind(), job.has_ended()) {
                (Kind::Task, false) => counts.running += 1,
                (Kind::Task, true) => counts.kept += 1,
                (Kind::Parked, _) => counts.parked += 1,
                (Kind::Waited, _) => {}
            }
        }
        counts
    }

    /// Stops all calls and waits for their ends, for `limit` at most.
    pub async fn end(&self, limit: Duration) {
        self.0.stop.cancel();
        let mut running = self.0.running.subscribe();
        let ended = running.wait_for(|count| *count == 0);
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::warn!("calls that nobody waits for were still running at the end");
        }
    }

    fn end_of(&self, owner: &Owner) {
        self.0.jobs.lock().retain(|_, job| {
            let stays = job.owner != *owner;
            if !stays {
                job.stop.cancel();
            }
            stays
        });
    }

    /// Keeps what came of a call, as far as there is room.
    fn ended(&self, job: &Job, answer: Answer) {
        let bytes = match &answer {
            Ok(CallToolResponse::Complete(result)) => {
                serde_json::to_vec(result).map_or(0, |it| it.len())
            }
            _ => 0,
        };
        // Held, so that two that end at once do not both find room.
        let jobs = self.0.jobs.lock();
        let is_task = job.kind() == Kind::Task;
        let kept = jobs
            .values()
            .filter(|other| is_task && other.owner == job.owner);
        let kept: usize = kept.map(|other| other.bytes()).sum();
        let most = self.0.bounds.kept_bytes;
        if !is_task || kept + bytes <= most {
            job.end(answer, bytes);
            return;
        }
        let why = format!(
            "the result has {bytes} bytes, and could not be kept: results of your tasks may have {most} bytes together, and {kept} \
             are taken. The call was made; return less, or wait until the time of other tasks is over"
        );
        let result = CallToolResult::error(vec![ContentBlock::text(why)]);
        job.end(Ok(result.into()), 0);
    }
}

/// Whether a call of this tool may take long: it runs code, or asks another server.
pub fn may_be_long(tool: &str) -> bool {
    tool == execute::NAME || tool == CALL_TOOL || !own_names().any(|own| own == tool)
}

/// Nothing where the system has no randomness: nobody may guess it.
fn random<const BYTES: usize>() -> Option<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A time as the protocol writes it.
fn written(time: std::time::SystemTime) -> String {
    chrono::DateTime::<chrono::Utc>::from(time).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// When a task's time is over.
fn expiry(began: Instant, ttl: Duration, ended: Instant, least: Duration) -> Instant {
    (began + ttl).max(ended + least)
}

#[cfg(test)]
mod tests;
