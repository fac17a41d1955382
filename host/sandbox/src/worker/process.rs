//! A worker process, from its start to its end.
//!
//! It comes with two descriptors: a socket to its host as standard input, and the compiled engine as standard output. All that
//! needs a file or a thread of its own is done first, and a program has run before one counts; then comes the lock, on the one
//! thread that there is; and only then the threads begin in which programs run.

use std::io::{self, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::frames::{Frames, HEAD_BYTES, frame, lengths};
use super::link::Link;
use super::lock;
use super::messages::{Bind, End, Hello, Start, ToHost, ToWorker};
use crate::files::DIRECTORIES_MAX;
use crate::{
    AllowedHost, Directory, ExecuteError, Execution, Files, Network, NetworkConfig, NoCaller,
    OffClock, Outcome, Sandbox, Stopped, Transport,
};

/// Where the compiled engine is.
const ENGINE: &str = "/proc/self/fd/1";
/// The thread in which programs run.
const THREAD: &str = "vesicle-worker";

/// What the program of [`Workers`](crate::Workers) does: runs programs for the process that started it, one after the other.
///
/// # Errors
/// When no sandbox started it, or it cannot be what that wants.
pub fn work_for_parent() -> io::Result<()> {
    // Whatever the host was started with, and did not mean to hand on.
    // SAFETY: nothing has been opened yet that anybody here could use.
    if unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) } == -1 {
        return Err(io::Error::last_os_error());
    }
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    let mut host = UnixStream::from(stdin);
    let (hello, none) = receive::<Hello>(&host)?;
    if !none.is_empty() {
        return Err(io::Error::other("what came is not what a sandbox sends"));
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let parent = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if parent != Some(hello.parent) {
        // It died before it could be noticed.
        return Err(io::Error::other("the host is gone"));
    }
    let made = make(&hello);
    let (sandbox, runtime) = match made {
        Ok(made) => made,
        Err(why) => {
            tell(&mut host, &ToHost::Failed(why.clone()))?;
            return Err(io::Error::other(why));
        }
    };
    tell(&mut host, &ToHost::Ready)?;
    let (bind, descriptors) = receive::<Bind>(&host)?;
    let files = files(bind, descriptors)?;
    host.set_nonblocking(true)?;
    if let Err(why) = lock::lock(files.directories()) {
        tell(&mut host, &ToHost::Failed(why.clone()))?;
        return Err(io::Error::other(why));
    }
    let serve = move || {
        sandbox.start_ticking()?;
        runtime.block_on(serve(host, &sandbox, files))
    };
    // Not here: of the first thread the C library reads from files where its stack is.
    let thread = std::thread::Builder::new().name(THREAD.to_owned());
    let served = thread.spawn(serve)?.join();
    served.unwrap_or_else(|_| Err(io::Error::other("a worker process failed")))
}

/// An engine in which a program has run, and what programs run on, which has no threads yet.
fn make(hello: &Hello) -> Result<(Sandbox, Runtime), String> {
    lock::check()?;
    lock::bound()?;
    // SAFETY: the host made it, and sealed it, before it started this process with it.
    let sandbox = unsafe { Sandbox::of_compiled(ENGINE.as_ref(), hello.fuel) };
    let sandbox = sandbox.map_err(|error| error.to_string())?;
    // Nothing can be printed any more; what happens to be would go where the engine was.
    // SAFETY: nobody else has standard output by another name than its number.
    if unsafe { libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) } == -1 {
        return Err(io::Error::last_os_error().to_string());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| error.to_string())?;
    let mut first = Execution {
        code: "return null".to_owned(),
        ..Execution::default()
    };
    first.limits.fuel = hello.fuel.then_some(u64::MAX);
    match runtime.block_on(sandbox.execute(first)) {
        Ok(Outcome::Success { .. }) => Ok((sandbox, runtime)),
        Ok(other) => Err(other.explanation()),
        Err(error) => Err(error.to_string()),
    }
}

fn tell(host: &mut UnixStream, message: &ToHost) -> io::Result<()> {
    let bytes = frame(message, &[]).map_err(|_| io::ErrorKind::FileTooLarge)?;
    host.write_all(&bytes)
}

