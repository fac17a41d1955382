//! The connection to one server: made, watched, made again.
//!
//! Each server has a task of its own ([`supervisor`]), so that none waits for another. What a call needs of it is in
//! [`Upstream`]: the peer to speak to when there is one, and otherwise why not and when to come back.

mod client;
mod http;
mod keeper;
pub mod lines;
pub mod listing;
mod oauth;
mod replies;
mod spawner;
pub mod stderr;
mod stdio;
mod supervisor;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rmcp::RoleClient;
use rmcp::service::Peer;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

use crate::config::{ServerConfig, Start, Transport};
use crate::error::ToolError;
pub use http::{install_tls, was_never_sent};
pub use listing::Listing;
pub use oauth::{LOGIN_TIMEOUT, LoginError};
pub use spawner::start_spawner;
pub use stderr::LastLines;
pub use supervisor::{Events, supervise};

/// How a connection stands.
#[derive(Debug, Clone)]
pub enum Link {
    /// Not asked for yet.
    Idle,
    /// On its way.
    Starting,
    /// There.
    Ready(Peer<RoleClient>),
    /// Not there, and tried again at that time.
    Down {
        /// Why, as a sentence without its end.
        error: String,
        /// When it is tried again.
        retry_at: Instant,
    },
    /// Ended with the bridge.
    Stopped,
}

/// One server as calls see it.
#[derive(Debug)]
pub struct Upstream {
    /// Its definition and policy.
    pub config: ServerConfig,
    /// The places for calls at once.
    pub places: Semaphore,
    /// The last that its process wrote to its standard error.
    pub stderr: LastLines,
    link: watch::Sender<Link>,
    /// A call wants the connection.
    wanted: Notify,
    /// A call failed in a way that may mean that the connection is no more.
    suspect: Notify,
    /// Whatever kept the connection away may be mended.
    retry: Notify,
    last_error: Mutex<Option<String>>,
    connections: AtomicU64,
    /// Where logins are kept.
    directory: Option<PathBuf>,
}

impl Upstream {
    /// One that nothing was done about yet.
    pub fn new(config: ServerConfig, directory: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self {
            places: Semaphore::new(config.policy.concurrency),
            config,
            stderr: LastLines::default(),
            link: watch::Sender::new(Link::Idle),
            wanted: Notify::new(),
            suspect: Notify::new(),
            retry: Notify::new(),
            last_error: Mutex::default(),
            directory,
            connections: AtomicU64::new(0),
        })
    }

    /// How the connection stands.
    pub fn link(&self) -> Link {
        self.link.borrow().clone()
    }

    /// Why the connection was lost or not made the last time.
    pub fn last_error(&self) -> Option<String> {
        self.last_error.lock().clone()
    }

    /// How often a connection was made.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Logs in to the server, and connects with that.
    pub async fn login(&self, open: impl FnOnce(&str)) -> Result<(), LoginError> {
        let name = self.config.name.to_string();
        let Transport::Http { url, .. } = &self.config.transport else {
            return Err(LoginError::NotHttp(name));
        };
        let credentials = self.credentials(url).ok_or(LoginError::NoDirectory)?;
        oauth::login(url, credentials, open).await?;
        self.retry.notify_one();
        Ok(())
    }

    fn credentials(&self, url: &str) -> Option<oauth::Credentials> {
        let directory = self.directory.as_deref()?;
        Some(oauth::Credentials::of(directory, &self.config, url))
    }

    /// Waits until the connection is there, or failed, or is not wanted yet.
    pub async fn settled(&self) {
        let mut link = self.link.subscribe();
        let idle = self.config.policy.start == Start::Lazy;
        drop(
            link.wait_for(|link| match link {
                Link::Idle => idle,
                Link::Starting => false,
                Link::Ready(_) | Link::Down { .. } | Link::Stopped => true,
            })
            .await,
        );
    }

    /// Has the server connected to, and tells how long it takes to answer a ping then. None if it is not there within
    /// `wait`, or failed.
    pub async fn answers(&self, wait: Duration) -> Option<Duration> {
        self.wanted.notify_one();
        let answered = async {
            let mut link = self.link.subscribe();
            let is_decided =
                |link: &Link| matches!(link, Link::Ready(_) | Link::Down { .. } | Link::Stopped);
            let link = link.wait_for(is_decided).await.ok()?.clone();
            let Link::Ready(peer) = link else {
                return None;
            };
            let began = Instant::now();
            supervisor::ping(&peer, supervisor::PING_TIMEOUT)
                .await
                .ok()?;
            Some(began.elapsed())
        };
        tokio::time::timeout(wait, answered).await.ok().flatten()
    }

    /// Has the connection looked at.
    pub fn suspect(&self) {
        self.suspect.notify_one();
    }

    /// The peer, as soon as there is one within `wait`. A server that is down for longer is refused at once.
    pub async fn peer(&self, wait: Duration) -> Result<Peer<RoleClient>, ToolError> {
        let deadline = Instant::now() + wait;
        if let Link::Ready(peer) = &*self.link.borrow()
            && !peer.is_transport_closed()
        {
            return Ok(peer.clone());
        }
        let mut link = self.link.subscribe();
        loop {
            match &*link.borrow_and_update() {
                // A closed one is about to be replaced by its supervisor.
                Link::Ready(peer) if !peer.is_transport_closed() => return Ok(peer.clone()),
                Link::Down { error, retry_at } if *retry_at > deadline => {
                    return Err(self.down(error, *retry_at));
                }
                Link::Stopped => return Err(ToolError::unavailable("the host is shutting down")),
                _ => self.wanted.notify_one(),
            }
            if tokio::time::timeout_at(deadline, link.changed())
                .await
                .is_err()
            {
                let error = match &*self.link.borrow() {
                    Link::Down { error, retry_at } => self.down(error, *retry_at),
                    _ => ToolError::unavailable(format!(
                        "the server `{}` is still starting after {wait:?}: try again, or see `vesicle servers`",
                        self.config.name
                    ))
                    .retry_after(Duration::from_secs(1)),
                };
                return Err(error);
            }
        }
    }

    fn down(&self, error: &str, retry_at: Instant) -> ToolError {
        ToolError::unavailable(format!(
            "the server `{}` is down: {error}. It is tried again by itself",
            self.config.name
        ))
        .retry_after(retry_at.saturating_duration_since(Instant::now()))
    }
}

impl Transport {
    /// What an address or a program is called in messages.
    pub fn shown(&self) -> &str {
        match self {
            Self::Stdio { command, .. } => command,
            Self::Http { url, .. } => url,
            Self::Stream(_) => "a stream of the host's own",
        }
    }
}
