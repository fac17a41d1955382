//! How often tools are called.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::error::{ErrorCode, ToolError};

/// One tool's bucket: as many calls at once as it may have in a minute, and filled again evenly.
#[derive(Debug, Clone)]
pub struct Rate {
    limiter: Arc<DefaultDirectRateLimiter>,
    per_minute: u32,
}

impl Rate {
    /// A full bucket.
    pub fn new(per_minute: u32) -> Self {
        let quota = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            limiter: Arc::new(RateLimiter::direct(Quota::per_minute(quota))),
            per_minute,
        }
    }

    /// Takes one call out of the bucket.
    pub fn take(&self, server: &str, tool: &str) -> Result<(), ToolError> {
        self.limiter.check().map_err(|not_until| {
            // A millisecond more, so that whoever waits as told is not a little early.
            let wait = not_until.wait_time_from(DefaultClock::default().now()) + Duration::from_millis(1);
            let message = format!(
                "`{server}.{tool}` was called more than {} times in a minute: wait, or call it less often",
                self.per_minute
            );
            ToolError::new(ErrorCode::RateLimited, message).retry_after(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_above_the_rate_is_told_when_to_come_back() {
        let rate = Rate::new(100);
        for _ in 0..100 {
            rate.take("s", "t").unwrap();
        }
        let error = rate.take("s", "t").unwrap_err();
        assert_eq!(error.code, ErrorCode::RateLimited);
        let wait = error.retry_after_ms.unwrap();
        assert!((1..=601).contains(&wait), "{wait}");
        std::thread::sleep(Duration::from_millis(wait));
        rate.take("s", "t").unwrap();
        rate.take("s", "t").unwrap_err();
    }
}
