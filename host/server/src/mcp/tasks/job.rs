//! One call that may outlive its request: what it asks meanwhile, and what came of it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use parking_lot::Mutex;
use rmcp::{
    ErrorData,
    model::{
        CallToolResponse, InputRequest, InputRequests, InputResponses, JsonObject,
        RequestMetaObject,
    },
};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{Owner, declared::RELATED, expiry};
use crate::http::Place;

/// What came of a call.
pub type Answer = Result<CallToolResponse, ErrorData>;

/// Who may ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request that made it waits for it.
    Waited,
    /// It waits for an answer that comes with another request.
    Parked,
    /// Its caller asks for it by its id.
    Task,
}

/// How far it is.
#[expect(
    clippy::large_enum_variant,
    reason = "it is looked at and dropped, and never kept"
)]
#[derive(Debug, Clone)]
pub enum Stage {
    /// It runs.
    Working,
    /// It waits for answers to these; to none where the client is asked by requests of the server.
    Asks(InputRequests),
    /// It was cancelled.
    Cancelled,
    /// It has ended.
    Ended(Answer),
}

/// A call.
pub struct Job {
    /// Names it, and cannot be guessed; empty where the system has no randomness.
    pub id: String,
    pub(super) owner: Owner,
    /// Stops it.
    pub stop: CancellationToken,
    pub(super) ttl: Duration,
    pub(super) created: SystemTime,
    pub(super) began: Instant,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

struct State {
    kind: Kind,
    /// How often it was parked.
    round: u64,
    updated: SystemTime,
    open: BTreeMap<String, Open>,
    /// How many questions there were, for their names.
    asked: u64,
    /// How many questions the client of a session is being asked.
    asking: usize,
    is_cancelled: bool,
    ended: Option<(Instant, Answer)>,
    bytes: usize,
    /// Whoever ends the host waits for it.
    place: Option<Place>,
}

struct Open {
    request: InputRequest,
    answer: oneshot::Sender<Value>,
}

/// What calls find the job with that they are, among the extensions of their request.
#[derive(Clone)]
pub struct Asks {
    /// The job.
    pub job: Arc<Job>,
    /// Whether a plugin waits for answers. Otherwise it is called anew with them, as the host then keeps nothing meanwhile.
    pub of_plugins: bool,
}

/// A question to the client of a session is open until this is dropped.
pub struct Asking<'j>(&'j Job);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.asking -= 1);
    }
}

/// Takes questions back whose asker waits no more.
struct Withdraw<'j>(&'j Job, Vec<String>);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        let is_open = self
            .0
            .state
            .lock()
            .open
            .keys()
            .any(|name| self.1.contains(name));
        if is_open {
            self.0
                .change(|state| state.open.retain(|name, _| !self.1.contains(name)));
        }
    }
}

