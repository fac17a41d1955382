//! Figures as Prometheus reads them: the text format of OpenMetrics.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeGaugeValue, MetricEncoder, NoLabelSet, text},
    metrics::MetricType,
    registry::{Registry, Unit},
};

use super::{
    Snapshot,
    histogram::Times,
    snapshot::{MemoryFigures, Permits, Upstream},
};

/// What [`encode`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The labels of a row.
type Labels = Vec<(&'static str, String)>;

/// All of them.
pub fn encode(snapshot: Snapshot) -> String {
    let mut registry = Registry::with_prefix("vesicle");
    registry.register_collector(Box::new(snapshot));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = text::encode(&mut text, &registry);
    text
}

/// Writes families one after the other.
struct Families<'e>(DescriptorEncoder<'e>);

impl Families<'_> {
    fn rows<V>(
        &mut self,
        (name, help, unit): (&str, &str, Option<Unit>),
        kind: MetricType,
        rows: impl IntoIterator<Item = (Labels, V)>,
        write: impl Fn(&mut MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let unit = unit.as_ref();
        let mut metric = self.0.encode_descriptor(name, help, unit, kind)?;
        for (labels, value) in rows {
            match labels.is_empty() {
                true => write(&mut metric, value)?,
                false => write(&mut metric.encode_family(&labels)?, value)?,
            }
        }
        Ok(())
    }

    fn counters(
        &mut self,
        family: (&str, &str, Option<Unit>),
        rows: impl IntoIterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        self.rows(family, MetricType::Counter, rows, |metric, value| {
            metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
        })
    }

    fn gauges<V: EncodeGaugeValue>(
        &mut self,
        family: (&str, &str, Option<Unit>),
        rows: impl IntoIterator<Item = (Labels, V)>,
    ) -> fmt::Result {
        self.rows(family, MetricType::Gauge, rows, |metric, value| {
            metric.encode_gauge(&value)
        })
    }

    fn histograms(
        &mut self,
        family: (&str, &str, Option<Unit>),
        rows: impl IntoIterator<Item = (Labels, Times)>,
    ) -> fmt::Result {
        self.rows(family, MetricType::Histogram, rows, |metric, times| {
            let Times {
                count,
                seconds,
                buckets,
            } = times;
            metric.encode_histogram::<NoLabelSet>(seconds, count, &buckets, None)
        })
    }
}

fn by(label: &'static str, value: impl ToString) -> Labels {
    vec![(label, value.to_string())]
}

impl Collector for Snapshot {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        self.of_executions(&mut families)?;
        self.of_places(&mut families)?;
        self.of_servers(&mut families)?;
        self.of_memories(&mut families)?;
        self.of_http(&mut families)?;
        self.of_process(&mut families)
    }
}

impl Snapshot {
    fn of_executions(&self, families: &mut Families<'_>) -> fmt::Result {
        let executions = self.executions.iter();
        families.counters(
            (
                "executions",
                "Programs and calls of plugins, by what they came to",
                None,
            ),
            executions.map(|(outcome, count)| (by("outcome", outcome), *count)),
        )?;
        let phases = self.phases.iter();
        families.histograms(
            (
                "execution",
                "How long they took: in the queue, checked, instantiated, run, waiting for calls of the host and for all else, and in all",
                Some(Unit::Seconds),
            ),
            phases.map(|(phase, times)| (by("phase", phase), times.clone())),
        )?;
        families.counters(
            (
                "host_calls_denied",
                "Calls of the host that code was not granted",
                None,
            ),
            [(vec![], self.host_calls_denied)],
        )
    }

