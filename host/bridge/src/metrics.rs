//! Counts what calls come to, per tool.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::error::{ErrorCode, ToolError};

/// Counters of one tool, or of one server.
#[derive(Debug, Default)]
pub struct Counters {
    calls: AtomicU64,
    succeeded: AtomicU64,
    failed: [AtomicU64; ErrorCode::ALL.len()],
    cache_lookups: AtomicU64,
    cache_hits: AtomicU64,
    fallbacks: AtomicU64,
    retries: AtomicU64,
    latency: Latency,
}

/// What the counters said at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counts {
    /// All calls, refused ones included.
    pub calls: u64,
    /// Those that gave a result.
    pub succeeded: u64,
    /// Those that the policy denied.
    pub denied: u64,
    /// Those whose arguments or names were wrong.
    pub invalid_input: u64,
    /// Those above the rate.
    pub rate_limited: u64,
    /// Those whose server was not there.
    pub unavailable: u64,
    /// Those that took too long.
    pub timeout: u64,
    /// Those that the server answered with an error, or with something that cannot be passed on.
    pub upstream: u64,
    /// Calls that could have been answered from the cache.
    pub cache_lookups: u64,
    /// Calls that were.
    pub cache_hits: u64,
    /// Calls that were answered with a fallback.
    pub fallbacks: u64,
    /// Repetitions.
    pub retries: u64,
    /// The median time that the server took, in microseconds; absent without a call that reached it.
    pub latency_us_p50: Option<u64>,
    /// The time that one in a hundred calls exceeded, in microseconds.
    pub latency_us_p99: Option<u64>,
}

/// How long a server took, each time that it was sent a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latencies {
    /// All times together.
    pub sum: Duration,
    /// The bound of each bucket, and how many it has that the one before has not. The last has no bound.
    pub buckets: Vec<(Duration, u64)>,
}

/// All counters of one server.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ServerMetrics {
    /// Of all its tools together, and of calls of tools that it does not have.
    pub total: Counts,
    /// Of each tool that was called, by name.
    pub tools: std::collections::BTreeMap<String, Counts>,
}

impl Counts {
    /// Which part of the calls gave a result, from 0 to 1.
    pub fn success_rate(&self) -> Option<f64> {
        rate(self.succeeded, self.calls)
    }

    /// Which part of the calls that could be was answered from the cache, from 0 to 1.
    pub fn hit_rate(&self) -> Option<f64> {
        rate(self.cache_hits, self.cache_lookups)
    }
}

fn rate(part: u64, all: u64) -> Option<f64> {
    // Counts lose their last digits in a float only above 2^53.
    #[allow(clippy::cast_precision_loss)]
    (all > 0).then(|| part as f64 / all as f64)
}

impl Counters {
    pub(crate) fn called(&self) {
        add(&self.calls);
    }

    pub(crate) fn ended(&self, error: Option<&ToolError>) {
        match error {
            None => add(&self.succeeded),
            Some(error) => {
                if let Some(counter) = self.failed.get(error.code as usize) {
                    add(counter);
                }
            }
        }
    }

    pub(crate) fn looked_up(&self, hit: bool) {
        add(&self.cache_lookups);
        if hit {
            add(&self.cache_hits);
        }
    }

    pub(crate) fn fell_back(&self) {
        add(&self.fallbacks);
    }

    pub(crate) fn retried(&self) {
        add(&self.retries);
    }

    pub(crate) fn took(&self, elapsed: Duration) {
        self.latency.add(elapsed);
    }

    /// How long the server took.
    pub(crate) fn latencies(&self) -> Latencies {
        self.latency.told()
    }

