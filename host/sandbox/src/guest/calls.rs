//! Capability calls: `vesicle:plugin/tool-call`, and `vesicle:plugin/pending` for all that are in flight.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use serde_json::value::RawValue;

use super::Guest;
use super::arguments::parse;
use super::bindings::vesicle::plugin::{pending, tool_call, types};
use super::budget::Budget;
use super::engine_caller::TO_CALLER;
use super::http;
use crate::capabilities::{CapabilityError, Tool};
use crate::limit_kind::LimitMet;
use crate::network::Fetched;
use crate::{LimitKind, Limits, ToolCall};

/// How many calls one guest may have in flight.
pub const CALLS_IN_FLIGHT_MAX: usize = 256;

/// Why a call fails that was in flight when the guest's own call ended.
const GIVEN_UP: &str = "the call that made this one ended before it was answered";

type Outcome = Result<String, types::Error>;
type Ended = Result<Answer, types::Error>;

/// What a call that was started came to.
pub enum Answer {
    /// A result as it is.
    Json(String),
    /// A response, which the guest takes apart.
    Response(Box<Fetched>),
}

/// The calls of one guest.
pub struct Calls {
    tools: Arc<dyn ToolCall>,
    in_flight: FuturesUnordered<Call>,
    /// Calls that ended before the guest asked for them.
    ended: VecDeque<(u32, Ended)>,
    /// Responses that the guest was told of and has not taken.
    pub(super) responses: BTreeMap<u32, Box<Fetched>>,
    next_id: u32,
    pub(super) budget: Budget,
    timer_waits: u64,
    timer_waits_max: u64,
    /// When the guest began to wait for calls, while it does.
    waiting_since: Option<Instant>,
    waited: Duration,
    denied: u64,
}

impl Calls {
    /// No calls yet, to these tools.
    pub fn new(limits: &Limits, tools: Arc<dyn ToolCall>) -> Self {
        Self {
            tools,
            in_flight: FuturesUnordered::new(),
            ended: VecDeque::new(),
            responses: BTreeMap::new(),
            next_id: 1,
            budget: Budget::new(limits),
            timer_waits: 0,
            timer_waits_max: limits.timer_waits,
            waiting_since: None,
            waited: Duration::ZERO,
            denied: 0,
        }
    }

    /// The guest waits for calls from now on.
    pub(super) fn wait_begins(&mut self) {
        self.waiting_since = Some(Instant::now());
    }

