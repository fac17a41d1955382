//! Counts the time that a future is running, as opposed to waiting.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

/// A future whose polls are timed.
pub struct Metered<'a, F> {
    future: Pin<Box<F>>,
    spent_ns: &'a AtomicU64,
}

impl<'a, F: Future> Metered<'a, F> {
    /// Adds the time of each poll, in nanoseconds, to `spent_ns`.
    pub fn new(future: F, spent_ns: &'a AtomicU64) -> Self {
        Self {
            future: Box::pin(future),
            spent_ns,
        }
    }
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let start = Instant::now();
        let polled = self.future.as_mut().poll(context);
        let spent = start.elapsed().as_nanos() as u64;
        self.spent_ns.fetch_add(spent, Ordering::Relaxed);
        polled
    }
}
