//! What executions came to in the last hour, in buckets of ten seconds: for charts, without a database beside the host.
//!
//! Everything is counted in place by atomics. A lock is taken once in ten seconds, by whoever counts first in a bucket
//! that has to be emptied.

use std::{
    array,
    collections::BTreeMap,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    sync::atomic::{Ordering::Acquire, Ordering::Release},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use serde::Serialize;

use super::OUTCOMES;

/// The time that one bucket counts.
pub const BUCKET: Duration = Duration::from_secs(10);
/// How many buckets are kept: those of an hour.
pub const BUCKETS_MAX: usize = 360;
/// Steps of the times in a bucket, each a quarter of an octave, so that a percentile is right to a fifth. The last is for
/// all that took two minutes or more.
const STEPS: usize = 100;

/// Counts by time. Shared by reference.
pub struct Recent {
    began: Instant,
    began_at: SystemTime,
    buckets: Box<[Bucket]>,
}

/// What ten seconds came to, as JSON
///
/// ```json
/// {"at": 1795284210, "seconds": 10, "count": 3, "outcomes": {"success": 2, "timeout": 1},
///  "p50_ms": 0.159, "p90_ms": 5242.879, "p99_ms": 5242.879, "max_ms": 5001.2}
/// ```
///
/// Times are those from a call's arrival to its end. Without a call the four of them are `null` and `outcomes` is empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// When it begins, in seconds since 1970.
    pub at: u64,
    /// How long it is.
    pub seconds: u64,
    /// How many programs and calls of plugins ended in it.
    pub count: u64,
    /// How many of these came to what; outcomes that none came to are left out.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// The median time, in milliseconds; a fifth too long at most.
    pub p50_ms: Option<f64>,
    /// What nine of ten did not exceed.
    pub p90_ms: Option<f64>,
    /// What 99 of 100 did not exceed.
    pub p99_ms: Option<f64>,
    /// The longest, exactly.
    pub max_ms: Option<f64>,
}

struct Bucket {
    /// Which period since the beginning it counts, from 1; 0 before it is used.
    period: AtomicU64,
    emptying: Mutex<()>,
    outcomes: [AtomicU32; OUTCOMES.len()],
    times: [AtomicU32; STEPS],
    longest_us: AtomicU64,
}

impl Default for Recent {
    fn default() -> Self {
        let buckets = (0..BUCKETS_MAX).map(|_| Bucket {
            period: AtomicU64::new(0),
            emptying: Mutex::new(()),
            outcomes: array::from_fn(|_| AtomicU32::new(0)),
            times: array::from_fn(|_| AtomicU32::new(0)),
            longest_us: AtomicU64::new(0),
        });
        Self {
            began: Instant::now(),
            began_at: SystemTime::now(),
            buckets: buckets.collect(),
        }
    }
}

impl Recent {
    /// One ended now; `outcome` is its place in [`OUTCOMES`].
    pub(super) fn count(&self, outcome: usize, took: Duration) {
        self.count_at(self.began.elapsed(), outcome, took);
    }

    /// The last `count` buckets, [`BUCKETS_MAX`] at most, oldest first, without gaps; the last is the one that is being
    /// counted. There are none from before the host began.
    pub fn points(&self, count: usize) -> Vec<Point> {
        self.points_at(self.began.elapsed(), count)
    }

    fn count_at(&self, elapsed: Duration, outcome: usize, took: Duration) {
        let period = period(elapsed);
        let Some(bucket) = self.bucket(period) else {
            return;
        };
        if bucket.period.load(Acquire) != period {
            bucket.begin(period);
        }
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let counted = [bucket.outcomes.get(outcome), bucket.times.get(step(us))];
        for count in counted.into_iter().flatten() {
            count.fetch_add(1, Relaxed);
        }
        bucket.longest_us.fetch_max(us, Relaxed);
    }

    fn points_at(&self, elapsed: Duration, count: usize) -> Vec<Point> {
        let now = period(elapsed);
        let first = now
            .saturating_sub(count.clamp(1, BUCKETS_MAX) as u64 - 1)
            .max(1);
        (first..=now).map(|period| self.point(period)).collect()
    }

    fn bucket(&self, period: u64) -> Option<&Bucket> {
        self.buckets.get((period % BUCKETS_MAX as u64) as usize)
    }

