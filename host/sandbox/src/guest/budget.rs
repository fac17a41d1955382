//! What capability calls may come to: how many, how fast, and how many bytes.

use std::time::{Duration, Instant};

use super::bindings::vesicle::plugin::types;
use crate::Limits;

/// A second's worth of calls may come at once.
const BURST: Duration = Duration::from_secs(1);

/// Keeps account of one guest's calls.
pub struct Budget {
    calls_max: u64,
    calls_per_second: u32,
    call_bytes_max: usize,
    bytes_max: u64,
    calls: u64,
    bytes: u64,
    /// Before this, measured from `began`, the calls so far would have ended at the allowed rate.
    due: Duration,
    began: Instant,
}

impl Budget {
    /// Nothing is used yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            calls_max: limits.host_calls,
            calls_per_second: limits.host_calls_per_second.max(1),
            call_bytes_max: limits.call_bytes,
            bytes_max: limits.boundary_bytes,
            calls: 0,
            bytes: 0,
            due: Duration::ZERO,
            began: Instant::now(),
        }
    }

    /// How many calls were made; refused ones are none.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Allows a call that carries this many bytes, or refuses it.
    pub fn call(&mut self, bytes: usize) -> Result<(), types::Error> {
        self.call_at(bytes, self.began.elapsed())
    }

    fn call_at(&mut self, bytes: usize, now: Duration) -> Result<(), types::Error> {
        if self.calls >= self.calls_max {
            return refused(format!(
                "the code made its {} capability calls (`host_calls`); make fewer, with more in each",
                self.calls_max
            ));
        }
        let due = self.due.max(now) + Duration::from_secs(1) / self.calls_per_second;
        if due - now > BURST {
            let retry_ms = (due - now - BURST).as_nanos().div_ceil(1_000_000);
            return Err(types::Error::RateLimited(types::Later {
                message: format!(
                    "the code may make {} capability calls a second (`host_calls_per_second`); try again in {retry_ms} ms",
                    self.calls_per_second
                ),
                retry_after_ms: Some(u32::try_from(retry_ms).unwrap_or(u32::MAX)),
            }));
        }
        self.carry("the call", bytes)?;
        self.due = due;
        self.calls += 1;
        Ok(())
    }

    /// Allows an answer of this many bytes, or refuses it.
    pub fn answer(&mut self, bytes: usize) -> Result<(), types::Error> {
        self.carry("the answer", bytes)
    }

    fn carry(&mut self, what: &str, bytes: usize) -> Result<(), types::Error> {
        if bytes > self.call_bytes_max {
            return refused(format!(
                "{what} has {bytes} bytes, and at most {} are carried at once (`call_bytes`); ask for less, or in parts",
                self.call_bytes_max
            ));
        }
        let sum = self.bytes.saturating_add(bytes as u64);
        if sum > self.bytes_max {
            return refused(format!(
                "{what} has {bytes} bytes, and {} are left of the {} that all calls may carry (`boundary_bytes`); carry less",
                self.bytes_max.saturating_sub(self.bytes),
                self.bytes_max
            ));
        }
        self.bytes = sum;
        Ok(())
    }
}

fn refused<T>(message: String) -> Result<T, types::Error> {
    Err(types::Error::LimitExceeded(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(calls_per_second: u32) -> Budget {
        Budget::new(&Limits {
            host_calls_per_second: calls_per_second,
            ..Limits::default()
        })
    }

    #[test]
    fn a_seconds_worth_comes_at_once_and_then_one_by_one() {
        let mut budget = budget(10);
        for _ in 0..10 {
            assert!(budget.call_at(0, Duration::ZERO).is_ok());
        }
        let Err(types::Error::RateLimited(later)) = budget.call_at(0, Duration::from_millis(60))
        else {
            panic!("the eleventh is allowed");
        };
        assert_eq!(later.retry_after_ms, Some(40));
        insta::assert_snapshot!(later.message, @"the code may make 10 capability calls a second (`host_calls_per_second`); try again in 40 ms");
        assert!(budget.call_at(0, Duration::from_millis(99)).is_err());
        assert!(budget.call_at(0, Duration::from_millis(100)).is_ok());
        assert!(budget.call_at(0, Duration::from_millis(100)).is_err());
        assert_eq!(budget.calls(), 11, "refused calls are not counted");
    }

    #[test]
    fn rest_is_not_saved_beyond_a_second() {
        let mut budget = budget(10);
        let later = Duration::from_secs(60);
        let allowed = (0..100).filter(|_| budget.call_at(0, later).is_ok());
        assert_eq!(allowed.count(), 10);
    }
}
