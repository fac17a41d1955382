//! Ending without breaking off what is under way.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use rmcp::{RoleServer, service::RequestContext};
use tokio::sync::Notify;

use super::sessions::Using;
use crate::mcp::Kept;

/// Counts calls under way, and whether new ones are let in. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Drain(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    is_ending: AtomicBool,
    under_way: AtomicUsize,
    ended: Notify,
}

/// A call under way, until it is dropped.
#[derive(Debug)]
pub struct UnderWay(Arc<Shared>);

/// What a request keeps while it is answered: whoever ends the host waits for it, and its session stays awake. Whoever goes on
/// with its call after that has a clone.
#[derive(Clone)]
pub struct Place(Arc<Held>);

struct Held {
    _under_way: Option<UnderWay>,
    using: Option<Using>,
}

impl Place {
    /// That of a call under way, or of a request that nobody waits for, of this session.
    pub fn new(under_way: Option<UnderWay>, using: Option<Using>) -> Self {
        Self(Arc::new(Held {
            _under_way: under_way,
            using,
        }))
    }

    /// What the session keeps, if there is one, where another host began it.
    pub fn keeps(&self, kept: Option<Kept>) {
        if let (Some(using), Some(kept)) = (&self.0.using, kept) {
            using.keeps(kept);
        }
    }

    /// That of a request; none where nothing is counted, as over standard input.
    pub fn of(context: &RequestContext<RoleServer>) -> Option<Self> {
        let request = context.extensions.get::<axum::http::request::Parts>();
        request.and_then(|parts| parts.extensions.get().cloned())
    }
}

impl Drain {
    /// A call begins; none may once the end has begun.
    pub fn enter(&self) -> Option<UnderWay> {
        // Counted first: whoever ends either sees the call, or the call sees the end.
        self.0.under_way.fetch_add(1, Ordering::SeqCst);
        let entered = UnderWay(self.0.clone());
        (!self.is_ending()).then_some(entered)
    }

    /// Whether the end has begun.
    pub fn is_ending(&self) -> bool {
        self.0.is_ending.load(Ordering::SeqCst)
    }

    /// How many calls are under way.
    pub fn under_way(&self) -> usize {
        self.0.under_way.load(Ordering::SeqCst)
    }

    /// Lets no further calls in and waits for those under way, for `limit` at most; says whether all have ended.
    pub async fn begin(&self, limit: Duration) -> bool {
        self.0.is_ending.store(true, Ordering::SeqCst);
        let all_ended = async {
            loop {
                let ended = self.0.ended.notified();
                if self.under_way() == 0 {
                    return;
                }
                ended.await;
            }
        };
        tokio::time::timeout(limit, all_ended).await.is_ok()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.ended.notify_waiters();
        }
    }
}

/// A body that keeps `kept` until it is sent or given up.
pub struct Keeping<T> {
    body: Body,
    /// Dropped with it.
    _kept: T,
}

impl<T> Keeping<T> {
    /// `body`, and what it keeps.
    pub fn new(body: Body, kept: T) -> Self {
        Self { body, _kept: kept }
    }
}

impl<T: Unpin> HttpBody for Keeping<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_waits_for_what_is_under_way_and_lets_nothing_in() {
        let drain = Drain::default();
        let call = drain.enter().unwrap();
        let ending = tokio::spawn({
            let drain = drain.clone();
            async move { drain.begin(Duration::from_secs(60)).await }
        });
        while !drain.is_ending() {
            tokio::task::yield_now().await;
        }
        assert!(drain.enter().is_none());
        assert!(!ending.is_finished());
        drop(call);
        assert!(ending.await.unwrap());
    }

    #[tokio::test]
    async fn the_end_does_not_wait_for_ever() {
        let drain = Drain::default();
        let _call = drain.enter().unwrap();
        assert!(!drain.begin(Duration::from_millis(10)).await);
    }
}