    fn point(&self, period: u64) -> Point {
        let since = BUCKET * u32::try_from(period - 1).unwrap_or(u32::MAX);
        let at = (self.began_at + since).duration_since(UNIX_EPOCH);
        let mut point = Point {
            at: at.unwrap_or_default().as_secs(),
            seconds: BUCKET.as_secs(),
            count: 0,
            outcomes: BTreeMap::new(),
            p50_ms: None,
            p90_ms: None,
            p99_ms: None,
            max_ms: None,
        };
        let bucket = self.bucket(period);
        let Some(bucket) = bucket.filter(|bucket| bucket.period.load(Acquire) == period) else {
            return point;
        };
        for (name, count) in OUTCOMES.iter().zip(&bucket.outcomes) {
            let count = u64::from(count.load(Relaxed));
            if count > 0 {
                point.outcomes.insert(name, count);
                point.count += count;
            }
        }
        let times: Vec<u64> = bucket
            .times
            .iter()
            .map(|n| n.load(Relaxed).into())
            .collect();
        let longest = bucket.longest_us.load(Relaxed);
        let at = |percent| quantile(&times, percent).map(|us| us.min(longest) as f64 / 1e3);
        point.p50_ms = at(50);
        point.p90_ms = at(90);
        point.p99_ms = at(99);
        point.max_ms = (point.count > 0).then(|| longest as f64 / 1e3);
        point
    }
}

impl Bucket {
    /// Empties it for this period, unless somebody else just did.
    fn begin(&self, period: u64) {
        let _emptying = self.emptying.lock();
        // One who was kept waiting for an hour counts for the period that is now.
        if self.period.load(Acquire) >= period {
            return;
        }
        for count in self.outcomes.iter().chain(&self.times) {
            count.store(0, Relaxed);
        }
        self.longest_us.store(0, Relaxed);
        self.period.store(period, Release);
    }
}

fn period(elapsed: Duration) -> u64 {
    elapsed.as_secs() / BUCKET.as_secs() + 1
}

/// The step of a time: its highest bit, and the two bits after it.
fn step(us: u64) -> usize {
    let us = us.max(4);
    let octave = us.ilog2();
    let quarter = (us >> (octave - 2)) & 3;
    ((octave as usize - 2) * 4 + quarter as usize).min(STEPS - 1)
}

/// The longest time of a step.
fn longest(step: usize) -> u64 {
    match step {
        _ if step + 1 == STEPS => u64::MAX,
        _ => ((5 + step as u64 % 4) << (step / 4)) - 1,
    }
}

fn quantile(times: &[u64], percent: u64) -> Option<u64> {
    let all: u64 = times.iter().sum();
    let rank = (all * percent).div_ceil(100).max(1);
    let mut seen = 0;
    let at = times.iter().position(|count| {
        seen += count;
        seen >= rank
    })?;
    Some(longest(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn steps_follow_each_other_without_gaps() {
        for at in 0..STEPS - 2 {
            assert_eq!((step(longest(at)), step(longest(at) + 1)), (at, at + 1));
        }
        assert_eq!((step(0), step(u64::MAX)), (0, STEPS - 1));
        assert!(longest(STEPS - 2) >= 110_000_000, "{}", longest(STEPS - 2));
    }

    #[test]
    fn a_bucket_tells_how_many_what_and_how_long() {
        let recent = Recent::default();
        for n in 1..=100 {
            recent.count_at(ms(9_999), usize::from(n > 90), ms(n));
        }
        recent.count_at(ms(10_000), 0, ms(7));
        let [first, second] = recent.points_at(ms(10_000), 5).try_into().unwrap();
        assert_eq!((first.count, second.count), (100, 1));
        assert_eq!(
            first.outcomes,
            BTreeMap::from([(OUTCOMES[0], 90), (OUTCOMES[1], 10)])
        );
        assert_eq!(second.at, first.at + BUCKET.as_secs());
        let p50 = first.p50_ms.unwrap();
        assert!((50.0..=60.0).contains(&p50), "{p50}");
        assert_eq!((first.p99_ms, first.max_ms), (Some(100.0), Some(100.0)));
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let recent = Recent::default();
        let hour = BUCKET * BUCKETS_MAX as u32;
        recent.count_at(ms(0), 0, ms(1));
        let points = recent.points_at(hour - ms(1), usize::MAX);
        assert_eq!((points.len(), points[0].count), (BUCKETS_MAX, 1));
        assert_eq!((points[1].count, points[1].p50_ms), (0, None));
        // The first bucket of the next hour has its place, and what it counted is not told of the new one.
        let points = recent.points_at(hour, usize::MAX);
        assert_eq!(points.len(), BUCKETS_MAX);
        assert!(points.iter().all(|point| point.count == 0));
        recent.count_at(hour, 0, ms(1));
        assert_eq!(recent.points_at(hour, 1)[0].count, 1);
    }

    #[test]
    fn nothing_is_lost_when_many_count_at_once() {
        let recent = Recent::default();
        let later = BUCKET * BUCKETS_MAX as u32;
        recent.count_at(ms(0), 0, ms(1));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1_000).for_each(|_| recent.count_at(later, 0, ms(1))));
            }
        });
        assert_eq!(recent.points_at(later, 1)[0].count, 8_000);
    }
}
