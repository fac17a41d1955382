//! The bridge itself: all servers, one catalog, and the way to call.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::RwLock;
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::call::{Call, CallReply, Caller, Results, Server};
use crate::catalog::{Catalog, CatalogServer, Source};
use crate::config::{BridgeConfig, BridgeLimits, InvalidPolicy, ServerName};
use crate::connection::{Events, Listing, LoginError, Upstream, supervise};
use crate::error::ToolError;
use crate::listings::Listings;
use crate::metrics::{Latencies, ServerMetrics};
use crate::pins::Pins;
use crate::status::ServerStatus;
use crate::trace::CurrentTrace;

/// Connections to other MCP servers, and the policy that calls of them go through. Clones are the same bridge; when the
/// last one is dropped, the connections end.
#[derive(Debug, Clone)]
pub struct Bridge {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    servers: HashMap<String, Arc<Server>>,
    catalog: RwLock<Arc<Catalog>>,
    changes: watch::Sender<u64>,
    pins: Pins,
    listings: Listings,
    results: Results,
    trace: Option<CurrentTrace>,
    stop: CancellationToken,
    tasks: TaskTracker,
    _ends_with_this: DropGuard,
}

/// The bridge cannot be started as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A server's policy is impossible.
    #[error("server `{0}`: {1}")]
    Policy(ServerName, InvalidPolicy),
    /// A bound for all servers is impossible.
    #[error("`cache_bytes` is {0}, and may be up to {max}", max = BridgeLimits::CACHE_BYTES_MAX)]
    CacheBytes(u64),
    /// Two servers are named alike.
    #[error("the servers `{0}` and `{1}` could be taken for each other: rename one of them")]
    Alike(ServerName, ServerName),
    /// What was approved cannot be known.
    #[error("{0}")]
    Pins(#[source] io::Error),
}

/// The approval was not given.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// There is no such server.
    #[error("there is no server `{0}`")]
    NoServer(String),
    /// It has no such tool.
    #[error("the server `{0}` has no tool `{1}`")]
    NoTool(String, String),
    /// It could not be written down.
    #[error("the approval holds for this run only, since it cannot be written down: {0}")]
    NotKept(#[source] io::Error),
}

impl Bridge {
    /// Starts to connect to all servers, and returns without waiting for any of them.
    ///
    /// The connections live on the tokio runtime that this is called on. Calls may be made on another.
    pub fn start(config: BridgeConfig) -> Result<Self, StartError> {
        check(&config)?;
        crate::connection::install_tls();
        let directory = config.data_directory.as_deref();
        let pins = Pins::open(directory).map_err(StartError::Pins)?;
        let listings = Listings::open(directory);
        let catalog = kept(&config, &pins, &listings);
        let known: Vec<_> = (catalog.servers().iter())
            .map(|server| (server.name.clone(), server.source == Source::Disk))
            .collect();
        let mut servers = HashMap::new();
        for server in config.servers {
            servers.insert(
                server.name.to_string(),
                Arc::new(Server::new(Upstream::new(
                    server,
                    config.data_directory.clone(),
                ))),
            );
        }
        let stop = CancellationToken::new();
        let inner = Arc::new(Inner {
            servers,
            changes: watch::Sender::new(catalog.version),
            catalog: RwLock::new(Arc::new(catalog)),
            pins,
            listings,
            results: Results::new(config.limits.cache_bytes),
            trace: config.trace,
            _ends_with_this: stop.clone().drop_guard(),
            stop,
            tasks: TaskTracker::new(),
        });
        for (name, known) in known {
            if let Some(server) = inner.servers.get(name.as_str()) {
                let events = Arc::new(ServerEvents {
                    bridge: Arc::downgrade(&inner),
                    name,
                });
                let upstream = Arc::clone(&server.upstream);
                inner
                    .tasks
                    .spawn(supervise(upstream, known, events, inner.stop.child_token()));
            }
        }
        Ok(Self { inner })
    }

    /// All servers and tools, as far as they are known from earlier times. Starts nothing.
    ///
    /// # Errors
    /// As for [`Bridge::start`].
    pub fn kept(config: &BridgeConfig) -> Result<Catalog, StartError> {
        check(config)?;
        let directory = config.data_directory.as_deref();
        let pins = Pins::open(directory).map_err(StartError::Pins)?;
        Ok(kept(config, &pins, &Listings::open(directory)))
    }

