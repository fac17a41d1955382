//! How often each tool was called, what went wrong, and how long it took; and what the process takes,
//! as the system tells it.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;

/// Calls of one tool whose times are kept, the latest.
const TIMES_MAX: usize = 1_024;
/// Ticks of the processor clock in a second, as Linux tells them to all programs.
const TICKS_PER_SECOND: f64 = 100.0;
/// Where the process reads its own figures.
const STATUS: &str = "/proc/self/status";
const STAT: &str = "/proc/self/stat";

/// What was counted since the process began.
pub struct Metrics {
    began: Instant,
    tools: Mutex<BTreeMap<String, Counted>>,
}

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

/// What the process takes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SystemMetrics {
    /// Resident memory, in bytes; none where the system does not tell.
    pub memory_bytes: Option<u64>,
    /// Time on processors, in seconds; none where the system does not tell.
    pub cpu_seconds: Option<f64>,
    /// Since the process began to serve, in seconds.
    pub uptime_seconds: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            tools: Mutex::default(),
        }
    }
}

impl Metrics {
    /// One call is over.
    pub fn count(&self, tool: &str, took: Duration, error: Option<String>) {
        let mut tools = self.tools.lock();
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
        let tools = self.tools.lock();
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

    /// What the process takes now.
    pub fn system(&self) -> SystemMetrics {
        let read = |path| std::fs::read_to_string(path).ok();
        SystemMetrics {
            memory_bytes: read(STATUS).and_then(|status| resident_bytes(&status)),
            cpu_seconds: read(STAT).and_then(|stat| cpu_seconds(&stat)),
            uptime_seconds: self.began.elapsed().as_secs_f64(),
        }
    }
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// User and system time: the 14th and 15th field, of which the second may hold blanks.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_measured() {
        let metrics = Metrics::default();
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
        let system = metrics.system();
        assert!(system.memory_bytes.unwrap() > 1 << 20);
        assert!(system.cpu_seconds.is_some());
        assert_eq!(resident_bytes("VmRSS:\t  12 kB\n"), Some(12_288));
        assert_eq!(
            cpu_seconds("1 (a b) c) S 0 0 0 0 0 0 0 0 0 0 150 50 0"),
            Some(2.0)
        );
    }

    #[test]
    fn only_the_latest_times_are_kept() {
        let metrics = Metrics::default();
        metrics.count("a", Duration::from_secs(9), None);
        for _ in 0..TIMES_MAX {
            metrics.count("a", Duration::from_millis(1), None);
        }
        assert_eq!(metrics.tools()["a"].p99_ms, 1.0);
        assert_eq!(metrics.tools()["a"].calls, TIMES_MAX as u64 + 1);
    }
}
