//! How a server stands, for people.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::call::Server;
use crate::catalog::{CatalogServer, Source};
use crate::config::Transport;
use crate::connection::Link;
use crate::metrics::Counts;

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not connected to until somebody calls it.
    Idle,
    /// On its way, for the first time.
    Starting,
    /// There.
    Ready,
    /// Not there, and tried again.
    Down,
    /// Ended.
    Stopped,
}

/// How a server stands.
#[derive(Debug, Clone, Serialize)]
pub struct ServerStatus {
    /// What programs call it.
    pub name: String,
    /// `stdio`, `http` or `stream`.
    pub transport: &'static str,
    /// Its program or address.
    pub address: String,
    /// How the connection stands.
    pub state: State,
    /// Why it is down, or was down the last time.
    pub last_error: Option<String>,
    /// When a server that is down is tried again, in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// How often a connection was made.
    pub connections: u64,
    /// How many calls are at the server now.
    pub in_flight: usize,
    /// The server program's own name and version.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Whether the list of tools is from the disk, since the server has not answered yet.
    pub tools_from_disk: bool,
    /// How many tools may be used.
    pub tools: usize,
    /// The tools that are held back until somebody approves their new definitions.
    pub held: Vec<String>,
    /// What of its list was left out, and why.
    pub notes: Vec<String>,
    /// What its process last wrote to its standard error, oldest line first.
    pub stderr: Vec<String>,
    /// What its calls came to.
    pub counts: Counts,
}

impl ServerStatus {
    pub(crate) fn of(entry: &CatalogServer, server: &Server) -> Self {
        let upstream = &server.upstream;
        let config = &upstream.config;
        let (state, error, retry_at) = match upstream.link() {
            Link::Idle => (State::Idle, None, None),
            // It is down until an attempt succeeds, also while the next one is under way.
            Link::Starting => match upstream.last_error() {
                Some(error) => (State::Down, Some(error), None),
                None => (State::Starting, None, None),
            },
            Link::Ready(_) => (State::Ready, None, None),
            Link::Down { error, retry_at } => (State::Down, Some(error), Some(retry_at)),
            Link::Stopped => (State::Stopped, None, None),
        };
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            name: config.name.to_string(),
            transport: match config.transport {
                Transport::Stdio { .. } => "stdio",
                Transport::Http { .. } => "http",
                Transport::Stream(_) => "stream",
            },
            address: config.transport.shown().to_owned(),
            state,
            last_error: error.or_else(|| upstream.last_error()),
            retry_after_ms: retry_at.map(until).map(millis),
            connections: upstream.connections(),
            in_flight: config
                .policy
                .concurrency
                .saturating_sub(upstream.places.available_permits()),
            title: entry.title.clone(),
            version: entry.version.clone(),
            tools_from_disk: entry.source == Source::Disk,
            tools: entry.tools().count(),
            held: entry.held().map(|tool| tool.name().to_owned()).collect(),
            notes: entry.notes.clone(),
            stderr: upstream.stderr.get(),
            counts: server.counts().0,
        }
    }
}
