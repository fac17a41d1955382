//! The MCP server over standard input and output.
//!
//! Three runtimes: guests run on one with a thread for every core, connections to other servers on
//! one with a thread of its own, the protocol on this thread. A
//! guest gives its thread back each millisecond, and the runtime looks at timers and pipes about as
//! often; on a thread of its own a cancellation is read at once.

mod arguments;
mod audit_lines;
mod complete;
mod consent;
mod cut;
mod disconnect;
mod discover;
mod documents;
mod execute;
mod handler;
mod logging;

mod memory;
mod pages;
mod plugins;
mod progress;
mod prompts;
mod resources;
mod revision;
mod rounds;
mod sealing;
mod server;
mod tasks;
mod watching;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use rmcp::{
    RoleServer, ServiceExt as _,
    service::ServerInitializeError,
    transport::{async_rw::AsyncRwTransport, io::stdio_pipes},
};
use tokio::runtime::{Builder, Handle};
use vesicle_sandbox::{Config, State, Transport};

use crate::{
    accounts::Account,
    audit::Audit,
    config::ToolsConfig,
    http::{self, HttpConfig, HttpError, Tenants},
    lazy::LazySandbox,
    limits::Policy,
    live::Live,
    memory::LazyMemory,
    metrics::{Figures, Metrics, Sources},
    plugins::{BareNames, Dispatcher, Parts, Plugins, PluginsConfig, Surroundings},
    secrets::Secrets,
    tools::{self, Toolbox, Trees},
};
use disconnect::{Disconnect, WatchedReader};
pub use memory::{Shown, ToolCalls};
use rounds::Seal;
pub use server::{Kept, OfPlugins, Server, definitions};
use tasks::wire::{Inward, Outward};
pub use tasks::{
    Counts as TaskCounts, Tasks,
    wire::{inward, outward},
};

/// How often others' changes of plugins are looked for, where clients are told of them.
const WATCH_EVERY: Duration = Duration::from_millis(500);
/// How long connections to other servers may take to be dropped, and calls that outlived their requests to end.
const END_WAIT: Duration = Duration::from_secs(1);

