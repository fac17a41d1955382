//! Where the host answers what a worker process asks for. The grants are the host's, and are looked at here again; a worker that
//! asks for what no worker asks for is not one any more.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::value::to_raw_value;

use super::messages::{Answer, Ask, Asked, Described, Responded, Tell};
use crate::guest::{CALLS_IN_FLIGHT_MAX, Told};
use crate::network::{Fetch, Session};
use crate::{
    CapabilityError, Execution, Limits, Memories, QUESTIONS_MAX, Question, State, ToolCall,
    Unanswered,
};

/// How many answers a worker may wait for: twice what a program may have in flight, as some are given up while they are asked for.
const ASKED_MAX: usize = 2 * CALLS_IN_FLIGHT_MAX;

/// What one program may ask for, and how much it has.
pub struct Desk {
    tools: Arc<dyn ToolCall>,
    state: Arc<dyn State>,
    memories: Arc<dyn Memories>,
    network: Arc<Session>,
    told: Told,
    has_hosts: bool,
    limits: Limits,
    calls: u64,
    bytes: u64,
}

/// An answer, and what goes behind it.
pub type Answered = (Answer, Vec<u8>);

impl Desk {
    /// With what this execution is granted.
    pub fn new(execution: &Execution) -> Self {
        Self {
            tools: execution.tools.clone(),
            state: execution.state.clone(),
            memories: execution.memories.clone(),
            network: Arc::new(Session::new(&execution.network)),
            told: Told::new(&execution.limits, execution.caller.clone()),
            has_hosts: !execution.network.hosts().is_empty(),
            limits: execution.limits,
            calls: 0,
            bytes: 0,
        }
    }

    /// Takes in what is asked for, while as many others wait for answers.
    ///
    /// # Errors
    /// No worker asks so. The bounds are those of the program, which its worker keeps.
    pub fn ask(
        &mut self,
        ask: Ask,
        tail: Bytes,
        waiting: usize,
    ) -> Result<BoxFuture<'static, Answered>, String> {
        let bytes = ask.bytes(tail.len());
        self.calls += 1;
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.calls > self.limits.host_calls {
            return Err(format!(
                "it makes more than {} calls",
                self.limits.host_calls
            ));
        }
        if bytes > self.limits.call_bytes || self.bytes > self.limits.boundary_bytes {
            return Err(format!("it asks with {bytes} bytes, {} in all", self.bytes));
        }
        if waiting >= ASKED_MAX {
            return Err(format!("it waits for {waiting} answers"));
        }
        if let Ask::Fetch(asked) = &ask
            && !asked.refused
            && !self.has_hosts
        {
            return Err("it sends a request, and no host is granted".to_owned());
        }
        if let Ask::Caller { questions } = &ask
            && (questions.len() > QUESTIONS_MAX || !questions.iter().all(Question::is_named))
        {
            return Err("it asks its caller what no program can ask".to_owned());
        }
        Ok(self.answer(ask, tail))
    }

    /// Passes on what is for the caller, as far as a program may tell.
    pub fn tell(&mut self, tell: Tell) {
        match tell {
            Tell::Progress {
                done,
                total,
                message,
            } => self.told.progress(done, total, message.as_deref()),
            Tell::Line { level, message } => self.told.log(level, &message),
        }
    }

    fn answer(&self, ask: Ask, tail: Bytes) -> BoxFuture<'static, Answered> {
        let (tools, state) = (self.tools.clone(), self.state.clone());
        match ask {
            Ask::Search { query, limit } => told(async move {
                let found = tools.search(&query, limit).await?;
                Ok(found.into_iter().map(Described::from).collect::<Vec<_>>())
            }),
            Ask::Describe { name } => {
                told(async move { Ok(Described::from(tools.describe(&name).await?)) })
            }
            Ask::Call { name, arguments } => {
                told(async move { tools.call(&name, &arguments).await })
            }
            Ask::Get { key } => {
                told(async move { Ok(state.get(&key).await?.into_iter().collect::<Vec<_>>()) })
            }
            Ask::Set { key, value, ttl_ms } => told(async move {
                let ttl = ttl_ms.map(Duration::from_millis);
                state.set(&key, &value, ttl).await
            }),
            Ask::CompareAndSet { key, expected, new } => told(async move {
                let expected = expected.first().map(|value| &**value);
                state.compare_and_set(&key, expected, &new).await
            }),
            Ask::Delete { key } => told(async move { state.delete(&key).await }),
            Ask::Keys { prefix } => told(async move { state.keys(&prefix).await }),
            Ask::Memory {
                operation,
                arguments,
            } => {
                let memories = self.memories.clone();
                told(async move { memories.ask(operation, &arguments).await })
            }
            Ask::Caller { questions } => {
                let caller = self.told.caller.clone();
                told(async move {
                    match caller.ask(&questions).await {
                        Ok(answers) => Ok(Some(answers)),
                        Err(Unanswered::Later) => Ok(None),
                        Err(Unanswered::Refused(error)) => Err(error),
                    }
                })
            }
            Ask::Fetch(asked) => {
                let network = self.network.clone();
                Box::pin(async move {
                    match fetch(&network, asked, &tail).await {
                        Ok((head, body)) => (json(&head), body),
                        Err(error) => (Err(error), Vec::new()),
                    }
                })
            }
        }
    }
}

