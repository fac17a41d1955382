//! One program's run in a worker process, as the host sees it.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::net::unix::{ReadHalf, WriteHalf};

use super::desk::{Answered, Desk};
use super::frames::{Frames, TooLong, frame};
use super::messages::{Answer, Bind, Bound, End, Start, ToHost, ToWorker};
use super::starter::Worker;
use crate::files::DIRECTORIES_MAX;
use crate::{CapabilityError, ErrorType, Execution, Files, OffClock, Outcome};

/// How long a process may take until it is ready.
const START_TIME_MAX: Duration = Duration::from_secs(30);

/// Why a conversation ended before its program did.
#[derive(Debug)]
pub enum Fault {
    /// The process is gone.
    Gone,
    /// It could not become a worker; why.
    Unfit(String),
    /// It said what no worker says.
    Broken(String),
    /// The program ran, and its sandbox failed.
    Sandbox(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::UnexpectedEof => Self::Gone,
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// Waits until a worker is ready, and hands it the directories that it may use from now on.
pub async fn bind(worker: &mut Worker, files: &Files) -> Result<(), Fault> {
    if worker.bound {
        return Ok(());
    }
    let mut stream = stream(worker)?;
    let said = tokio::time::timeout(START_TIME_MAX, worker.frames.next(&mut stream)).await;
    let late = |_| {
        Fault::Unfit(format!(
            "it was not ready in {} s",
            START_TIME_MAX.as_secs()
        ))
    };
    match said.map_err(late)??.ok_or(Fault::Gone)?.read()? {
        ToHost::Ready => {}
        ToHost::Failed(why) => return Err(Fault::Unfit(why)),
        _ => return Err(Fault::Broken("it spoke before it was asked".to_owned())),
    }
    hand_over(&stream, files)?;
    worker.bound = true;
    worker.socket = Some(stream.into_std()?);
    Ok(())
}

fn stream(worker: &mut Worker) -> Result<UnixStream, Fault> {
    let socket = worker.socket.take().ok_or(Fault::Gone)?;
    Ok(UnixStream::from_std(socket)?)
}

fn hand_over(stream: &UnixStream, files: &Files) -> Result<(), Fault> {
    let directories = files.directories();
    let bound = directories.iter().map(|directory| Bound {
        guest: directory.guest().to_owned(),
        access: directory.access(),
        quota: directory.quota(),
    });
    let bind = Bind {
        directories: bound.collect(),
    };
    let bytes = frame(&bind, &[]).map_err(too_long)?;
    let descriptors: Vec<_> = directories.iter().map(|one| one.descriptor()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DIRECTORIES_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(Fault::Unfit("there are too many directories".to_owned()));
    }
    let parts = [IoSlice::new(&bytes)];
    let sent = sendmsg(stream.as_fd(), &parts, &mut control, SendFlags::NOSIGNAL);
    // It is the first thing in the socket, which has room for much more.
    match sent.map_err(io::Error::from)? == bytes.len() {
        true => Ok(()),
        false => Err(Fault::Unfit("its socket takes no more".to_owned())),
    }
}

fn too_long(TooLong(bytes): TooLong) -> Fault {
    Fault::Sandbox(format!(
        "{bytes} bytes are more than a worker process can be sent"
    ))
}

/// Runs a program in a worker that is bound. Dropping the future leaves the worker of no use.
pub async fn run(worker: &mut Worker, execution: &Execution) -> Result<Outcome, Fault> {
    let mut stream = stream(worker)?;
    let (mut read, write) = stream.split();
    let mut talk = Talk {
        write,
        desk: Desk::new(execution),
        asked: worker.asked,
        waiting: HashMap::new(),
    };
    let ended = talk.run(&mut worker.frames, &mut read, execution).await?;
    worker.asked = talk.asked;
    worker.socket = Some(stream.into_std()?);
    outcome(ended.map_err(Fault::Sandbox)?, execution)
}

/// What is asked for, by number; `Err` is what was given up.
type Answers = FuturesUnordered<Abortable<BoxFuture<'static, (u64, Answered)>>>;

struct Talk<'a> {
    write: WriteHalf<'a>,
    desk: Desk,
    /// The number of the last thing that was asked for.
    asked: u64,
    /// What is not answered yet.
    waiting: HashMap<u64, AbortHandle>,
}

impl Talk<'_> {
    async fn run(
        &mut self,
        frames: &mut Frames,
        read: &mut ReadHalf<'_>,
        execution: &Execution,
    ) -> Result<Result<End, String>, Fault> {
        let start = ToWorker::Start(Box::new(start(execution)));
        self.send(frame(&start, &[]).map_err(too_long)?).await?;
        let mut answers: Answers = FuturesUnordered::new();
        let mut stopped = false;
        loop {
            let frame = tokio::select! {
                biased;
                frame = frames.next(read) => frame?.ok_or(Fault::Gone)?,
                Some(answered) = answers.next() => {
                    if let Ok((id, (answer, tail))) = answered
                        && self.waiting.remove(&id).is_some()
                    {
                        self.send(answered_with(id, answer, &tail)?).await?;
                    }
                    continue;
                }
                () = changes(execution.off_clock.as_ref(), stopped) => {
                    stopped = !stopped;
                    let clock = ToWorker::Clock { stopped };
                    self.send(self::frame(&clock, &[]).map_err(too_long)?).await?;
                    continue;
                }
            };
            match frame.read()? {
                ToHost::Ask { id, ask } => {
                    if id <= self.asked {
                        return Err(Fault::Broken(format!("it asks for {id} again")));
                    }
                    self.asked = id;
                    let waiting = self.waiting.len();
                    let asked = self.desk.ask(ask, frame.tail, waiting);
                    let asked = asked.map_err(Fault::Broken)?;
                    let (handle, registration) = AbortHandle::new_pair();
                    self.waiting.insert(id, handle);
                    let asked = async move { (id, asked.await) }.boxed();
                    answers.push(Abortable::new(asked, registration));
                }
                // Its answer may be on the way.
                ToHost::Cancel { id } => {
                    if let Some(handle) = self.waiting.remove(&id) {
                        handle.abort();
                    }
                }
                ToHost::Tell(tell) => self.desk.tell(tell),
                ToHost::End(ended) => return Ok(*ended),
                ToHost::Failed(why) => return Err(Fault::Unfit(why)),
                ToHost::Ready => {
                    let why = "it begins again in the midst of a call";
                    return Err(Fault::Broken(why.to_owned()));
                }
            }
        }
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Fault> {
        Ok(self.write.write_all(&bytes).await?)
    }
}

/// An answer as it is sent; that it is too long, if it is.
fn answered_with(id: u64, answer: Answer, tail: &[u8]) -> Result<Vec<u8>, Fault> {
    let framed = frame(&ToWorker::Answer { id, answer }, tail);
    framed.or_else(|TooLong(bytes)| {
        let why = format!(
            "the answer has {bytes} bytes, which is more than a worker process can be sent; ask for less, or in parts"
        );
        let answer = Err(CapabilityError::LimitExceeded(why));
        frame(&ToWorker::Answer { id, answer }, &[]).map_err(too_long)
    })
}

async fn changes(off_clock: Option<&OffClock>, stopped: bool) {
    match off_clock {
        Some(off_clock) => off_clock.changes_from(stopped).await,
        None => std::future::pending().await,
    }
}

fn start(execution: &Execution) -> Start {
    let network = &execution.network;
    let most = execution.off_clock.as_ref().map(OffClock::most);
    Start {
        code: execution.code.clone(),
        name: execution.name.clone(),
        input: execution.input.clone(),
        source_policy: execution.source_policy,
        limits: execution.limits,
        hosts: network.hosts().iter().map(ToString::to_string).collect(),
        network: network.limits(),
        askable: execution.caller.askable(),
        off_clock_ms: most.map(|most| u64::try_from(most.as_millis()).unwrap_or(u64::MAX)),
    }
}

/// The outcome that a worker tells, as far as it can be one of this program's.
fn outcome(ended: End, execution: &Execution) -> Result<Outcome, Fault> {
    let limits = &execution.limits;
    let (out, err) = ended.outcome.streams();
    // A note at its end says so when a stream was cut.
    let most = limits.stream_bytes.saturating_add(STREAM_NOTE_BYTES_MAX);
    // Positions in it may have been written anew, which makes it longer or shorter by a few bytes each.
    if out.len().max(err.len()) > most.saturating_mul(2) {
        return Err(Fault::Broken("it printed more than it may".to_owned()));
    }
    let mut output = ended.output.into_iter();
    let missing = || (ErrorType::InvalidResult, String::new(), String::new());
    let outcome = ended
        .outcome
        .try_map(|()| output.next().ok_or_else(missing));
    let mut outcome: Outcome = outcome;
    if let Outcome::Success { output, .. } = &outcome
        && output.get().len() > limits.output_bytes
    {
        return Err(Fault::Broken(
            "its result is longer than it may be".to_owned(),
        ));
    }
    let resources = outcome.resources_mut();
    resources.denied = ended.denied;
    resources.phases = ended.phases;
    Ok(outcome)
}

/// How long the note at the end of a stream that was cut may be, in bytes.
const STREAM_NOTE_BYTES_MAX: usize = 1_024;