    /// All servers and tools, as they are known now. Costs next to nothing.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.inner.catalog()
    }

    /// The version of the catalog, whenever it changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Calls a tool. Dropping the future gives the call up, and tells the server.
    pub async fn call(
        &self,
        caller: &Caller,
        server: &str,
        tool: &str,
        arguments: &RawValue,
    ) -> Result<CallReply, ToolError> {
        let call = Call {
            caller,
            server,
            tool,
            arguments,
            servers: &self.inner.servers,
            results: &self.inner.results,
            catalog: &|| self.inner.catalog(),
            trace: self.inner.trace,
        };
        call.make().await
    }

    /// Waits until each server that is connected to at the start has been reached or has failed once, but not longer
    /// than this.
    pub async fn settled(&self, wait: Duration) {
        let all = async {
            for server in self.inner.servers.values() {
                server.upstream.settled().await;
            }
        };
        drop(tokio::time::timeout(wait, all).await);
    }

    /// Connects to this server, or to all, and tells how long each takes to answer a ping. Those that are not there
    /// within `wait`, or failed, are left out.
    pub async fn answers(
        &self,
        server: Option<&str>,
        wait: Duration,
    ) -> BTreeMap<String, Duration> {
        let chosen = self.inner.servers.iter();
        let asked = chosen
            .filter(|(name, _)| server.is_none_or(|only| only == name.as_str()))
            .map(|(name, server)| async move {
                Some((name.clone(), server.upstream.answers(wait).await?))
            });
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// How each server stands, by name.
    pub fn statuses(&self) -> Vec<ServerStatus> {
        let catalog = self.catalog();
        let status = |entry: &Arc<CatalogServer>| {
            let server = self.inner.servers.get(entry.name.as_str())?;
            Some(ServerStatus::of(entry, server))
        };
        catalog.servers().iter().filter_map(status).collect()
    }

    /// What calls came to, by server.
    pub fn metrics(&self) -> BTreeMap<String, ServerMetrics> {
        let metrics = |(name, server): (&String, &Arc<Server>)| {
            let (total, tools) = server.counts();
            let tools = tools.into_iter().collect();
            (name.clone(), ServerMetrics { total, tools })
        };
        self.inner.servers.iter().map(metrics).collect()
    }

    /// How long each server took for the calls that it was sent, by server.
    pub fn latencies(&self) -> BTreeMap<String, Latencies> {
        let servers = self.inner.servers.iter();
        servers
            .map(|(name, server)| (name.clone(), server.latencies()))
            .collect()
    }

    /// How many bytes the cache of results holds, and how many results.
    pub async fn cache_size(&self) -> (u64, u64) {
        self.inner.results.size().await
    }

    /// Approves what a server says now of these tools, or of all that are held back. Tells which were approved.
    pub fn approve(
        &self,
        server: &str,
        tools: Option<&[&str]>,
    ) -> Result<Vec<String>, ApproveError> {
        let mut catalog = self.inner.catalog.write();
        let entry = catalog
            .server(server)
            .ok_or_else(|| ApproveError::NoServer(server.to_owned()))?;
        let chosen: Vec<_> = match tools {
            None => entry.held().collect(),
            Some(names) => names
                .iter()
                .map(|name| {
                    entry
                        .tool(name)
                        .ok_or_else(|| ApproveError::NoTool(server.to_owned(), (*name).to_owned()))
                })
                .collect::<Result<_, _>>()?,
        };
        let chosen: Vec<_> = chosen
            .into_iter()
            .map(|tool| (tool.name().to_owned(), tool.digest))
            .collect();
        let kept = self.inner.pins.approve(server, &chosen);
        let next = catalog.with(entry.judged_again(&self.inner.pins));
        self.inner.publish(&mut catalog, next);
        kept.map_err(ApproveError::NotKept)?;
        Ok(chosen.into_iter().map(|(name, _)| name).collect())
    }

    /// Logs in to a server that asks for it. `open` is handed the address that a person has to open in a browser.
    ///
    /// Waits for the person, [`LOGIN_TIMEOUT`](crate::LOGIN_TIMEOUT) at most. The login is kept and renewed by itself.
    pub async fn login(&self, server: &str, open: impl FnOnce(&str)) -> Result<(), LoginError> {
        let known = self
            .inner
            .servers
            .get(server)
            .ok_or_else(|| LoginError::NoServer(server.to_owned()))?;
        known.upstream.login(open).await
    }

    /// Ends all connections and waits for them: some seconds at most for processes that do not want to.
    pub async fn shut_down(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

impl Inner {
    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read())
    }

    fn publish(&self, place: &mut Arc<Catalog>, next: Catalog) {
        let version = next.version;
        *place = Arc::new(next);
        self.changes.send_replace(version);
    }

    fn listed(&self, name: &ServerName, listing: Listing) {
        if let Some(server) = self.servers.get(name.as_str()) {
            self.listings.put(&server.upstream.config, &listing);
        }
        let mut catalog = self.catalog.write();
        let before = catalog.server(name.as_str()).cloned();
        let entry = CatalogServer::new(
            name.clone(),
            listing,
            Source::Server,
            &self.pins,
            before.as_deref(),
        );
        if before.is_some_and(|before| before.says_the_same(&entry)) {
            return;
        }
        let next = catalog.with(entry);
        self.publish(&mut catalog, next);
    }
}

/// Carries what one supervisor has to tell. It must not keep the bridge alive.
struct ServerEvents {
    bridge: Weak<Inner>,
    name: ServerName,
}

impl Events for ServerEvents {
    fn listed(&self, listing: Listing) {
        if let Some(bridge) = self.bridge.upgrade() {
            bridge.listed(&self.name, listing);
        }
    }
}

fn kept(config: &BridgeConfig, pins: &Pins, listings: &Listings) -> Catalog {
    let mut catalog = Catalog::unknown(config.servers.iter().map(|server| server.name.clone()));
    for server in &config.servers {
        if let Some(listing) = listings.get(server) {
            let entry = CatalogServer::new(server.name.clone(), listing, Source::Disk, pins, None);
            catalog = catalog.with(entry);
        }
    }
    catalog
}

fn check(config: &BridgeConfig) -> Result<(), StartError> {
    let bytes = config.limits.cache_bytes;
    if bytes > BridgeLimits::CACHE_BYTES_MAX {
        return Err(StartError::CacheBytes(bytes));
    }
    let mut likenesses = HashMap::new();
    for server in &config.servers {
        server
            .policy
            .check()
            .map_err(|error| StartError::Policy(server.name.clone(), error))?;
        if let Some(other) = likenesses.insert(server.name.likeness(), &server.name) {
            return Err(StartError::Alike(other.clone(), server.name.clone()));
        }
    }
    Ok(())
}
