//! The bridge, started when it is first needed, and what the server adds to it: an index for search,
//! and what is learned from calls.

use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use vesicle_bridge::{
    AskConsent, Bridge, BridgeConfig, Caller, Catalog, Decision, Source, StartError,
    observed::Observed,
    search::{Index, Query},
    typescript::Typed,
};

use super::{Granted, memory::Memory};
use crate::{config::ToolsConfig, limits::Profile};

/// How long whoever looks for tools waits for a server of which nothing is known yet.
const LISTING_WAIT: Duration = Duration::from_secs(3);
/// How long servers may take to end.
const END_WAIT: Duration = Duration::from_secs(5);
/// How long what was learned may be lost with the process that learned it.
const KEEP_PAUSE: Duration = Duration::from_secs(2);
/// How many hits are looked through for those that are granted.
const CANDIDATES: usize = 100;

/// Tools of other servers. Clones are the same one.
#[derive(Clone)]
pub struct Toolbox(Arc<Inner>);

struct Inner {
    config: BridgeConfig,
    runtime: Handle,
    bridge: OnceLock<Result<Bridge, StartError>>,
    consent_timeout: Duration,
    notes: Vec<String>,
    index: Mutex<Option<(u64, Arc<Index>)>>,
    memory: Memory,
    /// Whether what was learned is about to be written.
    is_keeping: AtomicBool,
}

impl Toolbox {
    /// The servers of `config`. Nothing is started; connections will live on `runtime`.
    pub fn new(config: ToolsConfig, runtime: Handle) -> Self {
        for note in &config.notes {
            tracing::warn!("{note}");
        }
        let memory = Memory::new(config.bridge.data_directory.as_deref());
        Self(Arc::new(Inner {
            config: config.bridge,
            runtime,
            bridge: OnceLock::new(),
            consent_timeout: config.consent_timeout,
            notes: config.notes,
            index: Mutex::default(),
            memory,
            is_keeping: AtomicBool::new(false),
        }))
    }

    /// Whether there are no servers at all.
    pub fn is_empty(&self) -> bool {
        self.0.config.servers.is_empty()
    }

    /// Whether there is a server of this name.
    pub fn has_server(&self, name: &str) -> bool {
        let mut servers = self.0.config.servers.iter();
        servers.any(|server| server.name.as_str() == name)
    }

    /// How long a person may take to answer.
    pub fn consent_timeout(&self) -> Duration {
        self.0.consent_timeout
    }

    /// The bridge. Starts to connect where nobody did, and does not wait.
    ///
    /// # Errors
    /// The configuration is one that no bridge can have.
    pub fn bridge(&self) -> Result<&Bridge, &StartError> {
        let start = || {
            let _entered = self.0.runtime.enter();
            Bridge::start(self.0.config.clone())
        };
        self.0.bridge.get_or_init(start).as_ref()
    }

    /// What is wrong with servers that are not there.
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// The tools as this profile may use them. `consent` is who is asked where the profile says so.
    pub fn granted(&self, profile: &Profile, consent: Option<Arc<dyn AskConsent>>) -> Granted {
        let caller = Caller {
            consent,
            consent_timeout: self.0.consent_timeout,
            ..Caller::new(
                format!("the profile `{}`", profile.name),
                profile.tools.grants().clone(),
            )
        };
        Granted::new(self.clone(), caller)
    }

    /// Ends all connections, and waits for it some seconds at most.
    pub async fn shut_down(&self) {
        if let Some(Ok(bridge)) = self.0.bridge.get() {
            // What does not end by then gets its signal when this process ends.
            drop(tokio::time::timeout(END_WAIT, bridge.shut_down()).await);
        }
        self.0.memory.keep();
    }

    /// Has what was learned written down, some time after the first of it.
    pub(super) fn keep_soon(&self) {
        if !self.0.memory.is_ahead() || self.0.is_keeping.swap(true, Ordering::AcqRel) {
            return;
        }
        let inner = Arc::clone(&self.0);
        self.0.runtime.spawn(async move {
            tokio::time::sleep(KEEP_PAUSE).await;
            inner.is_keeping.store(false, Ordering::Release);
            let keep = move || inner.memory.keep();
            drop(tokio::task::spawn_blocking(keep).await);
        });
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    /// Where what has to last is kept.
    pub fn data_directory(&self) -> Option<&Path> {
        self.0.config.data_directory.as_deref()
    }

    /// The catalog as it is known from earlier times. Only a server that was never listed is connected
    /// to and waited for, and only if `all` have to be in it.
    ///
    /// # Errors
    /// There can be no bridge.
    pub async fn kept_catalog(&self, all: bool) -> Result<Arc<Catalog>, String> {
        let kept = Bridge::kept(&self.0.config).map_err(|error| error.to_string())?;
        let mut servers = kept.servers().iter();
        if !all || servers.all(|server| server.source != Source::Unknown) {
            return Ok(Arc::new(kept));
        }
        let bridge = self.bridge().map_err(ToString::to_string)?;
        bridge.settled(LISTING_WAIT).await;
        Ok(bridge.catalog())
    }

    /// The catalog. Where nothing is known yet of `server`, or of any server if none is given, it is
    /// waited for, but not for long.
    ///
    /// # Errors
    /// There is no bridge.
    pub async fn catalog(&self, server: Option<&str>) -> Result<Arc<Catalog>, &StartError> {
        let bridge = self.bridge()?;
        let is_known = |catalog: &Catalog| match server {
            Some(name) => catalog
                .server(name)
                .is_none_or(|server| server.source != Source::Unknown),
            None => catalog
                .servers()
                .iter()
                .any(|server| server.source != Source::Unknown),
        };
        let mut changes = bridge.changes();
        let known =
            async { while !is_known(&bridge.catalog()) && changes.changed().await.is_ok() {} };
        tokio::select! {
            () = known => {}
            // Whatever failed will not be listed any more.
            () = bridge.settled(LISTING_WAIT) => {}
        }
        Ok(bridge.catalog())
    }

    /// The tools for a task in plain words that `caller` may call, best first: servers and names.
    pub fn search(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        query: Query<'_>,
    ) -> Vec<(String, String)> {
        let index = self.index(catalog);
        let limit = query.limit;
        let query = Query {
            limit: CANDIDATES,
            ..query
        };
        let hits = self
            .0
            .memory
            .with_usage(|usage| index.search(&query, usage));
        hits.into_iter()
            .filter(|hit| caller.grants.decide(hit.server, hit.tool) != Decision::Deny)
            .take(limit)
            .map(|hit| (hit.server.to_owned(), hit.tool.to_owned()))
            .collect()
    }

    fn index(&self, catalog: &Catalog) -> Arc<Index> {
        let mut kept = self.0.index.lock();
        if let Some((version, index)) = &*kept
            && *version == catalog.version
        {
            return Arc::clone(index);
        }
        let tools = catalog.tools();
        let index =
            Index::new(tools.map(|(server, tool)| (server.name.as_str(), &tool.definition)));
        let index = Arc::new(index);
        *kept = Some((catalog.version, Arc::clone(&index)));
        index
    }

    /// What results of a tool looked like, if any were seen, by this process or another.
    pub fn shape(&self, server: &str, tool: &str) -> Option<Observed> {
        self.0.memory.shape(&format!("{server}.{tool}"))
    }

    /// The tool with its types, as far as they are known.
    pub fn typed<'t>(&self, server: &'t str, definition: &'t rmcp::model::Tool) -> Typed<'t> {
        let observed = self.shape(server, &definition.name);
        Typed::new(server, definition, observed.as_ref())
    }
}
