//! Where figures come from: what was counted, and what is asked for when somebody reads.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::Ordering::Relaxed},
    time::Duration,
};

use futures_util::future::{BoxFuture, join_all};
use parking_lot::Mutex;

use super::{
    Metrics, OUTCOMES, PHASES, Part, Process, STATUSES,
    parts::Parts,
    process,
    snapshot::{
        ACCOUNTS_TOLD_MAX, Calls, HitsAndMisses, Http, MemoryFigures, SERVERS_TOLD_MAX, Snapshot,
        Upstream, bounded,
    },
};
use crate::{
    lazy::LazySandbox,
    mcp::{Tasks, ToolCalls},
    memory::LazyMemory,
    tools::Toolbox,
};

/// How long memories may take to say how large they are. One that takes longer is told as not being there.
const MEMORY_READ_MAX: Duration = Duration::from_secs(2);

/// Tells how many sessions are open.
type CountSessions = Box<dyn Fn() -> BoxFuture<'static, usize> + Send + Sync>;

/// All figures of one host. Clones are the same.
#[derive(Clone)]
pub struct Figures(Arc<Inner>);

struct Inner {
    metrics: Metrics,
    toolbox: Toolbox,
    tasks: Tasks,
    parts: Parts,
    /// What has a memory: the host itself, and each account that was seen.
    tenants: Mutex<Vec<Tenant>>,
    sessions: OnceLock<CountSessions>,
}

struct Tenant {
    account: String,
    memory: LazyMemory,
    tools: Arc<ToolCalls>,
}

/// What figures are of.
pub struct Sources {
    /// What is counted.
    pub metrics: Metrics,
    /// Where code runs.
    pub sandbox: LazySandbox,
    /// The other servers.
    pub toolbox: Toolbox,
    /// Calls that outlive the request that made them.
    pub tasks: Tasks,
    /// The memory of all.
    pub memory: LazyMemory,
    /// A directory that has to have room.
    pub data_directory: Option<PathBuf>,
}

impl Figures {
    /// The figures of a host that begins to serve now.
    pub fn new(sources: Sources) -> Self {
        process::begin();
        let Sources {
            metrics,
            sandbox,
            toolbox,
            tasks,
            memory,
            data_directory,
        } = sources;
        Self(Arc::new(Inner {
            metrics,
            toolbox,
            tasks,
            parts: Parts::new(sandbox, memory, data_directory),
            tenants: Mutex::default(),
            sessions: OnceLock::new(),
        }))
    }

    /// Where what happens is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Takes in an account, by its name, or what everybody has, by none; with its memory and the calls of its tools.
    pub fn tell_of(&self, account: Option<&str>, memory: &LazyMemory, tools: &Arc<ToolCalls>) {
        self.0.tenants.lock().push(Tenant {
            account: account.unwrap_or_default().to_owned(),
            memory: memory.clone(),
            tools: tools.clone(),
        });
    }

    /// Has sessions counted by whoever has them.
    pub fn count_sessions(&self, count: CountSessions) {
        // There is one server of HTTP in a process.
        let _ = self.0.sessions.set(count);
    }

    /// How the parts of the host are: the engine, the memory and the disk.
    pub async fn parts(&self) -> Vec<Part> {
        self.0.parts.checked().await
    }

