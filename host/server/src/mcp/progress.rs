//! Telling the client that a long call is still alive.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

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
}

impl Progress {
    /// Of a call that begins now and may take `limit`.
    pub fn new(context: &RequestContext<RoleServer>, limit: Duration) -> Self {
        Self {
            peer: context.peer.clone(),
            token: context.meta.get_progress_token(),
            began: Instant::now(),
            limit,
        }
    }

    /// Reports each second, if the client asked for reports. Never ends.
    pub async fn report(self) -> Infallible {
        let Some(token) = self.token else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(INTERVAL).await;
            let elapsed = self.began.elapsed();
            let mut progress =
                ProgressNotificationParam::new(token.clone(), elapsed.as_millis() as f64)
                    .with_message(format!("running for {} s", elapsed.as_secs()));
            // Waiting for a free sandbox does not count against the limit, and progress beyond the
            // total would be nonsense.
            if elapsed <= self.limit {
                progress = progress.with_total(self.limit.as_millis() as f64);
            }
            if let Err(error) = self.peer.notify_progress(progress).await {
                tracing::debug!(%error, "progress could not be told");
            }
        }
    }
}
