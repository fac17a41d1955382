//! A client as the caller of a plugin: what the plugin tells reaches it in order and before the result, and what it asks is
//! asked from the task that answers the request, so that the client sees which request it belongs to.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use parking_lot::Mutex;
use rmcp::{
    ErrorData, RoleServer,
    model::InputRequiredResult,
    service::{Peer, RequestContext},
};
use serde_json::{Value, value::RawValue};
use tokio::sync::{mpsc, oneshot};
use vesicle_plugins::name::PluginName;
use vesicle_sandbox::{
    Askable, Caller, CallerLevel, CapabilityError, NoCaller, OffClock, Question, Unanswered,
};

use super::questions::{self, ANSWER_TIME_MAX, Sent, answered, askable, sent};
use crate::{
    harmless::harmless,
    mcp::{
        Host, logging,
        progress::Progress,
        revision::has_sessions,
        rounds::Round,
        tasks::{Asks, Job},
    },
    secrets::Secrets,
};

type Answers = Result<Vec<Box<RawValue>>, CapabilityError>;

/// What a plugin says. How much that may be, the sandbox bounds.
enum Note {
    Progress(f64, Option<f64>, Option<String>),
    Line(CallerLevel, String),
    Ask(Vec<Sent>, oneshot::Sender<Answers>),
}

/// What tells a client things while a call runs, and asks it nothing.
pub struct Teller {
    notes: mpsc::UnboundedSender<Note>,
    secrets: Secrets,
    /// From which level on lines are wanted.
    level: Option<CallerLevel>,
}

/// The plugin's side.
pub struct Client {
    teller: Teller,
    plugin: String,
    secrets: Secrets,
    askable: Askable,
    off_clock: OffClock,
    /// Where the client answers by making the call again.
    rounds: Option<Rounds>,
    /// The call, where it may outlive its request.
    job: Option<Arc<Job>>,
    /// Whether the client answers by further requests, for which the call waits.
    asks_by_job: bool,
}

struct Rounds {
    call: Mutex<Option<Round>>,
    /// What the client sent, by the names of questions.
    answers: BTreeMap<String, Value>,
    /// What of that was asked for.
    used: Mutex<BTreeMap<String, Value>>,
    open: Mutex<Vec<(String, Sent)>>,
    /// What was asked that the client does not know.
    missing: Mutex<Askable>,
}

/// The client's side.
pub struct Listener {
    notes: mpsc::UnboundedReceiver<Note>,
    peer: Peer<RoleServer>,
    /// Who tells lines.
    name: String,
    progress: Progress,
}

/// What tells the client that sent a request things under this name, and what passes them on. The call may take `limit`.
pub fn listen(
    host: &Host,
    context: &RequestContext<RoleServer>,
    name: String,
    level: Option<CallerLevel>,
    limit: Duration,
) -> (Teller, Listener) {
    let (sender, notes) = mpsc::unbounded_channel();
    let teller = Teller {
        notes: sender,
        secrets: host.secrets.clone(),
        level,
    };
    let listener = Listener {
        notes,
        peer: context.peer.clone(),
        name,
        progress: Progress::new(context, limit),
    };
    (teller, listener)
}

/// The client that sent a request to this plugin, and what listens to it meanwhile.
pub fn client(
    host: &Host,
    context: &RequestContext<RoleServer>,
    plugin: &PluginName,
    level: Option<CallerLevel>,
    off_clock: OffClock,
    round: Round,
) -> (Arc<Client>, Listener) {
    let limit = host.policy.default_profile().limits.wall_time;
    let (teller, listener) = listen(host, context, plugin.to_string(), level, limit);
    let asks = context.extensions.get::<Asks>();
    let asks_by_job = !has_sessions(context) && asks.is_some_and(|asks| asks.of_plugins);
    let has_rounds = !has_sessions(context) && !asks_by_job;
    let rounds = has_rounds.then(|| Rounds {
        answers: round.answers.clone(),
        call: Mutex::new(Some(round)),
        used: Mutex::default(),
        open: Mutex::default(),
        missing: Mutex::default(),
    });
    let client = Client {
        teller,
        plugin: plugin.to_string(),
        secrets: host.secrets.clone(),
        askable: askable(context),
        off_clock,
        rounds,
        job: asks.map(|asks| asks.job.clone()),
        asks_by_job,
    };
    (Arc::new(client), listener)
}

impl Client {
    /// What the client has to answer before the call is made again; nothing where it came to its end.
    ///
    /// # Errors
    /// The client does not know how to, or it cannot be told.
    pub fn input_required(&self, host: &Host) -> Result<Option<InputRequiredResult>, ErrorData> {
        let Some(rounds) = &self.rounds else {
            return Ok(None);
        };
        let missing = *rounds.missing.lock();
        if missing != Askable::default() {
            let needed = questions::capabilities(missing);
            return Err(ErrorData::missing_required_client_capability(needed));
        }
        let open = std::mem::take(&mut *rounds.open.lock());
        let Some(mut round) = rounds.call.lock().take().filter(|_| !open.is_empty()) else {
            return Ok(None);
        };
        let failed = |why: String| ErrorData::internal_error(why, None);
        let mut requests = BTreeMap::new();
        for (name, sent) in open {
            let request = sent.as_input_request();
            requests.insert(name, request.map_err(|error| failed(error.to_string()))?);
        }
        round.answers = std::mem::take(&mut *rounds.used.lock());
        let state = host.rounds.close(round).map_err(failed)?;
        Ok(Some(InputRequiredResult::new(Some(requests), Some(state))))
    }
}

impl Teller {
    fn plain(&self, text: &str) -> String {
        harmless(&self.secrets.redact(text.to_owned())).into_owned()
    }
}

