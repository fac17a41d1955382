//! When a guest runs: its CPU time is counted here, its share of a processor kept, and its turn
//! given up each millisecond.
//!
//! Guests that compute for long take turns, as many at once as there are processors. Without that a
//! runtime has all of them ready, each for a millisecond: a new task waits for its place among them,
//! and timers are looked at only when all had theirs. With turns at most one for each processor is
//! ready. A guest needs no turn for its first millisecond, nor for the first after it waited.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use wasmtime::UpdateDeadline;

use crate::limit_kind::{LimitMet, TimeIsUp};
use crate::ticker::TICK;
use crate::turns::{Turn, Turns};
use crate::{LimitKind, Limits, OffClock};

/// What every program may compute before its share of a processor counts.
pub const CPU_BURST: Duration = Duration::from_millis(100);
/// How much a program that was paused may compute before the next pause: longer pauses with more
/// between them, since timers are no finer than a millisecond.
const BETWEEN_PAUSES: Duration = Duration::from_millis(5);
/// How much a guest computes before it needs a turn.
const FREE: Duration = TICK;
/// Stands for "not polled now".
const NOT_NOW: u64 = u64::MAX;

/// The pace of one guest.
pub struct Pace {
    began: Instant,
    /// Since `began`.
    wall_time: Duration,
    off_clock: Option<OffClock>,
    cpu_time: Option<Duration>,
    cpu_percent: u32,
    /// Nanoseconds in polls that have ended.
    spent_ns: AtomicU64,
    /// When the present poll began, in nanoseconds since `began`.
    polled_ns: AtomicU64,
    turns: Turns,
    turn: Mutex<Option<Turn>>,
    /// Set while the guest lets others run and keeps its turn nevertheless.
    keeps_turn: AtomicBool,
}

impl Pace {
    /// The pace of a guest that starts now and has this much wall time left.
    pub fn new(
        limits: &Limits,
        wall_time: Duration,
        off_clock: Option<OffClock>,
        turns: &Turns,
    ) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            wall_time,
            off_clock,
            cpu_time: limits.cpu_time,
            cpu_percent: limits.cpu_percent,
            spent_ns: AtomicU64::new(0),
            polled_ns: AtomicU64::new(NOT_NOW),
            turns: turns.clone(),
            turn: Mutex::new(None),
            keeps_turn: AtomicBool::new(false),
        })
    }

    /// The time for which guest code ran, or the host for it.
    pub fn cpu_time(&self) -> Duration {
        let ended = Duration::from_nanos(self.spent_ns.load(Ordering::Relaxed));
        match self.polled_ns.load(Ordering::Relaxed) {
            NOT_NOW => ended,
            since => {
                ended
                    + self
                        .began
                        .elapsed()
                        .saturating_sub(Duration::from_nanos(since))
            }
        }
    }

    /// Says that the guest is polled from now on.
    pub fn poll_begins(&self) {
        let now = self.began.elapsed().as_nanos() as u64;
        self.polled_ns.store(now, Ordering::Relaxed);
    }

    /// Says that the guest gave the thread back. A guest that waits has no turn.
    pub fn poll_ends(&self) {
        let cpu_time = self.cpu_time().as_nanos() as u64;
        self.polled_ns.store(NOT_NOW, Ordering::Relaxed);
        self.spent_ns.store(cpu_time, Ordering::Relaxed);
        if !self.keeps_turn.load(Ordering::Relaxed) {
            *self.turn.lock() = None;
        }
    }

    /// Whether the guest may go on: what Wasmtime asks at each tick during which the guest ran.
    pub fn tick(self: &Arc<Self>) -> wasmtime::Result<UpdateDeadline> {
        let cpu_time = self.cpu_time();
        if self.cpu_time.is_some_and(|most| cpu_time >= most) {
            return Err(LimitMet(LimitKind::CpuTime).into());
        }
        if cpu_time < FREE {
            return Ok(UpdateDeadline::Continue(1));
        }
        let elapsed = self.began.elapsed();
        if self.counted(elapsed, cpu_time) >= self.wall_time {
            return Err(TimeIsUp.into());
        }
        let pause = pause(self.cpu_percent, cpu_time, elapsed);
        let give_way = self.clone().give_way(pause);
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(give_way)))
    }

    /// How much of the time since the beginning is the guest's. What it computes always is, also
    /// while the time stands still.
    fn counted(&self, elapsed: Duration, cpu_time: Duration) -> Duration {
        let stood_still = self.off_clock.as_ref().map(OffClock::stood_still);
        elapsed
            .saturating_sub(stood_still.unwrap_or_default())
            .max(cpu_time)
    }

    /// Lets others run, and comes back when it is this guest's turn again.
    async fn give_way(self: Arc<Self>, pause: Option<Duration>) {
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => {
                // tokio runs all that is ready and looks at timers and sockets before it comes back
                // here. Were the turn given up already, the next guest would be ready by then, and
                // that would not happen until all have had theirs.
                self.keeps_turn.store(true, Ordering::Relaxed);
                tokio::task::yield_now().await;
                self.keeps_turn.store(false, Ordering::Relaxed);
            }
        }
        // Given up first, so that whoever waits longest is next.
        *self.turn.lock() = None;
        let turn = self.turns.take().await;
        *self.turn.lock() = Some(turn);
    }
}

/// How long a guest that used `cpu_time` in `elapsed` has to rest, if it used more than its share.
fn pause(cpu_percent: u32, cpu_time: Duration, elapsed: Duration) -> Option<Duration> {
    let share = elapsed * cpu_percent / 100;
    let excess = cpu_time.checked_sub(CPU_BURST + share)?;
    (cpu_percent < 100).then(|| (excess + BETWEEN_PAUSES) * 100 / cpu_percent.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn nobody_rests_before_the_burst_is_used() {
        assert_eq!(pause(30, ms(99), ms(0)), None);
        assert_eq!(pause(50, ms(149), ms(100)), None);
    }

    #[test]
    fn a_rest_makes_up_for_the_excess() {
        // At 50 %, 100 ms have earned 50 ms beyond the burst.
        assert_eq!(pause(50, ms(150), ms(100)), Some(2 * BETWEEN_PAUSES));
        assert_eq!(
            pause(50, ms(160), ms(100)),
            Some(ms(20) + 2 * BETWEEN_PAUSES)
        );
        assert_eq!(pause(20, ms(110), ms(50)), Some(5 * BETWEEN_PAUSES));
    }

    #[test]
    fn a_whole_processor_is_never_taken_away() {
        assert_eq!(pause(100, ms(10_000), ms(9_000)), None);
    }
}