    /// The guest goes on.
    fn wait_ends(&mut self) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
    }

    /// The guest goes on, with what the call that it waited for came to.
    pub(super) fn waited_for<T>(
        &mut self,
        came: Result<T, impl Into<types::Error>>,
    ) -> Result<T, types::Error> {
        self.wait_ends();
        self.judged(came.map_err(Into::into))
    }

    fn judged<T>(&mut self, came: Result<T, types::Error>) -> Result<T, types::Error> {
        if let Err(types::Error::Denied(_)) = &came {
            self.denied += 1;
        }
        came
    }

    /// How long the guest waited while calls were in flight.
    pub fn waited(&self) -> Duration {
        // Whoever is stopped may be waiting.
        let since = self.waiting_since.map(|since| since.elapsed());
        self.waited + since.unwrap_or_default()
    }

    /// How many calls were denied.
    pub fn denied(&self) -> u64 {
        self.denied
    }

    /// Begins a further call of a guest that stays. What it had in flight was asked with capabilities
    /// that it may not have any more, so that it is given up, and fails.
    pub fn begin_again(&mut self, limits: &Limits, tools: Arc<dyn ToolCall>) {
        let given_up = std::mem::take(&mut self.in_flight).into_iter();
        let given_up = given_up.filter(|call| call.future.is_some());
        let failed = given_up.map(|call| (call.id, Err(types::Error::Failed(GIVEN_UP.to_owned()))));
        let mut ended = std::mem::take(&mut self.ended);
        ended.extend(failed);
        *self = Self {
            ended,
            responses: std::mem::take(&mut self.responses),
            next_id: self.next_id,
            ..Self::new(limits, tools)
        };
    }

    /// How many calls the guest made.
    pub fn made(&self) -> u64 {
        self.budget.calls()
    }

    /// Starts a call. Its future is polled here once, so that it is on its way while the guest goes
    /// on. Nobody needs waking yet: `wait` polls it again.
    pub(super) fn start(&mut self, future: BoxFuture<'static, Ended>) -> Result<u32, types::Error> {
        if self.is_full() {
            self.forget_cancelled();
        }
        if self.is_full() {
            return Err(types::Error::LimitExceeded(format!(
                "at most {CALLS_IN_FLIGHT_MAX} calls may be in flight; await some before starting more"
            )));
        }
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        let mut call = Call {
            id,
            future: Some(future),
        };
        match Pin::new(&mut call).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(ended)) => self.ended.push_back(ended),
            Poll::Ready(None) => {}
            Poll::Pending => self.in_flight.push(call),
        }
        Ok(id)
    }

    fn is_full(&self) -> bool {
        self.in_flight.len() + self.ended.len() >= CALLS_IN_FLIGHT_MAX
    }

    /// Calls that were cancelled leave when the guest next waits; a guest that does not wait needs
    /// their room before.
    fn forget_cancelled(&mut self) {
        let calls = std::mem::take(&mut self.in_flight).into_iter();
        self.in_flight = calls.filter(|call| call.future.is_some()).collect();
    }

    async fn next(&mut self) -> Option<(u32, Ended)> {
        if let Some(ended) = self.ended.pop_front() {
            return Some(ended);
        }
        loop {
            // `None` within is a call that was cancelled.
            if let Some(ended) = self.in_flight.next().await? {
                return Some(ended);
            }
        }
    }

    /// What the guest gets of a call that has ended.
    fn hand_over(&mut self, id: u32, ended: Ended) -> Outcome {
        match self.judged(ended)? {
            Answer::Json(result) => self.answer(Ok(result)),
            Answer::Response(fetched) => {
                self.budget.answer(http::bytes(&fetched.response))?;
                self.responses.insert(id, fetched);
                Ok("null".to_owned())
            }
        }
    }

    /// What the guest gets of an outcome: a result that is too large is refused.
    fn answer(&mut self, outcome: Outcome) -> Outcome {
        let result = outcome?;
        self.budget.answer(result.len())?;
        Ok(result)
    }

    fn cancel(&mut self, id: u32) {
        self.ended.retain(|(ended, _)| *ended != id);
        self.responses.remove(&id);
        for call in self.in_flight.iter_mut() {
            if call.id == id {
                call.future = None;
            }
        }
    }
}

/// One call in flight; without its future, one that was given up.
struct Call {
    id: u32,
    future: Option<BoxFuture<'static, Ended>>,
}

impl Future for Call {
    type Output = Option<(u32, Ended)>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let id = self.id;
        match &mut self.future {
            None => Poll::Ready(None),
            Some(future) => future.as_mut().poll(context).map(|ended| Some((id, ended))),
        }
    }
}

impl pending::Host for Guest {
    async fn wait(
        &mut self,
        timeout_us: Option<u64>,
    ) -> wasmtime::Result<Option<pending::Completion>> {
        if timeout_us.is_some() {
            self.calls.timer_waits += 1;
            if self.calls.timer_waits > self.calls.timer_waits_max {
                return Err(LimitMet(LimitKind::TimerWaits).into());
            }
        }
        if !self.calls.in_flight.is_empty() {
            self.calls.wait_begins();
        }
        let next = async {
            match self.calls.next().await {
                None if timeout_us.is_some() => std::future::pending().await,
                next => next,
            }
        };
        let ended = match timeout_us {
            None => next.await,
            Some(timeout) => tokio::time::timeout(Duration::from_micros(timeout), next)
                .await
                .ok()
                .flatten(),
        };
        self.calls.wait_ends();
        Ok(ended.map(|(id, ended)| pending::Completion {
            id,
            outcome: self.calls.hand_over(id, ended),
        }))
    }

