//! The guest's monotonic clock: it starts with the guest and moves in coarse steps.

use std::time::{Duration, Instant};

use wasmtime_wasi::HostMonotonicClock;

/// Fine clocks tell a guest what other guests leave in the caches that they share (Spectre).
const STEP: Duration = Duration::from_micros(100);

/// Counts from its own creation.
pub struct SinceStart(Instant);

impl SinceStart {
    /// A clock that reads zero now.
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl HostMonotonicClock for SinceStart {
    fn resolution(&self) -> u64 {
        STEP.as_nanos() as u64
    }

    fn now(&self) -> u64 {
        let step = STEP.as_nanos() as u64;
        let nanoseconds = self.0.elapsed().as_nanos() as u64;
        nanoseconds - nanoseconds % step
    }
}
