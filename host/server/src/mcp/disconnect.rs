//! Noticing that the client has closed its end. rmcp waits for calls in flight for seconds after
//! that; a client that hangs up usually wants none of them any more.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

/// How long calls in flight may still run after the client has closed its end, so that
/// `printf … | vesicle serve` gets the answers to what it sent.
const GRACE: Duration = Duration::from_millis(250);

/// Whether the client is gone.
#[derive(Debug, Clone, Default)]
pub struct Disconnect(CancellationToken);

impl Disconnect {
    /// Waits until the client has closed its end and the time for stragglers has passed.
    pub async fn settled(&self) {
        self.0.cancelled().await;
        tokio::time::sleep(GRACE).await;
    }
}

/// A reader that tells when its end is reached.
pub struct WatchedReader<R> {
    inner: R,
    disconnect: Disconnect,
}

impl<R> WatchedReader<R> {
    /// Watches `inner`.
    pub fn new(inner: R, disconnect: Disconnect) -> Self {
        Self { inner, disconnect }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for WatchedReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled_before = buffer.filled().len();
        let room = buffer.remaining();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let ended = match &polled {
            Poll::Ready(Ok(())) => room > 0 && buffer.filled().len() == filled_before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if ended {
            self.disconnect.0.cancel();
        }
        polled
    }
}