/// Sends a request as those of this process are sent.
async fn fetch(
    network: &Session,
    asked: Asked,
    body: &[u8],
) -> Result<(Responded, Vec<u8>), CapabilityError> {
    let (time, refused) = (Duration::from_millis(asked.time_ms), asked.refused);
    let fetch = Fetch::new(network, asked.request(body))?;
    if refused {
        // It is noted above, unless it could have been sent.
        return Err(CapabilityError::Failed("it was refused".to_owned()));
    }
    let fetched = fetch.run_within(network, time).await?;
    let response = fetched.response;
    let head = Responded {
        status: response.status,
        reason: response.reason,
        url: response.url,
        redirected: response.redirected,
        headers: response.headers,
    };
    Ok((head, response.body))
}

fn told<T: Serialize>(
    asked: impl Future<Output = Result<T, CapabilityError>> + Send + 'static,
) -> BoxFuture<'static, Answered> {
    Box::pin(async move { (asked.await.and_then(|answer| json(&answer)), Vec::new()) })
}

fn json(answer: &impl Serialize) -> Answer {
    to_raw_value(answer).map_err(|error| CapabilityError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{Asked, QUESTION_NAME_BYTES_MAX};

    fn desk(change: impl FnOnce(&mut Limits)) -> Desk {
        let mut execution = Execution::default();
        change(&mut execution.limits);
        Desk::new(&execution)
    }

    /// Whether so long a key can be asked for.
    fn asks(desk: &mut Desk, bytes: usize, waiting: usize) -> bool {
        let key = "k".repeat(bytes);
        desk.ask(Ask::Get { key }, Bytes::new(), waiting).is_ok()
    }

    #[test]
    fn a_worker_asks_within_the_limits_of_its_program() {
        let mut calls = desk(|limits| limits.host_calls = 2);
        assert!(asks(&mut calls, 1, 0) && asks(&mut calls, 1, 1));
        assert!(!asks(&mut calls, 1, 2));

        let mut long = desk(|limits| limits.call_bytes = 10);
        assert!(asks(&mut long, 10, 0));
        assert!(!asks(&mut long, 11, 0));

        let mut all = desk(|limits| limits.boundary_bytes = 20);
        assert!(asks(&mut all, 19, 0) && asks(&mut all, 1, 0));
        assert!(!asks(&mut all, 1, 0));

        let mut asking = desk(|_| {});
        let mut asks_all = |names: Vec<String>| {
            let asked = Asked::Roots;
            let questions = names.into_iter().map(|name| Question {
                name,
                asked: asked.clone(),
            });
            let questions = questions.collect();
            asking
                .ask(Ask::Caller { questions }, Bytes::new(), 0)
                .is_ok()
        };
        assert!(asks_all(vec!["q".to_owned(); QUESTIONS_MAX]));
        assert!(!asks_all(vec!["q".to_owned(); QUESTIONS_MAX + 1]));
        assert!(asks_all(vec!["q".repeat(QUESTION_NAME_BYTES_MAX)]));
        assert!(!asks_all(vec!["q".repeat(QUESTION_NAME_BYTES_MAX + 1)]));

        let mut waiting = desk(|_| {});
        assert!(asks(&mut waiting, 1, ASKED_MAX - 1));
        assert!(!asks(&mut waiting, 1, ASKED_MAX));
    }

    #[tokio::test]
    async fn what_is_not_granted_is_denied_here_as_well() {
        let mut desk = desk(|_| {});
        let key = "k".to_owned();
        let asked = desk.ask(Ask::Get { key }, Bytes::new(), 0).unwrap();
        let (answer, _) = asked.await;
        assert!(
            matches!(answer, Err(CapabilityError::Denied(_))),
            "{answer:?}"
        );
    }
}