    fn of_places(&self, families: &mut Families<'_>) -> fmt::Result {
        let permits = |figure: fn(&Permits) -> u64| {
            let rows = self.permits.iter();
            rows.map(move |(of, permits)| (by("of", of), figure(permits)))
        };
        families.gauges(
            (
                "permits_in_use",
                "Executions that run: programs, and what they wait for",
                None,
            ),
            permits(|permits| permits.running.used),
        )?;
        families.gauges(
            ("permits_max", "Executions that may run at once", None),
            permits(|permits| permits.running.total),
        )?;
        families.gauges(
            ("waiting", "Executions that wait for a place", None),
            permits(|permits| permits.waiting.used),
        )?;
        families.gauges(
            (
                "waiting_max",
                "Executions that may wait; further ones are told to come back",
                None,
            ),
            permits(|permits| permits.waiting.total),
        )?;
        families.gauges(
            ("pool_slots_in_use", "Instances in the pool", None),
            [(vec![], self.pool_slots.used)],
        )?;
        families.gauges(
            (
                "pool_slots_max",
                "Instances that the pool has room for",
                None,
            ),
            [(vec![], self.pool_slots.total)],
        )?;
        self.of_workers(families)?;
        let tasks = [
            ("running", self.tasks.running),
            ("kept", self.tasks.kept),
            ("parked", self.tasks.parked),
        ];
        families.gauges(
            (
                "tasks",
                "Calls that outlive their request: tasks that run, tasks whose results are kept, and calls that wait for a person",
                None,
            ),
            tasks.map(|(state, count)| (by("state", state), count)),
        )?;
        let lookups = self.caches.iter().flat_map(|(cache, found)| {
            [("hit", found.hits), ("miss", found.misses)].map(|(result, count)| {
                let labels = vec![
                    ("cache", (*cache).to_owned()),
                    ("result", result.to_owned()),
                ];
                (labels, count)
            })
        });
        families.counters(
            (
                "cache_lookups",
                "Lookups of compiled components, of plugins that are loaded and of results of servers",
                None,
            ),
            lookups,
        )?;
        families.gauges(
            (
                "result_cache",
                "What results of servers take that are kept",
                Some(Unit::Bytes),
            ),
            [(vec![], self.results_bytes)],
        )
    }