#[async_trait]
impl Caller for Teller {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let message = message.map(|message| self.plain(message));
        // Nobody listens once the call is over.
        let _ = self.notes.send(Note::Progress(done, total, message));
    }

    fn log(&self, level: CallerLevel, message: &str) {
        if self.level.is_some_and(|wanted| level >= wanted) {
            let _ = self.notes.send(Note::Line(level, self.plain(message)));
        }
    }

    fn askable(&self) -> Askable {
        Askable::default()
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered> {
        NoCaller.ask(questions).await
    }
}

#[async_trait]
impl Caller for Client {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        self.teller.progress(done, total, message);
    }

    fn log(&self, level: CallerLevel, message: &str) {
        self.teller.log(level, message);
    }

    fn askable(&self) -> Askable {
        self.askable
    }

    fn waits(&self) -> bool {
        let rounds = self.rounds.as_ref();
        rounds.is_some_and(|rounds| {
            !rounds.open.lock().is_empty() || *rounds.missing.lock() != Askable::default()
        })
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered> {
        let as_sent = |question| sent(question, &self.plugin, self.askable, &self.secrets);
        if let Some(rounds) = &self.rounds {
            let (mut answers, mut open) = (Vec::new(), Vec::new());
            for question in questions {
                let given = rounds.answers.get(&question.name);
                match given.and_then(|answer| Some((answer, answered(question, answer)?))) {
                    Some((given, answer)) => {
                        let mut used = rounds.used.lock();
                        used.insert(question.name.clone(), given.clone());
                        answers.push(answer);
                    }
                    None if !questions::can(self.askable, question) => {
                        questions::note(&mut rounds.missing.lock(), question);
                    }
                    None => {
                        let sent = as_sent(question).map_err(Unanswered::Refused)?;
                        open.push((question.name.clone(), sent));
                    }
                }
            }
            // Without sessions the client is told what it lacks, and not the plugin: whoever can do without asks first
            // what can be asked.
            if open.is_empty() && *rounds.missing.lock() == Askable::default() {
                return Ok(answers);
            }
            // Questions that were asked at the same time are answered together.
            rounds.open.lock().extend(open);
            return Err(Unanswered::Later);
        }
        let sent: Result<Vec<_>, _> = questions.iter().map(as_sent).collect();
        let sent = sent.map_err(Unanswered::Refused)?;
        // Whoever is asked takes the time that they take.
        let _stopped = self.off_clock.stop();
        if let (Some(job), true) = (&self.job, self.asks_by_job) {
            return ask_by_job(job, questions, &sent).await;
        }
        let _asking = self.job.as_ref().map(|job| job.asking());
        let sent = match &self.job {
            Some(job) => sent.into_iter().map(|it| it.related(job)).collect(),
            None => sent,
        };
        let (sender, answers) = oneshot::channel();
        let asked = self.teller.notes.send(Note::Ask(sent, sender));
        let gone = || {
            let why = "the call is over";
            Unanswered::Refused(CapabilityError::Failed(why.to_owned()))
        };
        asked.map_err(|_| gone())?;
        answers
            .await
            .map_err(|_| gone())?
            .map_err(Unanswered::Refused)
    }
}

impl Listener {
    /// Passes on what is told until `run` ends, and what was told until then.
    pub async fn serve<T>(mut self, run: impl Future<Output = T>) -> T {
        let peer = self.peer.clone();
        let mut run = std::pin::pin!(run);
        let mut asked = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                ran = &mut run => {
                    while let Ok(note) = self.notes.try_recv() {
                        self.pass_on(note).await;
                    }
                    return ran;
                }
                Some(note) = self.notes.recv() => {
                    if let Some((sent, answer)) = self.pass_on(note).await {
                        asked.push(ask(&peer, sent, answer));
                    }
                }
                Some(()) = asked.next(), if !asked.is_empty() => {}
                () = self.progress.tick() => {}
            }
        }
    }

    async fn pass_on(&mut self, note: Note) -> Option<(Vec<Sent>, oneshot::Sender<Answers>)> {
        match note {
            Note::Progress(done, total, message) => {
                self.progress.told(done, total, message).await;
            }
            Note::Line(level, line) => {
                logging::tell(&self.peer, level, &self.name, &line).await;
            }
            Note::Ask(sent, answer) => return Some((sent, answer)),
        }
        None
    }
}

/// Asks all at once, by what the client gets when it looks how far the call is.
async fn ask_by_job(
    job: &Job,
    questions: &[Question],
    sent: &[Sent],
) -> Result<Vec<Box<RawValue>>, Unanswered> {
    let failed = |why: String| Unanswered::Refused(CapabilityError::Failed(why));
    let requests: Result<Vec<_>, _> = sent.iter().map(Sent::as_input_request).collect();
    let requests = requests.map_err(|error| failed(error.to_string()))?;
    let asked = tokio::time::timeout(ANSWER_TIME_MAX, job.ask(requests)).await;
    let answers = asked.map_err(|_| {
        let seconds = ANSWER_TIME_MAX.as_secs();
        let why = format!("nobody answered within {seconds} s");
        Unanswered::Refused(CapabilityError::Timeout(why))
    })?;
    let answers = answers.map_err(failed)?;
    let told = questions.iter().zip(&answers).map(|(question, answer)| {
        answered(question, answer).ok_or_else(|| {
            failed(format!(
                "what came back for `{}` is no answer to it",
                question.name
            ))
        })
    });
    told.collect()
}

/// Asks all at once.
async fn ask(peer: &Peer<RoleServer>, sent: Vec<Sent>, answer: oneshot::Sender<Answers>) {
    let all = futures_util::future::try_join_all(sent.into_iter().map(|sent| sent.ask(peer)));
    // The plugin may have been stopped.
    let _ = answer.send(all.await);
}
