//! How often each tool was called, what went wrong, and how long it took.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;

/// Calls of one tool whose times are kept, the latest.
const TIMES_MAX: usize = 1_024;

/// What was counted since the process began.
#[derive(Default)]
pub struct ToolCalls(Mutex<BTreeMap<String, Counted>>);

#[derive(Default)]
struct Counted {
    calls: u64,
    errors: u64,
    last_error: Option<String>,
    times_us: VecDeque<u64>,
}

/// What is known of one tool's calls.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ToolMetrics {
    /// How often it was called.
    pub calls: u64,
    /// How often it failed.
    pub errors: u64,
    /// The latest failure.
    pub last_error: Option<String>,
    /// The shortest of the latest calls, in milliseconds.
    pub min_ms: f64,
    /// The median of them.
    pub p50_ms: f64,
    /// What 99 of 100 do not exceed.
    pub p99_ms: f64,
}

impl ToolCalls {
    /// One call is over.
    pub fn count(&self, tool: &str, took: Duration, error: Option<String>) {
        let mut tools = self.0.lock();
        let counted = tools.entry(tool.to_owned()).or_default();
        counted.calls += 1;
        if error.is_some() {
            counted.errors += 1;
            counted.last_error = error;
        }
        if counted.times_us.len() == TIMES_MAX {
            counted.times_us.pop_front();
        }
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        counted.times_us.push_back(took);
    }

    /// What is known of each tool that was called.
    pub fn tools(&self) -> BTreeMap<String, ToolMetrics> {
        let tools = self.0.lock();
        let told = tools.iter().map(|(name, counted)| {
            let mut times: Vec<u64> = counted.times_us.iter().copied().collect();
            times.sort_unstable();
            let at = |share: f64| {
                let place = (times.len() as f64 * share).ceil() as usize;
                let time = times.get(place.saturating_sub(1));
                time.map_or(0.0, |us| *us as f64 / 1e3)
            };
            let metrics = ToolMetrics {
                calls: counted.calls,
                errors: counted.errors,
                last_error: counted.last_error.clone(),
                min_ms: at(0.0),
                p50_ms: at(0.5),
                p99_ms: at(0.99),
            };
            (name.clone(), metrics)
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_measured() {
        let metrics = ToolCalls::default();
        for ms in 1..=100 {
            metrics.count(
                "a",
                Duration::from_millis(ms),
                (ms == 3).then(|| "no".to_owned()),
            );
        }
        let tools = metrics.tools();
        let a = &tools["a"];
        assert_eq!(
            (a.calls, a.errors, a.last_error.as_deref()),
            (100, 1, Some("no"))
        );
        assert_eq!((a.min_ms, a.p50_ms, a.p99_ms), (1.0, 50.0, 99.0));
    }

    #[test]
    fn only_the_latest_times_are_kept() {
        let metrics = ToolCalls::default();
        metrics.count("a", Duration::from_secs(9), None);
        for _ in 0..TIMES_MAX {
            metrics.count("a", Duration::from_millis(1), None);
        }
        assert_eq!(metrics.tools()["a"].p99_ms, 1.0);
        assert_eq!(metrics.tools()["a"].calls, TIMES_MAX as u64 + 1);
    }
}