    /// Nothing where programs run on threads.
    fn of_workers(&self, families: &mut Families<'_>) -> fmt::Result {
        if self.workers.is_empty() {
            return Ok(());
        }
        let rows = |label, names: &'static [&'static str]| {
            let rows = names.iter().map(move |name| {
                let count = self.workers.get(name).copied().unwrap_or_default();
                (by(label, name), count)
            });
            rows.collect::<Vec<_>>()
        };
        families.gauges(
            ("workers", "Worker processes that are there", None),
            rows("state", &["running", "idle"]),
        )?;
        families.counters(
            (
                "workers_started",
                "Worker processes that were started",
                None,
            ),
            [(
                vec![],
                self.workers.get("started").copied().unwrap_or_default(),
            )],
        )?;
        families.counters(
            ("workers_ended", "Worker processes that ended, by why", None),
            rows("reason", &["retired", "stopped", "failed"]),
        )
    }

    fn of_servers(&self, families: &mut Families<'_>) -> fmt::Result {
        let servers = |figure: fn(&Upstream) -> u64| {
            let rows = self.servers.iter();
            rows.map(move |(server, row)| (by("server", server), figure(row)))
        };
        families.gauges(
            ("upstream_up", "Whether another server is connected", None),
            servers(|server| server.up),
        )?;
        families.gauges(
            ("upstream_in_flight", "Calls that are at a server", None),
            servers(|server| server.in_flight),
        )?;
        let calls = self.servers.iter().flat_map(|(server, row)| {
            row.outcomes.iter().map(move |(outcome, count)| {
                let labels = vec![
                    ("server", server.clone()),
                    ("outcome", (*outcome).to_owned()),
                ];
                (labels, *count)
            })
        });
        families.counters(
            (
                "upstream_calls",
                "Calls of tools of other servers, by what they came to",
                None,
            ),
            calls,
        )?;
        let times = self.servers.iter();
        families.histograms(
            (
                "upstream_call",
                "How long servers took for what they were sent",
                Some(Unit::Seconds),
            ),
            times.map(|(server, row)| (by("server", server), row.latency.clone())),
        )?;
        families.counters(
            (
                "upstream_fallbacks",
                "Calls that something else answered, as the server was not there",
                None,
            ),
            servers(|server| server.fallbacks),
        )?;
        families.counters(
            ("upstream_retries", "Calls that were sent again", None),
            servers(|server| server.retries),
        )
    }

    fn of_memories(&self, families: &mut Families<'_>) -> fmt::Result {
        let memories = |figure: fn(&MemoryFigures) -> u64| {
            let rows = self.memories.iter();
            rows.map(move |(account, row)| (by("account", account), figure(row)))
        };
        families.gauges(
            (
                "memory_up",
                "Whether a memory that is open can be read",
                None,
            ),
            memories(|memory| memory.up),
        )?;
        families.gauges(
            ("memory_episodes", "Episodes that are kept", None),
            memories(|memory| memory.episodes),
        )?;
        families.gauges(
            ("memory_patterns", "Patterns that were learned", None),
            memories(|memory| memory.patterns),
        )?;
        families.gauges(
            (
                "memory_size",
                "What a memory takes on the disk",
                Some(Unit::Bytes),
            ),
            memories(|memory| memory.bytes),
        )?;
        families.gauges(
            (
                "memory_index",
                "What its index takes in memory",
                Some(Unit::Bytes),
            ),
            memories(|memory| memory.index_bytes),
        )?;
        families.counters(
            (
                "memory_fallbacks",
                "Queries for which words alone were searched, as they could not be embedded",
                None,
            ),
            memories(|memory| memory.fallbacks),
        )?;
        let calls = self.memory_tools.iter().flat_map(|(tool, calls)| {
            let succeeded = calls.calls.saturating_sub(calls.errors);
            [("success", succeeded), ("error", calls.errors)].map(|(outcome, count)| {
                let labels = vec![("tool", tool.clone()), ("outcome", outcome.to_owned())];
                (labels, count)
            })
        });
        families.counters(
            ("memory_tool_calls", "Calls of the memory's tools", None),
            calls,
        )
    }

    fn of_http(&self, families: &mut Families<'_>) -> fmt::Result {
        let responses = self.http.responses.iter();
        families.counters(
            ("http_responses", "Answers over HTTP, by status", None),
            responses.map(|(status, count)| (by("status", status), *count)),
        )?;
        let refusals = self.http.refusals.iter();
        families.counters(
            ("refusals", "Requests that were not let in", None),
            refusals.map(|(reason, count)| (by("reason", reason), *count)),
        )?;
        families.gauges(
            ("sessions", "Sessions of MCP that are open", None),
            [(vec![], self.http.sessions)],
        )?;
        families.gauges(
            ("connections", "Connections that are open", None),
            [(vec![], self.http.connections)],
        )
    }

    fn of_process(&self, families: &mut Families<'_>) -> fmt::Result {
        families.gauges(
            ("build_info", "Which version this is", None),
            [(by("version", env!("CARGO_PKG_VERSION")), 1_u64)],
        )?;
        let Some(process) = &self.process else {
            return Ok(());
        };
        let told = |figure: Option<u64>| figure.map(|figure| (vec![], figure));
        families.gauges(
            (
                "process_resident_memory",
                "What of the host is in memory",
                Some(Unit::Bytes),
            ),
            told(process.memory_bytes),
        )?;
        families.gauges(
            (
                "process_open_fds",
                "Files and connections that are open",
                None,
            ),
            told(process.open_files),
        )?;
        families.gauges(
            (
                "process_max_fds",
                "Files and connections that may be open",
                None,
            ),
            told(process.open_files_max),
        )?;
        families.gauges(
            ("process_threads", "Threads of the host", None),
            told(process.threads),
        )?;
        families.rows(
            (
                "process_cpu",
                "Time of processors that the host took",
                Some(Unit::Seconds),
            ),
            MetricType::Counter,
            process.cpu_seconds.map(|seconds| (vec![], seconds)),
            |metric, value| metric.encode_counter::<NoLabelSet, _, u64>(&value, None),
        )?;
        families.gauges(
            (
                "process_start_time",
                "When the host began, since 1970",
                Some(Unit::Seconds),
            ),
            [(vec![], process.began)],
        )
    }
}