/// One frame, and the descriptors that come with it.
fn receive<T: DeserializeOwned>(mut host: &UnixStream) -> io::Result<(T, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DIRECTORIES_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut head = [0; HEAD_BYTES];
    let received = recvmsg(
        host,
        &mut [IoSliceMut::new(&mut head)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    if received.bytes == 0 {
        return Err(io::Error::other("nobody asks for anything to be run"));
    }
    if let Some(rest) = head.get_mut(received.bytes..) {
        host.read_exact(rest)?;
    }
    let (length, json) = lengths(head)?;
    let mut bytes = vec![0; length];
    host.read_exact(&mut bytes)?;
    bytes.truncate(json);
    let message = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
    Ok((message, descriptors))
}

fn files(bind: Bind, descriptors: Vec<OwnedFd>) -> io::Result<Files> {
    if bind.directories.len() != descriptors.len() {
        return Err(io::Error::other(
            "there are not as many descriptors as directories",
        ));
    }
    let pairs = bind.directories.into_iter().zip(descriptors);
    let directories = pairs.map(|(bound, descriptor)| {
        Directory::received(descriptor, &bound.guest, bound.access, bound.quota)
    });
    Files::new(directories).map_err(io::Error::other)
}

/// Runs programs until the host is gone.
async fn serve(host: UnixStream, sandbox: &Sandbox, files: Files) -> io::Result<()> {
    let (mut read, mut write) = tokio::net::UnixStream::from_std(host)?.into_split();
    let (to_host, mut queued) = mpsc::unbounded_channel::<Vec<u8>>();
    let link = Link::new(to_host);
    tokio::spawn(async move {
        while let Some(bytes) = queued.recv().await {
            if write.write_all(&bytes).await.is_err() {
                // Seen where frames are read.
                return;
            }
        }
    });
    let mut frames = Frames::default();
    while let Some(frame) = frames.next(&mut read).await? {
        let start = match frame.read()? {
            ToWorker::Start(start) => *start,
            // To a call that is over.
            ToWorker::Answer { .. } | ToWorker::Clock { .. } => continue,
        };
        let execution = execution(start, &link, &files)?;
        let off_clock = execution.off_clock.clone();
        let mut running = Box::pin(sandbox.execute(execution));
        let mut stopped: Option<Stopped> = None;
        let executed = loop {
            let frame = tokio::select! {
                biased;
                frame = frames.next(&mut read) => frame?,
                executed = &mut running => break executed,
            };
            let Some(frame) = frame else {
                return Ok(());
            };
            match frame.read()? {
                ToWorker::Answer { id, answer } => link.answered(id, answer, frame.tail),
                ToWorker::Clock { stopped: true } => {
                    stopped = off_clock.as_ref().map(OffClock::stop);
                }
                ToWorker::Clock { stopped: false } => drop(stopped.take()),
                ToWorker::Start(_) => {
                    return Err(io::Error::other("two programs at a time"));
                }
            }
        };
        drop(running);
        let executed = executed.map_err(|error| match error {
            ExecuteError::Internal(error) => format!("{error:#}"),
            error => error.to_string(),
        });
        end(&link, executed);
    }
    Ok(())
}

fn end(link: &Link, executed: Result<Outcome, String>) {
    let ended = executed.map(|outcome| {
        let mut output = Vec::new();
        let mut outcome = outcome.try_map(|result| {
            output.push(result);
            Ok(())
        });
        let resources = outcome.resources_mut();
        End {
            denied: resources.denied,
            phases: resources.phases,
            outcome,
            output,
        }
    });
    if !link.tell(&ToHost::End(Box::new(ended)), &[]) {
        let why = "its outcome is longer than what a worker process may send".to_owned();
        link.tell(&ToHost::End(Box::new(Err(why))), &[]);
    }
}

fn execution(start: Start, link: &Link, files: &Files) -> io::Result<Execution> {
    let link = Arc::new(link.clone());
    let hosts = start.hosts.iter().map(|entry| AllowedHost::parse(entry));
    let hosts = hosts.collect::<Result<Vec<_>, _>>();
    let hosts = hosts.map_err(io::Error::other)?;
    // It sends nothing: its bounds are looked at before the host sends.
    let transport = Transport::new(NetworkConfig {
        limits: start.network,
        ..NetworkConfig::default()
    });
    let network = match hosts.is_empty() {
        true => Network::default(),
        false => Network::new(hosts, Arc::new(transport)),
    };
    Ok(Execution {
        code: start.code,
        name: start.name,
        input: start.input,
        source_policy: start.source_policy,
        limits: start.limits,
        tools: link.clone(),
        state: link.clone(),
        memories: link.clone(),
        files: files.clone(),
        network: network.sent_by(link),
        session: None,
        // What it tells is not passed on, and nobody is asked.
        caller: Arc::new(NoCaller),
        off_clock: start
            .off_clock_ms
            .map(|most| OffClock::new(Duration::from_millis(most))),
    })
}