    /// All figures, as they are now. Nothing is opened for it.
    pub async fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot {
            process: Some(Process::now()),
            ..Snapshot::default()
        };
        self.add_counted(&mut snapshot);
        self.add_sandbox(&mut snapshot);
        self.add_servers(&mut snapshot).await;
        self.add_memories(&mut snapshot).await;
        if let Some(count) = self.0.sessions.get() {
            snapshot.http.sessions = count().await as u64;
        }
        snapshot
    }

    fn add_counted(&self, snapshot: &mut Snapshot) {
        let counters = &*self.0.metrics.0;
        let executions = OUTCOMES.into_iter().zip(&counters.executions);
        snapshot.executions = executions
            .map(|(name, n)| (name, n.load(Relaxed)))
            .collect();
        let phases = PHASES.into_iter().zip(&counters.phases);
        snapshot.phases = phases.map(|(name, phase)| (name, phase.times())).collect();
        snapshot.host_calls_denied = counters.denied.load(Relaxed);
        let plugins = HitsAndMisses {
            hits: counters.plugins_kept.load(Relaxed),
            misses: counters.plugins_loaded.load(Relaxed),
        };
        snapshot.caches.insert("plugins", plugins);
        let responses = STATUSES.zip(counters.responses.iter());
        let responses = responses.map(|(status, n)| (status, n.load(Relaxed)));
        snapshot.http = Http {
            responses: responses.filter(|(_, count)| *count > 0).collect(),
            refusals: counters.refusals.lock().clone(),
            sessions: 0,
            connections: counters.connections.load(Relaxed),
        };
    }

    fn add_sandbox(&self, snapshot: &mut Snapshot) {
        let sandbox = self.0.parts.sandbox.made();
        let usage = sandbox.map(|sandbox| sandbox.usage()).unwrap_or_default();
        snapshot.permits = BTreeMap::from([
            ("programs", usage.programs.into()),
            ("nested", usage.nested.into()),
        ]);
        snapshot.pool_slots = usage.pool.into();
        if let Some(workers) = usage.workers {
            snapshot.workers = BTreeMap::from([
                ("running", workers.running),
                ("idle", workers.idle),
                ("started", workers.started),
                ("retired", workers.retired),
                ("stopped", workers.stopped),
                ("failed", workers.failed),
            ]);
        }
        snapshot.tasks = self.0.tasks.counts().into();
        let components = HitsAndMisses {
            hits: usage.compiled.memory + usage.compiled.disk,
            misses: usage.compiled.missed,
        };
        snapshot.caches.insert("components", components);
    }

    async fn add_servers(&self, snapshot: &mut Snapshot) {
        let mut results = HitsAndMisses::default();
        if let (false, Ok(bridge)) = (self.0.toolbox.is_empty(), self.0.toolbox.bridge()) {
            let latencies = bridge.latencies();
            let mut rows = BTreeMap::new();
            for status in bridge.statuses() {
                let counts = &status.counts;
                results.hits += counts.cache_hits;
                results.misses += counts.cache_lookups.saturating_sub(counts.cache_hits);
                let latencies = latencies.get(&status.name).cloned().unwrap_or_default();
                let row = Upstream::of(status.state, status.in_flight, counts, &latencies);
                rows.insert(status.name, row);
            }
            snapshot.servers = bounded(rows, SERVERS_TOLD_MAX);
            snapshot.results_bytes = bridge.cache_size().await.0;
        }
        snapshot.caches.insert("results", results);
    }

    async fn add_memories(&self, snapshot: &mut Snapshot) {
        let mut opened = BTreeMap::new();
        for tenant in &*self.0.tenants.lock() {
            if let Some(memory) = tenant.memory.opened() {
                // The tokens of an account may have several profiles; its memory is one.
                opened.insert(tenant.account.clone(), memory.clone());
            }
            for (tool, calls) in tenant.tools.tools() {
                let told: &mut Calls = snapshot.memory_tools.entry(tool).or_default();
                told.calls += calls.calls;
                told.errors += calls.errors;
            }
        }
        let reading = opened.into_iter().map(async |(account, memory)| {
            let read = tokio::time::timeout(MEMORY_READ_MAX, memory.stats()).await;
            let stats = read.ok().and_then(Result::ok);
            let figures = MemoryFigures::of(stats.as_ref(), memory.fallbacks());
            (account, figures)
        });
        let rows = join_all(reading).await.into_iter().collect();
        snapshot.memories = bounded(rows, ACCOUNTS_TOLD_MAX);
    }
}
