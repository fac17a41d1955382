//! Lets a server ask only as many questions as it takes the answers of.
//!
//! A server may send requests too, `ping` for one. One that sends them and never reads the answers would make them pile
//! up in memory. So while too many answers wait to be written, nothing more is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rmcp::RoleClient;
use rmcp::model::JsonRpcMessage;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::Notify;

/// How many answers may wait to be written.
pub const REPLIES_WAITING_MAX: usize = 64;

/// A transport with that bound.
pub struct BoundedReplies<T> {
    inner: T,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    count: AtomicUsize,
    fewer: Notify,
}

/// One answer that waits; counted until it is dropped.
struct Reply(Arc<Waiting>);

impl Reply {
    fn new(waiting: Arc<Waiting>) -> Self {
        waiting.count.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
        self.0.fewer.notify_one();
    }
}

impl<T> BoundedReplies<T> {
    /// Around a transport.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            waiting: Arc::default(),
        }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for BoundedReplies<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        let reply = matches!(
            message,
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)
        )
        .then(|| Reply::new(Arc::clone(&self.waiting)));
        let send = self.inner.send(message);
        async move {
            let _reply = reply;
            send.await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        // The permit of `notify_one` is kept, so that one given between the check and the wait is not lost.
        while self.waiting.count.load(Ordering::Relaxed) >= REPLIES_WAITING_MAX {
            self.waiting.fewer.notified().await;
        }
        self.inner.receive().await
    }

    fn close(&mut self) -> impl Future<Output = Result<(), T::Error>> + Send {
        self.inner.close()
    }
}