impl Job {
    pub(super) fn new(id: String, owner: Owner, ttl: Duration, stop: CancellationToken) -> Self {
        let now = SystemTime::now();
        Self {
            id,
            owner,
            stop,
            ttl,
            created: now,
            began: Instant::now(),
            state: Mutex::new(State {
                kind: Kind::Waited,
                round: 0,
                updated: now,
                open: BTreeMap::new(),
                asked: 0,
                asking: 0,
                is_cancelled: false,
                ended: None,
                bytes: 0,
                place: None,
            }),
            changed: watch::Sender::new(()),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = {
            let mut state = self.state.lock();
            state.updated = SystemTime::now();
            change(&mut state)
        };
        self.changed.send_replace(());
        changed
    }

    pub(super) fn kind(&self) -> Kind {
        self.state.lock().kind
    }

    pub(super) fn round(&self) -> u64 {
        self.state.lock().round
    }

    pub(super) fn has_ended(&self) -> bool {
        let state = self.state.lock();
        state.ended.is_some() || state.is_cancelled
    }

    pub(super) fn bytes(&self) -> usize {
        self.state.lock().bytes
    }

    pub(super) fn updated(&self) -> SystemTime {
        self.state.lock().updated
    }

    /// Says whether it is this from here on: not if it has ended.
    pub(super) fn become_(&self, kind: Kind) -> bool {
        let mut state = self.state.lock();
        if state.ended.is_none() {
            state.kind = kind;
            state.round += u64::from(kind == Kind::Parked);
        }
        state.ended.is_none()
    }

    /// A request waits for it again.
    pub(super) fn take_up(&self) {
        self.state.lock().kind = Kind::Waited;
    }

    /// Has whoever ends the host wait for it.
    pub(super) fn hold(&self, place: Option<Place>) {
        let mut state = self.state.lock();
        if state.ended.is_none() {
            state.place = place;
        }
    }

    pub(super) fn end(&self, answer: Answer, bytes: usize) {
        self.change(|state| {
            state.open.clear();
            state.ended = Some((Instant::now(), answer));
            state.bytes = match state.is_cancelled {
                true => 0,
                false => bytes,
            };
            state.place = None;
        });
    }

    /// When its time is over, now that it has ended.
    pub(super) fn expiry(&self, least: Duration) -> Instant {
        let state = self.state.lock();
        let ended = state
            .ended
            .as_ref()
            .map_or_else(Instant::now, |(at, _)| *at);
        expiry(self.began, self.ttl, ended, least)
    }

    /// Stops it. What it still comes to is nobody's; says whether it ran.
    pub fn cancel(&self) -> bool {
        let ran = self.change(|state| {
            let ran = state.ended.is_none() && !state.is_cancelled;
            state.is_cancelled |= ran;
            state.open.clear();
            ran
        });
        self.stop.cancel();
        ran
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        let state = self.state.lock();
        if state.is_cancelled {
            return Stage::Cancelled;
        }
        if let Some((_, answer)) = &state.ended {
            return Stage::Ended(answer.clone());
        }
        if state.open.is_empty() && state.asking == 0 {
            return Stage::Working;
        }
        let open = state.open.iter();
        Stage::Asks(
            open.map(|(name, open)| (name.clone(), open.request.clone()))
                .collect(),
        )
    }

    /// Waits until `look` finds something in its stage.
    pub async fn until<T>(&self, look: impl Fn(Stage) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if let Some(found) = look(self.stage()) {
                return found;
            }
            // It lives as long as the job.
            let _ = changed.changed().await;
        }
    }

    /// What a question says that belongs to it.
    pub fn related(&self) -> RequestMetaObject {
        let related = JsonObject::from_iter([(RELATED.to_owned(), json!({ "taskId": self.id }))]);
        RequestMetaObject::from(related)
    }

    /// Notes that the client of a session is being asked.
    pub fn asking(&self) -> Asking<'_> {
        self.change(|state| state.asking += 1);
        Asking(self)
    }

    /// Asks the caller these, who answers with further requests, and waits.
    ///
    /// # Errors
    /// Nobody will answer.
    pub async fn ask(&self, requests: Vec<InputRequest>) -> Result<Vec<Value>, String> {
        let (names, answers) = self.change(|state| {
            let mut asked = (Vec::new(), Vec::new());
            for request in requests {
                state.asked += 1;
                let name = format!("question-{}", state.asked);
                let (answer, answered) = oneshot::channel();
                state.open.insert(name.clone(), Open { request, answer });
                asked.0.push(name);
                asked.1.push(answered);
            }
            asked
        });
        let _withdraw = Withdraw(self, names);
        let mut given = Vec::new();
        for answer in answers {
            let answer = answer.await;
            given.push(answer.map_err(|_| "nobody can be asked".to_owned())?);
        }
        Ok(given)
    }

    /// Passes answers on. What was not asked, or answered before, is left out.
    pub fn answer(&self, responses: InputResponses) {
        self.change(|state| {
            for (name, answer) in responses {
                if let Some(open) = state.open.remove(&name) {
                    let _ = open.answer.send(answer);
                }
            }
        });
    }

    /// Tells all who ask that nobody will answer.
    pub fn refuse(&self) {
        self.change(|state| state.open.clear());
    }
}
