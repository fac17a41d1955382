//! Waits for what other hosts tell through the database.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_postgres::AsyncMessage;

use super::errors::server_failed;
use super::link::Link;
use super::{CONNECT_TIMEOUT, PostgresUrl, tls};
use crate::{Error, Result};

/// How long after a connection was lost the next one is tried.
const AGAIN: Duration = Duration::from_secs(1);

/// Ends the waiting when it is dropped.
#[derive(Debug)]
pub struct Listening(AbortHandle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Link {
    /// Gives `each` what is told on this channel of PostgreSQL's, over a connection of its own; and an empty text whenever that
    /// was made, since something may have been told before. `each` must not wait.
    ///
    /// # Errors
    /// The certificates that the URL names cannot be used.
    pub fn listen(
        self: &Arc<Self>,
        channel: &'static str,
        each: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Listening> {
        let url = self.url().clone();
        tls::connector(&url)?;
        let Some(runtime) = self.connections().runtime() else {
            return Err(super::errors::unanswered(&url));
        };
        let task = runtime.spawn(async move {
            loop {
                if let Err(error) = hear(&url, channel, &each).await {
                    tracing::debug!(%error, channel, "what other hosts tell is not heard");
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
        Ok(Listening(task.abort_handle()))
    }
}

/// Listens as long as the connection lasts.
async fn hear(url: &PostgresUrl, channel: &str, each: &impl Fn(&str)) -> Result<()> {
    let failed = |error: tokio_postgres::Error| server_failed(url, &error);
    let connecting = url.config.connect(tls::connector(url)?);
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
    let (client, mut connection) = connected
        .map_err(|_| super::errors::unanswered(url))?
        .map_err(failed)?;
    let listen = format!("LISTEN {channel}");
    let mut begun = Box::pin(client.batch_execute(&listen));
    let mut is_begun = false;
    loop {
        tokio::select! {
            done = &mut begun, if !is_begun => {
                done.map_err(failed)?;
                is_begun = true;
                each("");
            }
            message = poll_fn(|context| connection.poll_message(context)) => match message {
                Some(Ok(AsyncMessage::Notification(told))) => each(told.payload()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(failed(error)),
                None => return Err(Error::Unavailable("the connection ended".to_owned())),
            },
        }
    }
}
