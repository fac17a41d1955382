//! Taking times.

use std::time::{Duration, Instant};

/// Times of one thing, sorted.
#[derive(Debug)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Sorts what was taken.
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// Takes the time of `what`, again and again, one after the other.
    pub async fn of<F, T>(repetitions: usize, mut what: F) -> anyhow::Result<Self>
    where
        F: AsyncFnMut() -> anyhow::Result<T>,
    {
        let mut times = Vec::with_capacity(repetitions);
        for _ in 0..repetitions {
            let began = Instant::now();
            let made = what().await?;
            times.push(began.elapsed());
            // Not before the time is taken: dropping is not part of the answer.
            drop(made);
        }
        Ok(Self::new(times))
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that `percent` of them stay within; zero when there are none.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let samples = Samples::new((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!(samples.percentile(50), Duration::from_millis(100));
        assert_eq!(samples.percentile(99), Duration::from_millis(198));
        let one = Samples::new(vec![Duration::from_millis(7)]);
        assert_eq!(one.percentile(50), Duration::from_millis(7));
        assert_eq!(one.percentile(99), Duration::from_millis(7));
        assert_eq!(Samples::new(vec![]).percentile(99), Duration::ZERO);
    }
}