    /// What they say now.
    pub(crate) fn counts(&self) -> Counts {
        let failed = |code: ErrorCode| self.failed.get(code as usize).map_or(0, get);
        Counts {
            calls: get(&self.calls),
            succeeded: get(&self.succeeded),
            denied: failed(ErrorCode::Denied),
            invalid_input: failed(ErrorCode::InvalidInput),
            rate_limited: failed(ErrorCode::RateLimited),
            unavailable: failed(ErrorCode::Unavailable),
            timeout: failed(ErrorCode::Timeout),
            upstream: failed(ErrorCode::Upstream),
            cache_lookups: get(&self.cache_lookups),
            cache_hits: get(&self.cache_hits),
            fallbacks: get(&self.fallbacks),
            retries: get(&self.retries),
            latency_us_p50: self.latency.quantile(50),
            latency_us_p99: self.latency.quantile(99),
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// Buckets whose bounds grow by a quarter of an octave: a quantile is right to a fifth, in half a kilobyte.
#[derive(Debug)]
struct Latency {
    counts: [std::sync::atomic::AtomicU32; BUCKETS],
    sum_us: AtomicU64,
}

const BUCKETS: usize = 128;
/// How many octaves are told one by one.
const OCTAVES_TOLD: usize = 23;

impl Default for Latency {
    fn default() -> Self {
        Self {
            counts: [const { std::sync::atomic::AtomicU32::new(0) }; BUCKETS],
            sum_us: AtomicU64::new(0),
        }
    }
}

impl Latency {
    fn add(&self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.counts.get(bucket(micros)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    fn told(&self) -> Latencies {
        let counts = self.counts.iter();
        let counts: Vec<u64> = counts
            .map(|count| count.load(Ordering::Relaxed).into())
            .collect();
        // Whole octaves will do: the first ends at 8 µs, the last before all else at 33 s.
        let (octaves, rest) = counts.split_at(OCTAVES_TOLD * 4);
        let bound = |at: usize| Duration::from_micros(8 << at);
        let octaves = octaves.chunks(4).map(|octave| octave.iter().sum());
        let mut buckets: Vec<(Duration, u64)> = octaves
            .enumerate()
            .map(|(at, count)| (bound(at), count))
            .collect();
        buckets.push((Duration::MAX, rest.iter().sum()));
        Latencies {
            sum: Duration::from_micros(get(&self.sum_us)),
            buckets,
        }
    }

    /// The upper bound of the bucket that holds this percentile.
    fn quantile(&self, percent: u64) -> Option<u64> {
        let counts: Vec<u64> = self
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed).into())
            .collect();
        let all: u64 = counts.iter().sum();
        let rank = (all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(upper(at))
    }
}

/// The bucket of a time: its highest bit, and the two bits after it.
fn bucket(micros: u64) -> usize {
    let shifted = micros.max(4);
    let octave = shifted.ilog2();
    let quarter = (shifted >> (octave - 2)) & 3;
    ((octave as usize - 2) * 4 + usize::try_from(quarter).unwrap_or(0)).min(BUCKETS - 1)
}

fn upper(bucket: usize) -> u64 {
    let (octave, quarter) = (bucket / 4, bucket as u64 % 4);
    ((5 + quarter) << octave) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gaps() {
        assert_eq!(bucket(0), bucket(4));
        let mut before = 4;
        for at in 0..BUCKETS - 1 {
            assert_eq!(bucket(upper(at)), at);
            assert_eq!(bucket(upper(at) + 1), at + 1);
            assert!(
                upper(at) >= before && upper(at) - before <= before / 4 + 1,
                "{at}"
            );
            before = upper(at) + 1;
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn latencies_are_told_by_octaves() {
        let counters = Counters::default();
        let second = Duration::from_secs(1);
        for time in [Duration::from_micros(7), second, 40 * second] {
            counters.took(time);
        }
        let told = counters.latencies();
        assert_eq!(told.sum, 41 * second + Duration::from_micros(7));
        let filled: Vec<_> = told
            .buckets
            .iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        let bounds: Vec<_> = filled.iter().map(|(bound, _)| bound.as_micros()).collect();
        assert_eq!(bounds, [8, 8 << 17, Duration::MAX.as_micros()]);
        assert_eq!(told.buckets.len(), OCTAVES_TOLD + 1);
    }

    #[test]
    fn counts_and_rates() {
        let counters = Counters::default();
        assert_eq!(counters.counts().success_rate(), None);
        assert_eq!(counters.counts().latency_us_p50, None);
        for n in 1..=100 {
            counters.called();
            counters.took(Duration::from_micros(n * 1_000));
            let error = ToolError::denied("no");
            counters.ended((n % 4 == 0).then_some(&error));
            counters.looked_up(n % 2 == 0);
        }
        let counts = counters.counts();
        assert_eq!(
            (
                counts.calls,
                counts.succeeded,
                counts.denied,
                counts.timeout
            ),
            (100, 75, 25, 0)
        );
        assert_eq!(
            (counts.success_rate(), counts.hit_rate()),
            (Some(0.75), Some(0.5))
        );
        let p50 = counts.latency_us_p50.unwrap();
        let p99 = counts.latency_us_p99.unwrap();
        assert!((50_000..=62_500).contains(&p50), "{p50}");
        assert!((99_000..=123_750).contains(&p99), "{p99}");
    }
}
