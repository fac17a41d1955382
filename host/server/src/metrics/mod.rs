//! Figures of the host. What happens is counted here, by atomics; what is in use is asked for when somebody reads
//! (`figures.rs`). All who tell them, over HTTP or MCP, tell one [`Snapshot`].

mod figures;
mod histogram;
mod parts;
mod process;
mod recent;
mod snapshot;
mod text;

use std::{
    array,
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use parking_lot::Mutex;
use vesicle_sandbox::{Phases, Resources};

use crate::audit::Ended;
pub use figures::{Figures, Sources};
use histogram::Histogram;
pub use parts::{Part, has_room};
pub use process::Process;
pub use recent::{BUCKET, BUCKETS_MAX, Point, Recent};
pub use snapshot::{
    ACCOUNTS_TOLD_MAX, HitsAndMisses, MemoryFigures, OTHERS, SERVERS_TOLD_MAX, Snapshot, Upstream,
};
pub use text::{CONTENT_TYPE, encode};

/// What programs and calls of plugins come to. Whatever else they come to is counted as the last.
pub const OUTCOMES: [&str; 10] = [
    "success",
    "error",
    "timeout",
    "limit_exceeded",
    "security_violation",
    "cancelled",
    "disconnected",
    "abandoned",
    "failed",
    "other",
];
/// Where their time goes; `all` is the whole of it, and `wait` what the others leave of that.
pub const PHASES: [&str; 7] = [
    "queue",
    "check",
    "instantiate",
    "run",
    "host_calls",
    "wait",
    "all",
];
/// The statuses of HTTP that there can be.
const STATUSES: std::ops::Range<u16> = 100..600;

/// What is counted. Clones share it.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Counters>);

struct Counters {
    executions: [AtomicU64; OUTCOMES.len()],
    phases: [Histogram; PHASES.len()],
    denied: AtomicU64,
    responses: Box<[AtomicU64]>,
    /// Refusing is not on the way of a call.
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    connections: AtomicU64,
    plugins_kept: AtomicU64,
    plugins_loaded: AtomicU64,
    recent: Recent,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            executions: array::from_fn(|_| AtomicU64::new(0)),
            phases: array::from_fn(|_| Histogram::default()),
            denied: AtomicU64::new(0),
            responses: STATUSES.map(|_| AtomicU64::new(0)).collect(),
            refusals: Mutex::default(),
            connections: AtomicU64::new(0),
            plugins_kept: AtomicU64::new(0),
            plugins_loaded: AtomicU64::new(0),
            recent: Recent::default(),
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub struct Connected(Metrics);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.0.connections.fetch_sub(1, Relaxed);
    }
}

impl Metrics {
    /// A program or a call of a plugin ended so, after this time.
    pub fn executed(&self, ended: &Ended, took: Duration) {
        let Resources {
            cpu_time_us,
            denied,
            phases,
            ..
        } = ended.resources();
        let outcome = OUTCOMES.iter().position(|known| *known == ended.status);
        let outcome = outcome.unwrap_or(OUTCOMES.len() - 1);
        if let Some(count) = self.0.executions.get(outcome) {
            count.fetch_add(1, Relaxed);
        }
        self.0.denied.fetch_add(*denied, Relaxed);
        self.0.recent.count(outcome, took);
        let run = Duration::from_micros(*cpu_time_us);
        let Phases {
            queue,
            check,
            instantiate,
            host_calls,
        } = *phases;
        let told = queue + check + instantiate + run + host_calls;
        let wait = took.saturating_sub(told);
        let times = [queue, check, instantiate, run, host_calls, wait, took];
        for (histogram, time) in self.0.phases.iter().zip(times) {
            histogram.add(time);
        }
    }

    /// A plugin was to be called, and it was loaded for that or there already.
    pub fn plugin_found(&self, was_kept: bool) {
        let count = match was_kept {
            true => &self.0.plugins_kept,
            false => &self.0.plugins_loaded,
        };
        count.fetch_add(1, Relaxed);
    }

    /// A request over HTTP was answered with this status.
    pub fn responded(&self, status: u16) {
        let at = status.checked_sub(STATUSES.start).map(usize::from);
        if let Some(count) = at.and_then(|at| self.0.responses.get(at)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// A request was not let in.
    pub fn refused(&self, reason: &'static str) {
        *self.0.refusals.lock().entry(reason).or_default() += 1;
    }

    /// A connection is open, until what is returned is dropped.
    pub fn connected(&self) -> Connected {
        self.0.connections.fetch_add(1, Relaxed);
        Connected(self.clone())
    }

    /// What executions came to in the last hour, for charts: see [`Recent::points`] and [`Point`].
    pub fn recent(&self) -> &Recent {
        &self.0.recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_place_and_what_has_none_is_the_last() {
        let metrics = Metrics::default();
        for status in OUTCOMES.into_iter().chain(["unheard_of"]) {
            metrics.executed(&Ended::otherwise(status), Duration::ZERO);
        }
        let counts = metrics.0.executions.each_ref().map(|n| n.load(Relaxed));
        assert_eq!(counts, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        assert_eq!(metrics.recent().points(1)[0].count, 11);
    }

    #[test]
    fn only_statuses_that_there_are_are_counted() {
        let metrics = Metrics::default();
        for status in [99, 100, 599, 600, u16::MAX] {
            metrics.responded(status);
        }
        let counted: u64 = metrics.0.responses.iter().map(|n| n.load(Relaxed)).sum();
        assert_eq!(counted, 2);
    }

    #[test]
    fn connections_are_counted_while_they_are_open() {
        let metrics = Metrics::default();
        let (one, two) = (metrics.connected(), metrics.connected());
        drop(one);
        assert_eq!(metrics.0.connections.load(Relaxed), 1);
        drop(two);
        assert_eq!(metrics.0.connections.load(Relaxed), 0);
    }
}