    fn cancel(&mut self, id: u32) {
        self.calls.cancel(id);
    }
}

impl tool_call::Host for Guest {
    async fn search(
        &mut self,
        query: String,
        limit: u32,
    ) -> Result<Vec<tool_call::Tool>, types::Error> {
        self.calls.budget.call(query.len())?;
        self.calls.wait_begins();
        let found = self.calls.tools.search(&query, limit as usize).await;
        let found = self.calls.waited_for(found)?;
        self.calls.budget.answer(found.iter().map(bytes).sum())?;
        Ok(found.into_iter().map(Into::into).collect())
    }

    async fn describe(&mut self, name: String) -> Result<tool_call::Tool, types::Error> {
        self.calls.budget.call(name.len())?;
        self.calls.wait_begins();
        let tool = self.calls.tools.describe(&name).await;
        let tool = self.calls.waited_for(tool)?;
        self.calls.budget.answer(bytes(&tool))?;
        Ok(tool.into())
    }

    async fn call(&mut self, name: String, arguments: String) -> Outcome {
        self.calls.budget.call(name.len() + arguments.len())?;
        let arguments = parse(arguments)?;
        self.calls.wait_begins();
        let outcome = call(self.calls.tools.clone(), name, arguments).await;
        let outcome = self.calls.waited_for(outcome);
        self.calls.answer(outcome)
    }

    fn start(&mut self, name: String, arguments: String) -> Result<u32, types::Error> {
        if let Some(what) = name.strip_prefix(TO_CALLER) {
            return self.reach_caller(what, &arguments);
        }
        self.calls.budget.call(name.len() + arguments.len())?;
        let future = call(self.calls.tools.clone(), name, parse(arguments)?);
        self.calls
            .start(Box::pin(async { Ok(Answer::Json(future.await?)) }))
    }
}

async fn call(tools: Arc<dyn ToolCall>, name: String, arguments: Box<RawValue>) -> Outcome {
    let result = tools.call(&name, &arguments).await?;
    Ok(Box::<str>::from(result).into_string())
}

/// What the guest gets of a tool's description.
fn bytes(tool: &Tool) -> usize {
    let output_schema = tool.output_schema.as_ref();
    tool.name.len()
        + tool.description.len()
        + tool.input_schema.get().len()
        + output_schema.map_or(0, |schema| schema.get().len())
}

impl types::Host for Guest {}

impl From<CapabilityError> for types::Error {
    fn from(error: CapabilityError) -> Self {
        match error {
            CapabilityError::Denied(message) => Self::Denied(message),
            CapabilityError::NotFound(message) => Self::NotFound(message),
            CapabilityError::InvalidInput(message) => Self::InvalidInput(message),
            CapabilityError::LimitExceeded(message) => Self::LimitExceeded(message),
            CapabilityError::RateLimited {
                message,
                retry_after_ms,
            } => Self::RateLimited(types::Later {
                message,
                retry_after_ms,
            }),
            CapabilityError::Unavailable {
                message,
                retry_after_ms,
            } => Self::Unavailable(types::Later {
                message,
                retry_after_ms,
            }),
            CapabilityError::Timeout(message) => Self::Timeout(message),
            CapabilityError::Upstream(message) => Self::Upstream(message),
            CapabilityError::Failed(message) => Self::Failed(message),
        }
    }
}

impl From<Tool> for tool_call::Tool {
    fn from(tool: Tool) -> Self {
        let text = |json: Box<RawValue>| Box::<str>::from(json).into_string();
        Self {
            name: tool.name,
            description: tool.description,
            input_schema: text(tool.input_schema),
            output_schema: tool.output_schema.map(text),
        }
    }
}
