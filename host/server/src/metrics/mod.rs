//! Figures of the host, as Prometheus reads them: counted where something happens, or asked for when they are read.

mod process;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use parking_lot::Mutex;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use vesicle_sandbox::{Phases, Resources};

use crate::audit::Ended;

/// Upper bounds of the buckets of times, in seconds: from 10 µs on, each twice the one before, up to 21 s.
const BUCKETS: (f64, f64, u16) = (10e-6, 2.0, 22);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOutcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPhase {
    phase: &'static str,
}

type Times = Family<OfPhase, Histogram, fn() -> Histogram>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStatus {
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    reason: &'static str,
}

/// The figures. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Shared>);

struct Shared {
    registry: Mutex<Registry>,
    executions: Family<OfOutcome, Counter>,
    times: Times,
    responses: Family<OfStatus, Counter>,
    refusals: Family<OfReason, Counter>,
    sessions: Gauge,
    process: process::Figures,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("vesicle");
        let executions = Family::default();
        let help = "Programs and calls of plugins, by what they came to";
        registry.register("executions", help, executions.clone());
        let histogram: fn() -> Histogram = || {
            let (first, factor, count) = BUCKETS;
            Histogram::new(exponential_buckets(first, factor, count))
        };
        let times = Times::new_with_constructor(histogram);
        let help = "How long they waited for a place, were checked, instantiated, run, and waited for the host, and all of it";
        registry.register_with_unit("execution", help, Unit::Seconds, times.clone());
        let responses = Family::default();
        registry.register(
            "http_responses",
            "Answers over HTTP, by status",
            responses.clone(),
        );
        let refusals = Family::default();
        registry.register(
            "refusals",
            "Requests that were not let in",
            refusals.clone(),
        );
        let sessions = Gauge::default();
        registry.register(
            "sessions",
            "Sessions of MCP that are open",
            sessions.clone(),
        );
        let process = process::Figures::register(&mut registry);
        Self(Arc::new(Shared {
            registry: Mutex::new(registry),
            executions,
            times,
            responses,
            refusals,
            sessions,
            process,
        }))
    }
}

impl Metrics {
    /// A program or a call of a plugin ended so, after this time.
    pub fn executed(&self, ended: &Ended, took: Duration) {
        let outcome = OfOutcome {
            outcome: ended.status,
        };
        self.0.executions.get_or_create(&outcome).inc();
        let Resources {
            cpu_time_us,
            phases,
            ..
        } = ended.resources();
        let run = Duration::from_micros(*cpu_time_us);
        let Phases {
            queue,
            check,
            instantiate,
        } = *phases;
        let before = queue + check + instantiate + run;
        for (phase, time) in [
            ("queue", queue),
            ("check", check),
            ("instantiate", instantiate),
            ("run", run),
            ("wait", took.saturating_sub(before)),
            ("all", took),
        ] {
            let times = self.0.times.get_or_create(&OfPhase { phase });
            times.observe(time.as_secs_f64());
        }
    }

    /// A request over HTTP was answered with this status.
    pub fn responded(&self, status: u16) {
        let status = OfStatus {
            status: status.into(),
        };
        self.0.responses.get_or_create(&status).inc();
    }

    /// A request was not let in.
    pub fn refused(&self, reason: &'static str) {
        self.0.refusals.get_or_create(&OfReason { reason }).inc();
    }

    /// So many sessions are open.
    pub fn sessions(&self, count: usize) {
        self.0
            .sessions
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// All of them, in the text format of OpenMetrics.
    pub fn encode(&self) -> String {
        self.0.process.read();
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.0.registry.lock());
        text
    }
}

/// A gauge of a whole number that is never negative.
type Amount = Gauge<u64, AtomicU64>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Metrics::default();
        metrics.executed(&Ended::otherwise("success"), Duration::from_millis(1));
        metrics.executed(&Ended::otherwise("timeout"), Duration::from_secs(5));
        metrics.responded(200);
        metrics.refused("token");
        metrics.sessions(3);
        let text = metrics.encode();
        for line in [
            "vesicle_executions_total{outcome=\"success\"} 1",
            "vesicle_execution_seconds_count{phase=\"all\"} 2",
            "vesicle_http_responses_total{status=\"200\"} 1",
            "vesicle_refusals_total{reason=\"token\"} 1",
            "vesicle_sessions 3",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}\n{text}");
        }
        assert!(
            text.contains("vesicle_process_resident_memory_bytes "),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }
}
