//! Keeps one server connected: makes the connection, lists the tools, watches, and makes it again when it is lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use rmcp::model::{ClientRequest, PingRequest};
use rmcp::service::{ClientCacheConfig, ClientInitializeError, Peer, RunningService};
use rmcp::transport::Transport as McpTransport;
use rmcp::{RoleClient, ServiceExt};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::http::{innermost, shortened};
use super::stdio::Process;
use super::{Link, Listing, Upstream, http, oauth, stdio};
use crate::config::{Start, Transport};

/// The first wait before a lost connection is made again; it doubles from there, and jitter is added.
const BACKOFF_MIN: Duration = Duration::from_millis(200);
/// The longest wait.
const BACKOFF_MAX: Duration = Duration::from_secs(60);
/// A connection that lasted this long was a good one: the next wait is the first again.
const STABLE_AFTER: Duration = Duration::from_secs(10);
/// How long a server may take to answer a ping, where pings are not more frequent.
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// After how many pings without an answer the connection is given up.
const PING_FAILURES_MAX: u32 = 3;
/// How long closing a connection may take, before its process is ended.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The least time between two lists, however often a server says that its tools are others.
const RELIST_PAUSE: Duration = Duration::from_millis(500);

/// What a supervisor tells the bridge.
pub trait Events: Send + Sync + 'static {
    /// The server's tools, as it lists them now.
    fn listed(&self, listing: Listing);
}

struct Connection {
    service: RunningService<RoleClient, Client>,
    process: Option<Process>,
    tools_changed: Arc<Notify>,
}

/// Runs until `stop`. `known` says whether the server's tools are known from an earlier time.
pub async fn supervise(
    upstream: Arc<Upstream>,
    known: bool,
    events: Arc<dyn Events>,
    stop: CancellationToken,
) {
    let supervisor = Supervisor { upstream, events };
    let lazy = supervisor.upstream.config.policy.start == Start::Lazy && known;
    tokio::select! {
        () = stop.cancelled() => {}
        () = supervisor.upstream.wanted.notified(), if lazy => supervisor.run(&stop).await,
        () = std::future::ready(()), if !lazy => supervisor.run(&stop).await,
    }
    supervisor.set(Link::Stopped);
}

struct Supervisor {
    upstream: Arc<Upstream>,
    events: Arc<dyn Events>,
}

