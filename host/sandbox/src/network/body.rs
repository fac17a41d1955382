//! Bodies that are no larger and no slower than they may be.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi::runtime::AbortOnDropJoinHandle;

use super::error::LimitName;
use super::watch::Note;
use super::{NetworkError, NetworkLimits};

/// What was sent of a request's body.
#[derive(Default)]
pub struct Sent {
    pub bytes: AtomicU64,
    pub too_large: AtomicBool,
}

/// The body of a request, which ends with an error where it is too large.
pub struct RequestBody<B> {
    body: Pin<Box<B>>,
    bytes_max: u64,
    sent: Arc<Sent>,
}

impl<B> RequestBody<B> {
    pub fn new(body: B, bytes_max: u64, sent: Arc<Sent>) -> Self {
        Self {
            body: Box::pin(body),
            bytes_max,
            sent,
        }
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(frame) = ready!(self.body.as_mut().poll_frame(context)) else {
            return Poll::Ready(None);
        };
        let frame = frame.map_err(|error| std::io::Error::other(error.to_string()))?;
        // Trailers would be headers that nobody looked at.
        let Ok(data) = frame.into_data() else {
            return Poll::Ready(None);
        };
        let before = self
            .sent
            .bytes
            .fetch_add(data.len() as u64, Ordering::Relaxed);
        if before + data.len() as u64 > self.bytes_max {
            self.sent.too_large.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(std::io::Error::other("too large"))));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request's body is too large.
pub fn request_too_large(limits: &NetworkLimits) -> NetworkError {
    NetworkError::Limit {
        name: LimitName::RequestBytes,
        what: "the request has a larger body".to_owned(),
        most: limits.request_bytes,
        advice: "send less at once",
    }
}

/// What a request occupies until its answer is read, or dropped.
pub struct Held {
    pub place: OwnedSemaphorePermit,
    pub _connection: OwnedSemaphorePermit,
    pub _driver: AbortOnDropJoinHandle<()>,
}

/// The body of an answer.
pub struct ResponseBody {
    body: Incoming,
    bytes_max: u64,
    between_bytes: Duration,
    pause: Pin<Box<Sleep>>,
    end: Pin<Box<Sleep>>,
    total: Duration,
    place: String,
    note: Note,
    held: Held,
}

impl ResponseBody {
    /// `deadline` is the end of the whole request.
    pub fn new(
        body: Incoming,
        limits: &NetworkLimits,
        deadline: Instant,
        place: String,
        note: Note,
        held: Held,
    ) -> Self {
        Self {
            body,
            bytes_max: limits.response_bytes,
            between_bytes: limits.between_bytes,
            pause: Box::pin(tokio::time::sleep(limits.between_bytes)),
            end: Box::pin(tokio::time::sleep_until(deadline)),
            total: limits.total,
            place,
            note,
            held,
        }
    }

    /// Nobody needs it: what it belongs to was understood without.
    pub fn leave(mut self) {
        self.note.record.verdict = "ok";
    }

    /// All of it, and the place that it held.
    pub async fn read(mut self) -> Result<(Vec<u8>, OwnedSemaphorePermit), NetworkError> {
        let announced = self.body.size_hint().lower().min(self.bytes_max);
        let mut bytes = Vec::with_capacity(announced as usize);
        while let Some(frame) =
            std::future::poll_fn(|context| Pin::new(&mut self).poll_frame(context)).await
        {
            if let Ok(data) = frame?.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        Ok((bytes, self.held.place))
    }

    fn too_late(&self, name: LimitName, what: &'static str, time: Duration) -> NetworkError {
        NetworkError::Time {
            name,
            place: self.place.clone(),
            what,
            time,
        }
    }

    fn poll_checked(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NetworkError>>> {
        if self.end.as_mut().poll(context).is_ready() {
            let error = self.too_late(LimitName::TotalMs, "did not end its answer", self.total);
            return Poll::Ready(Some(Err(error)));
        }
        if self.note.record.bytes_in + self.body.size_hint().lower() > self.bytes_max {
            return Poll::Ready(Some(Err(self.too_large())));
        }
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            ready!(self.pause.as_mut().poll(context));
            let error = self.too_late(
                LimitName::BetweenBytesMs,
                "did not go on with its answer",
                self.between_bytes,
            );
            return Poll::Ready(Some(Err(error)));
        };
        let next = Instant::now() + self.between_bytes;
        self.pause.as_mut().reset(next);
        let Some(frame) = frame else {
            self.note.record.verdict = "ok";
            return Poll::Ready(None);
        };
        let frame = frame.map_err(|error| NetworkError::Protocol {
            place: self.place.clone(),
            why: error.to_string(),
        })?;
        let Ok(data) = frame.into_data() else {
            self.note.record.verdict = "ok";
            return Poll::Ready(None);
        };
        self.note.record.bytes_in += data.len() as u64;
        if self.note.record.bytes_in > self.bytes_max {
            return Poll::Ready(Some(Err(self.too_large())));
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn too_large(&self) -> NetworkError {
        NetworkError::Limit {
            name: LimitName::ResponseBytes,
            what: format!("the answer of {} has a larger body", self.place),
            most: self.bytes_max,
            advice: "ask the host for less, or for a part",
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = NetworkError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NetworkError>>> {
        let polled = self.poll_checked(context);
        if let Poll::Ready(Some(Err(error))) = &polled {
            self.note.record.verdict = error.code();
        }
        polled
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
