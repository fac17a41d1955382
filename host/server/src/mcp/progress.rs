//! Telling the client that a long call is still alive, and how far it is.

use std::time::{Duration, Instant};

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::{Peer, RequestContext},
};

const INTERVAL: Duration = Duration::from_secs(1);

/// The progress of one call.
pub struct Progress {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    began: Instant,
    limit: Duration,
    scale: Scale,
}

/// Keeps what is told growing, as the protocol wants it: first the time that passed, and from when the callee tells
/// its own progress on, that, counted from there.
#[derive(Debug, Default, PartialEq)]
struct Scale {
    last: Option<f64>,
    /// What was told before the callee told its own.
    offset: Option<f64>,
}

impl Scale {
    /// Time that passed, if that is to be told.
    fn passed(&mut self, ms: f64) -> Option<f64> {
        if self.offset.is_some() {
            return None;
        }
        self.last = Some(ms);
        Some(ms)
    }

    /// The callee's own progress and its total, if that is more than before.
    fn told(&mut self, done: f64, total: Option<f64>) -> Option<(f64, Option<f64>)> {
        let offset = *self.offset.get_or_insert(self.last.unwrap_or_default());
        let done = offset + done;
        if !done.is_finite() || self.last.is_some_and(|last| done <= last) {
            return None;
        }
        self.last = Some(done);
        let total = total.map(|total| offset + total);
        Some((
            done,
            total.filter(|total| total.is_finite() && *total >= done),
        ))
    }
}

impl Progress {
    /// Of a call that begins now and may take `limit`.
    pub fn new(context: &RequestContext<RoleServer>, limit: Duration) -> Self {
        Self {
            peer: context.peer.clone(),
            token: context.meta.get_progress_token(),
            began: Instant::now(),
            limit,
            scale: Scale::default(),
        }
    }

    /// Waits for a second and reports, if the client asked for reports and nobody else tells it more.
    pub async fn tick(&mut self) {
        let Some(token) = self.token.clone() else {
            return std::future::pending().await;
        };
        tokio::time::sleep(INTERVAL).await;
        let elapsed = self.began.elapsed();
        let Some(passed) = self.scale.passed(elapsed.as_millis() as f64) else {
            return;
        };
        let mut progress = ProgressNotificationParam::new(token, passed)
            .with_message(format!("running for {} s", elapsed.as_secs()));
        // Waiting for a free sandbox does not count against the limit, and progress beyond the
        // total would be nonsense.
        if elapsed <= self.limit {
            progress = progress.with_total(self.limit.as_millis() as f64);
        }
        self.send(progress).await;
    }

    /// Reports what the callee tells.
    pub async fn told(&mut self, done: f64, total: Option<f64>, message: Option<String>) {
        let Some(token) = self.token.clone() else {
            return;
        };
        let Some((done, total)) = self.scale.told(done, total) else {
            return;
        };
        let mut progress = ProgressNotificationParam::new(token, done);
        progress.total = total;
        progress.message = message;
        self.send(progress).await;
    }

    async fn send(&self, progress: ProgressNotificationParam) {
        if let Err(error) = self.peer.notify_progress(progress).await {
            tracing::debug!(%error, "progress could not be told");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_grows() {
        let mut scale = Scale::default();
        assert_eq!(scale.told(0.0, Some(100.0)), Some((0.0, Some(100.0))));
        assert_eq!(scale.told(50.0, Some(100.0)), Some((50.0, Some(100.0))));
        for less in [50.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(scale.told(less, None), None, "{less}");
        }
        assert_eq!(scale.passed(1_000.0), None, "the callee tells more");
        assert_eq!(scale.told(60.0, Some(1.0)), Some((60.0, None)));
    }

    #[test]
    fn what_the_callee_tells_goes_on_from_the_time_that_passed() {
        let mut scale = Scale::default();
        assert_eq!(scale.passed(1_000.0), Some(1_000.0));
        assert_eq!(scale.told(1.0, Some(10.0)), Some((1_001.0, Some(1_010.0))));
    }
}