impl Supervisor {
    async fn run(&self, stop: &CancellationToken) {
        let mut waits = backoff();
        while !stop.is_cancelled() {
            self.set(Link::Starting);
            let error = match self.connect(stop).await {
                Ok(Some(connection)) => {
                    let since = Instant::now();
                    let error = self.watch(connection, stop).await;
                    if since.elapsed() >= STABLE_AFTER {
                        waits = backoff();
                    }
                    error
                }
                Ok(None) => return,
                Err(error) => error,
            };
            if stop.is_cancelled() {
                return;
            }
            let wait = waits.next().unwrap_or(BACKOFF_MAX);
            let name = &self.upstream.config.name;
            tracing::warn!(server = %name, %error, ?wait, "the connection is tried again");
            *self.upstream.last_error.lock() = Some(error.clone());
            let retry_at = Instant::now() + wait;
            self.set(Link::Down { error, retry_at });
            tokio::select! {
                () = tokio::time::sleep_until(retry_at) => {}
                () = self.upstream.retry.notified() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    fn set(&self, link: Link) {
        self.upstream.link.send_replace(link);
    }

    /// A connection whose tools are listed, or `None` if it is time to stop.
    async fn connect(&self, stop: &CancellationToken) -> Result<Option<Connection>, String> {
        let policy = &self.upstream.config.policy;
        tokio::select! {
            () = stop.cancelled() => Ok(None),
            connected = tokio::time::timeout(policy.startup_timeout, self.open()) => match connected {
                Ok(connected) => connected.map(Some),
                Err(_) => Err(self.with_stderr(format!("it did not start within {:?}", policy.startup_timeout))),
            },
        }
    }

    async fn open(&self) -> Result<Connection, String> {
        let config = &self.upstream.config;
        let bytes = config.policy.message_bytes;
        let connection = match &config.transport {
            Transport::Stdio {
                command,
                args,
                env,
                cwd,
            } => {
                let stderr = &self.upstream.stderr;
                let (process, transport) =
                    stdio::start(command, args, env, cwd.as_deref(), bytes, stderr).await?;
                self.greet(transport, Some(process)).await?
            }
            Transport::Http {
                url,
                headers,
                bearer,
            } => {
                let concurrency = config.policy.concurrency;
                let http = http::config(url, headers, bearer.as_deref(), bytes, concurrency)?;
                match self
                    .upstream
                    .credentials(url)
                    .filter(|credentials| bearer.is_none() && credentials.exist())
                {
                    None => self.greet(http::transport(http)?, None).await?,
                    Some(credentials) => {
                        let manager = oauth::manager(url, credentials).await;
                        let manager = manager.map_err(|error| {
                            format!("its login cannot be used: {}", oauth::told(&error))
                        })?;
                        self.greet(http::authorized(http, manager)?, None).await?
                    }
                }
            }
            Transport::Stream(connector) => {
                let (reader, writer) = tokio::io::split(connector.open());
                self.greet(stdio::over_lines(reader, writer, bytes), None)
                    .await?
            }
        };
        let peer = connection.service.peer();
        peer.set_response_cache_config(ClientCacheConfig::disabled())
            .await;
        let listing = Listing::fetch(peer).await?;
        self.listed(listing).await;
        Ok(connection)
    }

    /// Hands a list over. It is written to the disk there.
    async fn listed(&self, listing: Listing) {
        let events = Arc::clone(&self.events);
        drop(tokio::task::spawn_blocking(move || events.listed(listing)).await);
    }

    async fn greet<T>(&self, transport: T, process: Option<Process>) -> Result<Connection, String>
    where
        T: McpTransport<RoleClient> + 'static,
    {
        let tools_changed = Arc::new(Notify::new());
        match Client::new(Arc::clone(&tools_changed))
            .serve(transport)
            .await
        {
            Ok(service) => Ok(Connection {
                service,
                process,
                tools_changed,
            }),
            Err(error) => {
                let said = self.refused(&error);
                let ended = match process {
                    Some(process) => format!(" ({})", process.end().await),
                    None => String::new(),
                };
                Err(self.with_stderr(format!("{said}{ended}")))
            }
        }
    }

    fn refused(&self, error: &ClientInitializeError) -> String {
        if error.is_authorization_required() {
            return format!(
                "it asks for a login: give a token in `bearer`, or run `vesicle servers login {}`",
                self.upstream.config.name
            );
        }
        match error {
            ClientInitializeError::ConnectionClosed(_) => "it ended before it answered".to_owned(),
            ClientInitializeError::TransportError { error, .. } => {
                let said = innermost(&*error.error);
                match oauth::is_over(&*error.error) {
                    true => format!(
                        "its login is not good any more ({said}): run `vesicle servers login {}`",
                        self.upstream.config.name
                    ),
                    false => said,
                }
            }
            error => shortened(&error.to_string()),
        }
    }

    /// Stays with a connection until it is lost or `stop`, and says why it was lost.
    async fn watch(&self, connection: Connection, stop: &CancellationToken) -> String {
        let Connection {
            service,
            process,
            tools_changed,
        } = connection;
        let peer = service.peer().clone();
        let close = service.cancellation_token();
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        tokio::spawn(async move {
            drop(service.waiting().await);
            drop(end);
        });
        self.upstream.connections.fetch_add(1, Ordering::Relaxed);
        self.set(Link::Ready(peer.clone()));
        let policy = &self.upstream.config.policy;
        let mut pings =
            tokio::time::interval_at(Instant::now() + policy.ping_interval, policy.ping_interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failures = 0;
        let mut error = loop {
            let what = tokio::select! {
                biased;
                () = ended.cancelled() => break "it closed the connection".to_owned(),
                () = stop.cancelled() => break "the host is shutting down".to_owned(),
                () = tools_changed.notified() => Check::Tools,
                () = self.upstream.suspect.notified() => Check::Life,
                _ = pings.tick() => match self.is_unused() {
                    true => Check::Life,
                    // It may be too busy to answer; the calls have time limits of their own. Looked at with each
                    // tick: a branch that is closed where the loop begins would stay so when the calls have ended.
                    false => continue,
                },
            };
            let check = async {
                match what {
                    Check::Tools => self.list_again(&peer).await,
                    Check::Life => ping(&peer, PING_TIMEOUT.min(policy.ping_interval)).await,
                }
            };
            let checked = tokio::select! {
                biased;
                // The next round says so.
                () = ended.cancelled() => continue,
                () = stop.cancelled() => continue,
                checked = check => checked,
            };
            match checked {
                Ok(()) => failures = 0,
                Err(Checked::Lost(error)) => break error,
                Err(Checked::Silent) => {
                    failures += 1;
                    if failures == PING_FAILURES_MAX {
                        break format!("it left {failures} pings without an answer");
                    }
                    pings.reset_after(Duration::from_secs(1).min(policy.ping_interval));
                }
            }
        };
        self.set(Link::Starting);
        let is_over = ended.is_cancelled();
        close.cancel();
        drop(tokio::time::timeout(CLOSE_TIMEOUT, ended.cancelled()).await);
        if let Some(process) = process {
            let status = process.end().await;
            if is_over {
                error = format!("its process ended ({status})");
            }
        }
        self.with_stderr(error)
    }

    fn is_unused(&self) -> bool {
        self.upstream.places.available_permits() == self.upstream.config.policy.concurrency
    }

    async fn list_again(&self, peer: &Peer<RoleClient>) -> Result<(), Checked> {
        let timeout = self.upstream.config.policy.startup_timeout;
        match tokio::time::timeout(timeout, Listing::fetch(peer)).await {
            Ok(Ok(listing)) => self.listed(listing).await,
            Ok(Err(error)) => return Err(Checked::Lost(error)),
            Err(_) => return Err(Checked::Silent),
        }
        tokio::time::sleep(RELIST_PAUSE).await;
        Ok(())
    }

    /// The sentence, with the last line that the process wrote to its standard error.
    fn with_stderr(&self, error: String) -> String {
        match self.upstream.stderr.get().last() {
            Some(line) => format!("{error}; it last wrote: {}", shortened(line)),
            None => error,
        }
    }
}

/// What is to be looked at.
enum Check {
    Tools,
    Life,
}

pub(super) enum Checked {
    Lost(String),
    Silent,
}

pub(super) async fn ping(peer: &Peer<RoleClient>, timeout: Duration) -> Result<(), Checked> {
    use rmcp::service::ServiceError;
    let request = ClientRequest::PingRequest(PingRequest::default());
    match tokio::time::timeout(timeout, peer.send_request(request)).await {
        // A server that knows no ping has answered all the same.
        Ok(Ok(_) | Err(ServiceError::McpError(_) | ServiceError::UnexpectedResponse)) => Ok(()),
        Ok(Err(ServiceError::TransportSend(error))) => Err(Checked::Lost(innermost(&*error.error))),
        Ok(Err(error)) => Err(Checked::Lost(error.to_string())),
        Err(_) => Err(Checked::Silent),
    }
}

fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(BACKOFF_MIN)
        .with_max_delay(BACKOFF_MAX)
        .with_jitter()
        .without_max_times()
        .build()
}
