//! Tells the pace of a guest when the guest runs, as opposed to waiting.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::pacing::Pace;

/// A future whose polls are timed.
pub struct Metered<'a, F> {
    future: Pin<Box<F>>,
    pace: &'a Pace,
}

impl<'a, F: Future> Metered<'a, F> {
    /// Adds the time of each poll to `pace`.
    pub fn new(future: F, pace: &'a Pace) -> Self {
        Self {
            future: Box::pin(future),
            pace,
        }
    }
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.pace.poll_begins();
        let polled = self.future.as_mut().poll(context);
        self.pace.poll_ends();
        polled
    }
}
