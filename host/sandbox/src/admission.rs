//! Who runs, who waits, and who is told to come back: places in the pool, in all and for each
//! session, and a queue of bounded length in front of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::usage::{InUse, Places};
use crate::{Config, ExecuteError};

/// The shortest queue that is made by default: short programs are through it in milliseconds.
const QUEUE_MIN: u32 = 64;
/// What an execution is taken to last before any has ended.
const RUN_TIME_GUESS: Duration = Duration::from_millis(100);
/// Nobody is told to come back sooner or later than this.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(60));

/// Places and queue of one sandbox.
pub struct Admission {
    places: Arc<Semaphore>,
    running_max: usize,
    session_running_max: usize,
    waiting_max: usize,
    session_waiting_max: usize,
    queue: Mutex<Queue>,
    /// A mean in which recent executions count most, in nanoseconds.
    run_time_ns: AtomicU64,
}

#[derive(Default)]
struct Queue {
    waiting: usize,
    /// Those that run or wait.
    sessions: HashMap<Arc<str>, Session>,
}

struct Session {
    places: Arc<Semaphore>,
    waiting: usize,
    /// Running and waiting.
    present: usize,
}

/// A place in the pool; dropping it frees the place.
pub struct Admitted {
    began: Instant,
    admission: Arc<Admission>,
    // Freed in this order: the session is forgotten last.
    _place: Option<OwnedSemaphorePermit>,
    _session_place: Option<OwnedSemaphorePermit>,
    _presence: Option<Presence>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let this = self.began.elapsed().as_nanos() as u64;
        let mean = &self.admission.run_time_ns;
        // Two that end at once may lose one of them, which a mean bears.
        let before = mean.load(Ordering::Relaxed);
        mean.store(before - before / 8 + this / 8, Ordering::Relaxed);
    }
}

impl Admission {
    /// As many places as `config` says.
    pub fn new(config: &Config) -> Arc<Self> {
        let running_max = config.concurrency_max.max(1);
        let session_running_max = config
            .session_concurrency_max
            .unwrap_or(running_max.div_ceil(4))
            .clamp(1, running_max);
        let waiting_max = config
            .queue_max
            .unwrap_or(running_max.saturating_mul(2).max(QUEUE_MIN));
        Arc::new(Self {
            places: Arc::new(Semaphore::new(running_max as usize)),
            running_max: running_max as usize,
            session_running_max: session_running_max as usize,
            waiting_max: waiting_max as usize,
            session_waiting_max: waiting_max.div_ceil(4) as usize,
            queue: Mutex::default(),
            run_time_ns: AtomicU64::new(RUN_TIME_GUESS.as_nanos() as u64),
        })
    }

    /// How many places are taken, and how many wait.
    pub fn places(&self) -> Places {
        let running = self.running_max - self.places.available_permits().min(self.running_max);
        Places {
            running: InUse {
                used: running as u64,
                total: self.running_max as u64,
            },
            waiting: InUse {
                used: self.queue.lock().waiting as u64,
                total: self.waiting_max as u64,
            },
        }
    }

    /// A place, as soon as there is one.
    ///
    /// # Errors
    /// [`ExecuteError::Busy`] at once, when the queue is full.
    pub async fn admit(
        self: &Arc<Self>,
        session: Option<&Arc<str>>,
    ) -> Result<Admitted, ExecuteError> {
        let presence = session.map(|name| Presence::new(self, name));
        let mut waiting = None;
        let session_place = match &presence {
            None => None,
            Some(presence) => Some(self.place(&presence.places, session, &mut waiting).await?),
        };
        let place = self.place(&self.places, session, &mut waiting).await?;
        Ok(Admitted {
            began: Instant::now(),
            admission: self.clone(),
            _place: place,
            _session_place: session_place.flatten(),
            _presence: presence,
        })
    }

    /// One of `places`; waits in the queue if there is none, and keeps the place in the queue in
    /// `waiting`.
    async fn place(
        self: &Arc<Self>,
        places: &Arc<Semaphore>,
        session: Option<&Arc<str>>,
        waiting: &mut Option<Waiting>,
    ) -> Result<Option<OwnedSemaphorePermit>, ExecuteError> {
        if let Ok(place) = places.clone().try_acquire_owned() {
            return Ok(Some(place));
        }
        if waiting.is_none() {
            *waiting = Some(Waiting::new(self, session)?);
        }
        // Never closed.
        Ok(places.clone().acquire_owned().await.ok())
    }

    fn busy(&self, of_session: bool, waiting: usize) -> ExecuteError {
        let (who, running_max) = match of_session {
            true => ("this session", self.session_running_max),
            false => ("the sandbox", self.running_max),
        };
        let mean = Duration::from_nanos(self.run_time_ns.load(Ordering::Relaxed));
        let rounds = (waiting + 1).div_ceil(running_max) as u32;
        let (soonest, latest) = RETRY_AFTER;
        let retry_after = mean.saturating_mul(rounds).clamp(soonest, latest);
        ExecuteError::Busy {
            who,
            running_max,
            waiting,
            retry_after_ms: retry_after.as_millis() as u64,
        }
    }
}

/// An entry of a session, for as long as somebody of it is there.
struct Presence {
    admission: Arc<Admission>,
    name: Arc<str>,
    places: Arc<Semaphore>,
}

impl Presence {
    fn new(admission: &Arc<Admission>, name: &Arc<str>) -> Self {
        let mut queue = admission.queue.lock();
        let session = queue
            .sessions
            .entry(name.clone())
            .or_insert_with(|| Session {
                places: Arc::new(Semaphore::new(admission.session_running_max)),
                waiting: 0,
                present: 0,
            });
        session.present += 1;
        Self {
            admission: admission.clone(),
            name: name.clone(),
            places: session.places.clone(),
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut queue = self.admission.queue.lock();
        if let Some(session) = queue.sessions.get_mut(&self.name) {
            session.present -= 1;
            if session.present == 0 {
                queue.sessions.remove(&self.name);
            }
        }
    }
}

/// A place in the queue.
struct Waiting {
    admission: Arc<Admission>,
    session: Option<Arc<str>>,
}

impl Waiting {
    fn new(admission: &Arc<Admission>, session: Option<&Arc<str>>) -> Result<Self, ExecuteError> {
        let mut queue = admission.queue.lock();
        if queue.waiting >= admission.waiting_max {
            return Err(admission.busy(false, queue.waiting));
        }
        if let Some(session) = session.and_then(|name| queue.sessions.get_mut(name)) {
            if session.waiting >= admission.session_waiting_max {
                return Err(admission.busy(true, session.waiting));
            }
            session.waiting += 1;
        }
        queue.waiting += 1;
        Ok(Self {
            admission: admission.clone(),
            session: session.cloned(),
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut queue = self.admission.queue.lock();
        queue.waiting -= 1;
        if let Some(session) = self
            .session
            .as_ref()
            .and_then(|name| queue.sessions.get_mut(name))
        {
            session.waiting -= 1;
        }
    }
}
