//! The thread that starts worker processes, and waits for those that end. The kernel ends a worker when the thread that started
//! it does, so that it is one which lasts as long as the pool.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use super::artifact::Artifact;
use super::frames::{Frames, frame};
use super::messages::Hello;
use crate::Workers;

/// What the thread is told.
pub enum Order {
    /// Starts a worker with this engine, which counts fuel or does not, and hands it over.
    Start(Arc<Artifact>, bool, Started),
    /// Waits for a process that was killed.
    Forget(Child),
}

type Started = Box<dyn FnOnce(io::Result<(Child, UnixStream)>) + Send>;

/// Starts the thread. It ends with the last who could order something, and all workers with it.
///
/// # Errors
/// The system gives no thread.
pub fn start(workers: Workers) -> io::Result<Sender<Order>> {
    let (orders, received) = channel();
    let thread = thread::Builder::new().name("vesicle-workers".to_owned());
    thread.spawn(move || follow(&workers, &received))?;
    Ok(orders)
}

fn follow(workers: &Workers, received: &Receiver<Order>) {
    for order in received {
        match order {
            Order::Start(artifact, fuel, started) => started(spawn(workers, &artifact, fuel)),
            Order::Forget(mut child) => {
                if let Err(error) = child.wait() {
                    tracing::debug!(%error, "a worker process cannot be waited for");
                }
            }
        }
    }
}

fn spawn(workers: &Workers, engine: &Artifact, fuel: bool) -> io::Result<(Child, UnixStream)> {
    let (mut here, there) = UnixStream::pair()?;
    let child = Command::new(&workers.program)
        .args(&workers.arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(there)))
        .stdout(Stdio::from(engine.descriptor()?))
        // What it says of itself goes over the socket. What an escaped program prints is no line of our log.
        .stderr(Stdio::null())
        .spawn()?;
    let hello = Hello {
        parent: std::process::id(),
        fuel,
    };
    let hello = frame(&hello, &[]).map_err(|_| io::ErrorKind::FileTooLarge)?;
    // It is short, so that it never waits for the other side.
    here.write_all(&hello)?;
    here.set_nonblocking(true)?;
    Ok((child, here))
}

/// A worker process. It is killed when this is dropped.
pub struct Worker {
    child: Option<Child>,
    orders: Sender<Order>,
    pub socket: Option<UnixStream>,
    /// What came and was not read.
    pub frames: Frames,
    /// Whether it said that it is ready, and was told what it may use.
    pub bound: bool,
    /// How many programs it has run.
    pub calls: u32,
    /// The number of the last thing that it asked for.
    pub asked: u64,
}

impl Worker {
    /// One that was just started.
    pub fn new((child, socket): (Child, UnixStream), orders: Sender<Order>) -> Self {
        Self {
            child: Some(child),
            orders,
            socket: Some(socket),
            frames: Frames::default(),
            bound: false,
            calls: 0,
            asked: 0,
        }
    }

    /// Whether its process is still there, and as silent as one is that nobody has asked.
    pub fn is_fit(&self) -> bool {
        let Some(socket) = &self.socket else {
            return false;
        };
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        match recv(socket, &mut [0], flags) {
            Err(Errno::AGAIN) => true,
            // That it is ready.
            Ok((_, 1..)) => !self.bound,
            Ok((_, 0)) | Err(_) => false,
        }
    }

    /// Ends it, and says how it ended: by itself, if it had before.
    pub async fn end(mut self) -> io::Result<ExitStatus> {
        let Some(mut child) = self.child.take() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        // It changes nothing about a process that is ending.
        child.kill()?;
        tokio::task::spawn_blocking(move || child.wait()).await?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            if let Err(error) = child.kill() {
                tracing::debug!(%error, "a worker process cannot be killed");
            }
            // The thread is there as long as somebody can send to it.
            let _ = self.orders.send(Order::Forget(child));
        }
    }
}