/// Why serving ended before the client did.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No threads, or no way to wait for input.
    #[error("cannot start the async runtime")]
    Runtime(#[from] io::Error),
    /// The client did not speak the protocol from the start.
    #[error("the client's first message must be a request, such as `initialize`; it was not")]
    FirstMessage,
    /// There was no agreement on how to go on.
    #[error("the client did not open a session")]
    Session(#[source] Box<ServerInitializeError>),
    /// The other servers cannot be connected to as they are configured.
    #[error("the servers of the configuration cannot be used: {0}")]
    Tools(String),
    /// The connection's task died.
    #[error("the connection failed")]
    Connection(#[source] tokio::task::JoinError),
    /// Tools would have one name.
    #[error("{0}; take a plugin out of `plugins.bare`, or rename a tool")]
    Names(String),
    /// HTTP cannot be served.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// What is served.
pub struct Service {
    /// How the sandbox is set up.
    pub sandbox: Config,
    /// What callers get.
    pub policy: Arc<Policy>,
    /// Where their programs keep what they keep.
    pub state: Arc<dyn State>,
    /// The way to the hosts that they are granted.
    pub hosts: Arc<Transport>,
    /// Where what is run is written to; the caller flushes it.
    pub audit: Audit,
    /// What is taken out of results.
    pub secrets: Secrets,
    /// The other servers whose tools callers may use.
    pub tools: ToolsConfig,
    /// How long a result may be, in bytes, unless its call says otherwise.
    pub result_bytes_max: usize,
    /// The memory of past work.
    pub memory: LazyMemory,
    /// Whether all tools are listed from the start.
    pub lists_all_tools: bool,
    /// Where it is served over HTTP, and to whom; over standard input and output where there is nothing.
    pub http: Option<OverHttp>,
    /// Where plugins are, and what holds for them.
    pub plugins: PluginsConfig,
    /// What calls of plugins may reach.
    pub surroundings: Surroundings,
    /// Whether clients are told of plugins that others add, change and remove.
    pub watches_plugins: bool,
    /// A directory on the disk that has to have room.
    pub data_directory: Option<PathBuf>,
}

/// What is served over HTTP.
pub struct OverHttp {
    /// Where, and how.
    pub config: HttpConfig,
    /// The accounts that the configuration describes.
    pub accounts: Vec<Account>,
    /// What an account has in place of what everybody has.
    pub tenant: Box<dyn Fn(&Account) -> Tenant + Send + Sync>,
    /// Told the URL when clients can connect.
    pub listening: fn(&str),
}

/// What an account has for itself.
pub struct Tenant {
    /// What it gets, under this policy of all.
    pub policy: Box<dyn Fn(&Policy) -> Policy + Send + Sync>,
    /// What its programs keep.
    pub state: Arc<dyn State>,
    /// Its memory of past work.
    pub memory: LazyMemory,
    /// Where its plugins are, and what holds for them.
    pub plugins: PluginsConfig,
    /// What calls of them may reach.
    pub surroundings: Surroundings,
}

/// Serves one client over standard input and output until it closes its end, or many over HTTP until the process is told to
/// end.
pub fn serve(mut service: Service) -> Result<(), ServeError> {
    if let Some(over_http) = &service.http
        && over_http.config.dashboard
    {
        service.audit = service.audit.watched(Live::on());
    }
    let guests = Builder::new_multi_thread()
        .thread_name("guests")
        .enable_all()
        .build()?;
    let protocol = match service.http {
        None => Builder::new_current_thread().enable_all().build()?,
        // Many clients: reading what they send is work for more than one.
        Some(_) => Builder::new_multi_thread()
            .thread_name("protocol")
            .enable_all()
            .build()?,
    };
    // Other servers have a thread of their own: what they send must wait neither for guests that
    // compute nor keep the protocol waiting.
    let upstream = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("servers")
        .enable_all()
        .build()?;
    let toolbox = Toolbox::new(service.tools, upstream.handle().clone());
    let mut policy = service.policy;
    if !toolbox.is_empty() {
        toolbox
            .bridge()
            .map_err(|error| ServeError::Tools(error.to_string()))?;
        policy = with_trees(policy, &toolbox, upstream.handle())?;
        let (toolbox, audit) = (toolbox.clone(), service.audit.clone());
        upstream.spawn(async move {
            if let Ok(bridge) = toolbox.bridge() {
                tools::watch(bridge, &audit).await;
            }
        });
    }

    // Started, not awaited: a client wants its answer to `initialize` now, and compiling the engine
    // can take seconds.
    let sandbox = LazySandbox::new(service.sandbox, guests.handle().clone());
    sandbox.warm_up();

    let metrics = Metrics::default();
    let plugins = of_plugins(
        &service.plugins,
        service.surroundings,
        &sandbox,
        &service.audit,
        &metrics,
    );
    if let Some(plugins) = &plugins {
        no_collisions(plugins)?;
    }
    if let (Some(plugins), true) = (&plugins, service.watches_plugins) {
        let dispatcher = plugins.dispatcher.clone();
        guests.spawn(async move { dispatcher.follow(WATCH_EVERY).await });
    }
    let tasks = Tasks::default();
    let ending = tasks.clone();
    let figures = Figures::new(Sources {
        tasks: tasks.clone(),
        metrics: metrics.clone(),
        sandbox: sandbox.clone(),
        toolbox: toolbox.clone(),
        memory: service.memory.clone(),
        data_directory: service.data_directory,
    });
    let over_http = service.http.as_ref();
    let sharing = over_http.and_then(|over_http| over_http.config.sessions.as_ref());
    let host = Arc::new(Host {
        plugins,
        sandbox,
        toolbox: toolbox.clone(),
        policy,
        state: service.state,
        hosts: service.hosts,
        disconnect: Disconnect::default(),
        audit: service.audit,
        secrets: service.secrets,
        result_bytes_max: service.result_bytes_max,
        memory: memory::Service::new(service.memory, figures.clone(), None),
        lists_all_tools: service.lists_all_tools,
        metrics,
        rounds: Arc::new(Seal::new(sharing)),
        tasks,
        figures,
        account: None,
        is_admins: false,
    });
    let served = match service.http {
        None => protocol.block_on(serve_stdio(host)),
        Some(over_http) => protocol.block_on(serve_http(host, over_http)),
    };
    // What still runs, runs for nobody.
    protocol.block_on(ending.end(END_WAIT));
    guests.shutdown_background();
    protocol.block_on(toolbox.shut_down());
    // With the time to drop what it has on the disk.
    upstream.shutdown_timeout(END_WAIT);
    protocol.shutdown_background();
    served
}

/// What there is of plugins; none where they have no place, or one where others may write.
fn of_plugins(
    config: &PluginsConfig,
    surroundings: Surroundings,
    sandbox: &LazySandbox,
    audit: &Audit,
    metrics: &Metrics,
) -> Option<plugins::Service> {
    let plugins = match Plugins::new(config) {
        Ok(plugins) => plugins,
        Err(error) => {
            tracing::warn!(%error, "there are no plugins");
            return None;
        }
    };
    Some(plugins::Service {
        dispatcher: Dispatcher::new(Parts {
            plugins,
            surroundings,
            sandbox: sandbox.clone(),
            audit: audit.clone(),
            metrics: metrics.clone(),
            bare: BareNames {
                plugins: config.bare.clone().into(),
                reserved: Arc::new(server::own_names().collect()),
            },
        }),
        listed_tools: config.listed_tools,
        saving: config.saving,
        session_idle: config.session_idle,
    })
}

/// Whether all names that should stand alone can.
fn no_collisions(plugins: &plugins::Service) -> Result<(), ServeError> {
    match plugins.dispatcher.collisions() {
        Ok(collisions) if !collisions.is_empty() => Err(ServeError::Names(collisions.join("; "))),
        // What cannot be read is told by calls.
        _ => Ok(()),
    }
}

/// The policy by which code that has files also has `/servers`, which follows the servers.
fn with_trees(policy: Arc<Policy>, toolbox: &Toolbox, runtime: &Handle) -> io::Result<Arc<Policy>> {
    let (trees, granted) = Trees::plant(&policy, toolbox.data_directory())?;
    if trees.is_empty() {
        return Ok(policy);
    }
    let (toolbox, trees) = (toolbox.clone(), Arc::new(trees));
    runtime.spawn(async move {
        let Ok(bridge) = toolbox.bridge() else {
            return;
        };
        let mut changes = bridge.changes();
        loop {
            let (toolbox, trees, catalog) = (toolbox.clone(), trees.clone(), bridge.catalog());
            let grown = tokio::task::spawn_blocking(move || trees.grow(&toolbox, &catalog));
            if grown.await.is_err() || changes.changed().await.is_err() {
                return;
            }
        }
    });
    Ok(Arc::new(granted))
}

/// What the tools of a session share.
struct Host {
    plugins: Option<plugins::Service>,
    sandbox: LazySandbox,
    toolbox: Toolbox,
    policy: Arc<Policy>,
    state: Arc<dyn State>,
    hosts: Arc<Transport>,
    disconnect: Disconnect,
    audit: Audit,
    secrets: Secrets,
    result_bytes_max: usize,
    memory: memory::Service,
    lists_all_tools: bool,
    metrics: Metrics,
    /// What makes sure that calls that are made again are the same.
    rounds: Arc<Seal>,
    /// Calls that outlive the request that made them.
    tasks: Tasks,
    figures: Figures,
    /// Whose calls these are, where there are accounts: each gets its share of the sandbox.
    account: Option<Arc<str>>,
    /// Whether that account sees the whole host.
    is_admins: bool,
}

impl Host {
    /// This host as an account has it.
    fn of(&self, account: &Account, tenant: Tenant) -> Self {
        let plugins = of_plugins(
            &tenant.plugins,
            tenant.surroundings,
            &self.sandbox,
            &self.audit,
            &self.metrics,
        );
        Self {
            plugins,
            sandbox: self.sandbox.clone(),
            toolbox: self.toolbox.clone(),
            policy: Arc::new((tenant.policy)(&self.policy)),
            state: tenant.state,
            hosts: self.hosts.clone(),
            disconnect: Disconnect::default(),
            audit: self.audit.clone(),
            secrets: self.secrets.clone(),
            result_bytes_max: self.result_bytes_max,
            memory: memory::Service::new(tenant.memory, self.figures.clone(), Some(account)),
            lists_all_tools: self.lists_all_tools,
            metrics: self.metrics.clone(),
            rounds: self.rounds.clone(),
            tasks: self.tasks.clone(),
            figures: self.figures.clone(),
            account: Some(account.name.as_str().into()),
            is_admins: account.admin,
        }
    }

    /// What the dashboard shows of it.
    fn seen(&self) -> http::Seen {
        let plugins = self.plugins.as_ref();
        http::Seen::new(
            (self.toolbox.clone(), self.policy.clone()),
            plugins.map(|plugins| plugins.dispatcher.clone()),
            self.memory.lazy().clone(),
            (self.secrets.clone(), self.audit.clone()),
        )
    }
}

async fn serve_http(host: Arc<Host>, over_http: OverHttp) -> Result<(), ServeError> {
    let figures = host.figures.clone();
    let tenant = over_http.tenant;
    let tenants = Tenants {
        audit: host.audit.clone(),
        accounts: over_http.accounts,
        servers: Box::new(move |account| {
            let host = match account {
                None => host.clone(),
                Some(account) => Arc::new(host.of(account, tenant(account))),
            };
            let seen = host.seen();
            (Box::new(move |kept| Server::with(host.clone(), kept)), seen)
        }),
    };
    Ok(http::serve(over_http.config, tenants, figures, over_http.listening).await?)
}

async fn serve_stdio(host: Arc<Host>) -> Result<(), ServeError> {
    let (stdin, stdout) = stdio_pipes();
    let stdin = WatchedReader::new(stdin, host.disconnect.clone());
    let transport = AsyncRwTransport::<RoleServer, _, _>::new(Inward::new(stdin), stdout);
    let transport = Outward(transport);
    let server = Server::new(host);
    let session = match server.serve(transport).await {
        Ok(session) => session,
        // Gone before it said anything: nothing to serve, nothing wrong.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
            return Err(ServeError::FirstMessage);
        }
        Err(error) => return Err(ServeError::Session(Box::new(error))),
    };
    session.waiting().await.map_err(ServeError::Connection)?;
    Ok(())
}
