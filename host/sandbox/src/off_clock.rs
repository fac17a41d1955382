//! Time that is not the guest's: while a person is asked about one of its calls, the host waits as long
//! as the person takes, and the guest's wall time stands still.
//!
//! Only waiting is free. What the guest computes meanwhile counts as ever, and all that stands still in
//! one execution is bounded.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Stops the wall time of one execution. Whoever answers its calls has a clone.
#[derive(Debug, Clone)]
pub struct OffClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: Duration,
    state: Mutex<State>,
    resumed: Notify,
    /// It stands still since now, or does no more.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many stop it now, and since when the first of them does.
    stops: usize,
    since: Option<Instant>,
    /// What stood still before.
    ended: Duration,
}

/// The wall time stands still until this is dropped.
#[derive(Debug)]
#[must_use = "the time goes on when this is dropped"]
pub struct Stopped(OffClock);

/// The time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOver;

impl OffClock {
    /// For an execution whose time may stand still for this long in all; then it goes on, whoever
    /// is still asked.
    pub fn new(most: Duration) -> Self {
        Self(Arc::new(Inner {
            most,
            state: Mutex::default(),
            resumed: Notify::new(),
            changed: Notify::new(),
        }))
    }

    /// Stops the time. Where others have stopped it already, it goes on when the last one ends.
    pub fn stop(&self) -> Stopped {
        let mut state = self.0.state.lock();
        state.stops += 1;
        state.since.get_or_insert_with(Instant::now);
        if state.stops == 1 {
            self.0.changed.notify_waiters();
        }
        Stopped(self.clone())
    }

    /// For how long it may stand still in all.
    #[cfg(target_os = "linux")]
    pub(crate) fn most(&self) -> Duration {
        self.0.most
    }

    /// Waits until somebody stops it, or until nobody does any more.
    #[cfg(target_os = "linux")]
    pub(crate) async fn changes_from(&self, stopped: bool) {
        loop {
            let mut changed = pin!(self.0.changed.notified());
            // From here on nothing is missed.
            changed.as_mut().enable();
            if (self.0.state.lock().stops > 0) != stopped {
                return;
            }
            changed.await;
        }
    }

    /// How long it stood still until now.
    pub(crate) fn stood_still(&self) -> Duration {
        let state = self.0.state.lock();
        let now = state.since.map_or(Duration::ZERO, |since| since.elapsed());
        (state.ended + now).min(self.0.most)
    }

    fn is_stopped(&self) -> bool {
        let state = self.0.state.lock();
        let now = state.since.map(|since| since.elapsed());
        now.is_some_and(|now| state.ended + now < self.0.most)
    }

    /// What `work` comes to, unless `time` passes first in which the time does not stand still.
    pub(crate) async fn within<T>(
        &self,
        time: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, TimeOver> {
        let began = Instant::now();
        let stood_still = self.stood_still();
        let is_over = async {
            loop {
                let resumed = self.0.resumed.notified();
                let left = (time + self.stood_still())
                    .saturating_sub(stood_still)
                    .saturating_sub(began.elapsed());
                if self.is_stopped() {
                    let most = self.0.most.saturating_sub(self.stood_still());
                    // Until somebody answers, or until no more of it is free.
                    drop(tokio::time::timeout(most, resumed).await);
                } else if left.is_zero() {
                    return;
                } else {
                    tokio::time::sleep(left).await;
                }
            }
        };
        let (work, is_over) = (pin!(work), pin!(is_over));
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = is_over => Err(TimeOver),
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let inner = &self.0.0;
        let mut state = inner.state.lock();
        state.stops -= 1;
        if state.stops == 0
            && let Some(since) = state.since.take()
        {
            state.ended += since.elapsed();
            inner.resumed.notify_waiters();
            inner.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[tokio::test]
    async fn time_that_stands_still_is_not_counted() {
        let clock = OffClock::new(ms(60_000));
        let asked = clock.within(ms(200), async {
            let first = clock.stop();
            let second = clock.stop();
            tokio::time::sleep(ms(150)).await;
            drop(first);
            tokio::time::sleep(ms(150)).await;
            drop(second);
            "answered"
        });
        assert_eq!(asked.await, Ok("answered"));
        let stood_still = clock.stood_still();
        assert!((ms(300)..ms(3_000)).contains(&stood_still));
        // It does not stand still any more.
        let began = Instant::now();
        let late = clock.within(ms(100), tokio::time::sleep(ms(60_000))).await;
        assert_eq!(late, Err(TimeOver));
        assert!(began.elapsed() >= ms(100) && clock.stood_still() == stood_still);
    }

    #[tokio::test]
    async fn no_more_stands_still_than_may() {
        let clock = OffClock::new(ms(200));
        let began = Instant::now();
        let _stopped = clock.stop();
        let over = clock.within(ms(100), std::future::pending::<()>()).await;
        assert_eq!(over, Err(TimeOver));
        assert!(began.elapsed() >= ms(300), "{:?}", began.elapsed());
        assert_eq!(clock.stood_still(), ms(200));
    }
}
