//! How long something took, counted in buckets that Prometheus adds up.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use schemars::JsonSchema;
use serde::Serialize;

/// The bound of the first bucket, in microseconds; each bound is twice the one before.
const FIRST_US: u64 = 10;
/// How many buckets have a bound: the last is 21 s. One more is for what took longer.
const BOUNDS: u32 = 22;

/// Times, counted.
pub struct Histogram {
    counts: [AtomicU64; BOUNDS as usize + 1],
    nanoseconds: AtomicU64,
}

/// What was counted at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Times {
    /// How many.
    pub count: u64,
    /// All of them together.
    pub seconds: f64,
    /// Each bucket's bound in seconds, and how many it has that the one before has not.
    #[serde(skip)]
    pub buckets: Vec<(f64, u64)>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: array::from_fn(|_| AtomicU64::new(0)),
            nanoseconds: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Something took so long.
    pub fn add(&self, took: Duration) {
        let us = u64::try_from(took.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        let bucket = us.div_ceil(FIRST_US).max(1);
        // The first power of two that is no less.
        let bucket = (u64::BITS - (bucket - 1).leading_zeros()).min(BOUNDS) as usize;
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    /// What was counted until now.
    pub fn times(&self) -> Times {
        let bounds = (0..BOUNDS).map(|at| (FIRST_US << at) as f64 / 1e6);
        let bounds = bounds.chain([f64::INFINITY]);
        let counts = self.counts.iter().map(|count| count.load(Relaxed));
        let buckets: Vec<_> = bounds.zip(counts).collect();
        Times {
            count: buckets.iter().map(|(_, count)| count).sum(),
            seconds: self.nanoseconds.load(Relaxed) as f64 / 1e9,
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(took: Duration) -> f64 {
        let histogram = Histogram::default();
        histogram.add(took);
        let times = histogram.times();
        assert_eq!(times.count, 1);
        let found = times.buckets.iter().find(|(_, count)| *count == 1);
        found.unwrap().0
    }

    #[test]
    fn a_time_is_in_the_first_bucket_that_is_not_below_it() {
        let (us, ns) = (Duration::from_micros, Duration::from_nanos);
        assert_eq!(bound(Duration::ZERO), 10e-6);
        assert_eq!((bound(us(10)), bound(ns(10_001))), (10e-6, 20e-6));
        assert_eq!((bound(us(20)), bound(us(21))), (20e-6, 40e-6));
        assert_eq!(bound(us(10 << 21)), 20.971_52);
        assert_eq!(bound(us((10 << 21) + 1)), f64::INFINITY);
        assert_eq!(bound(Duration::MAX), f64::INFINITY);
    }
}
