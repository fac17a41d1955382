//! Turns of guests that compute: as many as there are processors, passed on in the order in which
//! guests came.
//!
//! Who embeds the sandbox may stop polling an execution without dropping it, and its turn would be
//! lost. So a guest that waits while no turn is passed on adds one; it is taken out again when the
//! lost one comes back.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns are passed on each millisecond. When none was for so long, all are lost, or the machine
/// is at a standstill, and one more does no harm.
const LOST_AFTER: Duration = Duration::from_millis(50);

/// The turns of one sandbox's guests.
#[derive(Clone)]
pub struct Turns(Arc<Shared>);

struct Shared {
    free: Arc<Semaphore>,
    /// Turns that stand in for lost ones.
    added: AtomicUsize,
    began: Instant,
    /// When a turn was last taken or added, in milliseconds since `began`.
    passed_ms: AtomicU64,
}

/// One turn; dropping it passes it on.
pub struct Turn {
    permit: Option<OwnedSemaphorePermit>,
    turns: Turns,
}

impl Turns {
    /// One for each processor.
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Shared {
            free: Arc::new(Semaphore::new(processors)),
            added: AtomicUsize::new(0),
            began: Instant::now(),
            passed_ms: AtomicU64::new(0),
        }))
    }

    /// A turn, after those who came before had theirs.
    pub async fn take(&self) -> Turn {
        let shared = &*self.0;
        let mut free = pin!(shared.free.clone().acquire_owned());
        loop {
            match tokio::time::timeout(LOST_AFTER, free.as_mut()).await {
                Ok(permit) => {
                    shared.passed_ms.store(shared.now_ms(), Ordering::Relaxed);
                    return Turn {
                        // Never closed.
                        permit: permit.ok(),
                        turns: self.clone(),
                    };
                }
                Err(_) => shared.replace_lost(),
            }
        }
    }
}

impl Shared {
    fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn replace_lost(&self) {
        let (now, passed) = (self.now_ms(), self.passed_ms.load(Ordering::Relaxed));
        let lost = now.saturating_sub(passed) >= LOST_AFTER.as_millis() as u64;
        // One of all who wait.
        let passed_ms = &self.passed_ms;
        if lost
            && passed_ms
                .compare_exchange(passed, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.added.fetch_add(1, Ordering::Relaxed);
            self.free.add_permits(1);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let fewer = |added: usize| added.checked_sub(1);
        let added = &self.turns.0.added;
        let replaced = added.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
        if let (Ok(_), Some(permit)) = (replaced, self.permit.take()) {
            permit.forget();
        }
    }
}
