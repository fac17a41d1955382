//! The capabilities of a program in a worker process: each is asked of the host, and answered by number.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};

use super::frames::frame;
use super::messages::{Answer, Ask, Asked, Described, Responded, Tell, ToHost};
use crate::guest::http_types::{Request, Response};
use crate::network::Elsewhere;
use crate::{
    Askable, Caller, CallerLevel, CapabilityError, Memories, MemoryOperation, Question, State,
    Tool, ToolCall, Unanswered,
};

/// The way to the host, and what is asked there.
#[derive(Clone)]
pub struct Link(Arc<Shared>);

struct Shared {
    /// Bounded by what a program may have in flight.
    to_host: mpsc::UnboundedSender<Vec<u8>>,
    asked: Mutex<HashMap<u64, oneshot::Sender<Answered>>>,
    next: AtomicU64,
}

/// An answer, and what is behind it.
type Answered = (Answer, Bytes);

impl Link {
    /// Frames for the host go to `to_host`.
    pub fn new(to_host: mpsc::UnboundedSender<Vec<u8>>) -> Self {
        Self(Arc::new(Shared {
            to_host,
            asked: Mutex::default(),
            next: AtomicU64::new(1),
        }))
    }

    /// Tells the host something; says whether it is short enough.
    pub fn tell(&self, message: &ToHost, tail: &[u8]) -> bool {
        let framed = frame(message, tail);
        // Where nobody is there any more, the process ends.
        framed.map(|bytes| self.0.to_host.send(bytes)).is_ok()
    }

    /// Hands an answer over, if somebody waits for it.
    pub fn answered(&self, id: u64, answer: Answer, tail: Bytes) {
        if let Some(waiting) = self.0.asked.lock().remove(&id) {
            // Who gave up a moment ago has no use for it.
            let _ = waiting.send((answer, tail));
        }
    }

    fn told(&self, tell: Tell) {
        // Its length is bounded where it comes from.
        self.tell(&ToHost::Tell(tell), &[]);
    }

    async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, CapabilityError> {
        Ok(self.ask_with(ask, &[]).await?.0)
    }

    async fn ask_with<T: DeserializeOwned>(
        &self,
        ask: Ask,
        tail: &[u8],
    ) -> Result<(T, Bytes), CapabilityError> {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let (waiting, answer) = oneshot::channel();
        self.0.asked.lock().insert(id, waiting);
        let _asked = Waiting { link: self, id };
        if !self.tell(&ToHost::Ask { id, ask }, tail) {
            let why = "the call is longer than what a worker process may send; send less";
            return Err(CapabilityError::LimitExceeded(why.to_owned()));
        }
        let gone = |_| CapabilityError::Failed("the host is gone".to_owned());
        let (answer, tail) = answer.await.map_err(gone)?;
        let read = serde_json::from_str(answer?.get());
        let read = read.map_err(|error| CapabilityError::Failed(error.to_string()))?;
        Ok((read, tail))
    }
}

/// Somebody waits for an answer. When they do no more, the host is told.
struct Waiting<'a> {
    link: &'a Link,
    id: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let waited = self.link.0.asked.lock().remove(&self.id);
        if waited.is_some() {
            self.link.tell(&ToHost::Cancel { id: self.id }, &[]);
        }
    }
}

#[async_trait]
impl ToolCall for Link {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let query = query.to_owned();
        let found: Vec<Described> = self.ask(Ask::Search { query, limit }).await?;
        Ok(found.into_iter().map(Into::into).collect())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        let name = name.to_owned();
        let tool: Described = self.ask(Ask::Describe { name }).await?;
        Ok(tool.into())
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        self.ask(Ask::Call {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        })
        .await
    }
}

#[async_trait]
impl State for Link {
    async fn get(&self, key: &str) -> Result<Option<Box<RawValue>>, CapabilityError> {
        let key = key.to_owned();
        // In a list: alone, a `null` that is kept would be none.
        let found: Vec<Box<RawValue>> = self.ask(Ask::Get { key }).await?;
        Ok(found.into_iter().next())
    }

    async fn set(
        &self,
        key: &str,
        value: &RawValue,
        ttl: Option<Duration>,
    ) -> Result<(), CapabilityError> {
        self.ask(Ask::Set {
            key: key.to_owned(),
            value: value.to_owned(),
            ttl_ms: ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
        })
        .await
    }

    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&RawValue>,
        new: &RawValue,
    ) -> Result<bool, CapabilityError> {
        self.ask(Ask::CompareAndSet {
            key: key.to_owned(),
            expected: expected
                .map(|value| vec![value.to_owned()])
                .unwrap_or_default(),
            new: new.to_owned(),
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<bool, CapabilityError> {
        let key = key.to_owned();
        self.ask(Ask::Delete { key }).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CapabilityError> {
        let prefix = prefix.to_owned();
        self.ask(Ask::Keys { prefix }).await
    }
}

#[async_trait]
impl Memories for Link {
    async fn ask(
        &self,
        operation: MemoryOperation,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        let arguments = arguments.to_owned();
        Link::ask(
            self,
            Ask::Memory {
                operation,
                arguments,
            },
        )
        .await
    }
}

/// Whoever called the program, by way of the host.
pub struct CallerThere {
    pub link: Arc<Link>,
    pub askable: Askable,
}

#[async_trait]
impl Caller for CallerThere {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let message = message.map(str::to_owned);
        self.link.told(Tell::Progress {
            done,
            total,
            message,
        });
    }

    fn log(&self, level: CallerLevel, message: &str) {
        let message = message.to_owned();
        self.link.told(Tell::Line { level, message });
    }

    fn askable(&self) -> Askable {
        self.askable
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered> {
        let questions = questions.to_vec();
        let answers = self.link.ask(Ask::Caller { questions }).await;
        let answers: Option<_> = answers.map_err(Unanswered::Refused)?;
        answers.ok_or(Unanswered::Later)
    }
}

#[async_trait]
impl Elsewhere for Link {
    async fn send(&self, request: Request, time: Duration) -> Result<Response, CapabilityError> {
        let (asked, body) = Asked::of(request, time.as_millis() as u64, false);
        let answered = self.ask_with(Ask::Fetch(asked), &body).await;
        let (head, body): (Responded, Bytes) = answered?;
        Ok(Response {
            status: head.status,
            reason: head.reason,
            url: head.url,
            redirected: head.redirected,
            headers: head.headers,
            body: body.to_vec(),
        })
    }

    fn refused(&self, request: Request) {
        let (asked, body) = Asked::of(request, 0, true);
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let ask = Ask::Fetch(asked);
        self.tell(&ToHost::Ask { id, ask }, &body);
    }
}
