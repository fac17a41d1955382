//! All figures of the host at one moment: what `/metrics` writes out, and what `get_metrics` answers over MCP.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use vesicle_bridge::{Counts, Latencies, State};
use vesicle_memory::memory::Stats;
use vesicle_sandbox::{InUse, Places};

use super::{Process, histogram::Times};
use crate::mcp::TaskCounts;

/// How many servers are told one by one, the first by name; the others are one row, named [`OTHERS`].
pub const SERVERS_TOLD_MAX: usize = 100;
/// The same for accounts.
pub const ACCOUNTS_TOLD_MAX: usize = 100;
/// What stands for those that are not told one by one. No server and no account can have this name.
pub const OTHERS: &str = "(others)";

/// The figures.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Snapshot {
    /// How many programs and calls of plugins came to what.
    pub executions: BTreeMap<&'static str, u64>,
    /// How long they took, by phase.
    pub phases: BTreeMap<&'static str, Times>,
    /// Calls of the host that were not granted.
    pub host_calls_denied: u64,
    /// Places of executions: of programs, and of what they wait for.
    pub permits: BTreeMap<&'static str, Permits>,
    /// Slots of instances in the pool.
    pub pool_slots: Used,
    /// Worker processes, where programs run in such: how many there are, and what became of the others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub workers: BTreeMap<&'static str, u64>,
    /// Calls that outlive the request that made them.
    pub tasks: TaskFigures,
    /// What was found in caches: compiled components, plugins that are loaded, results of servers.
    pub caches: BTreeMap<&'static str, HitsAndMisses>,
    /// What the results that are kept of servers take, in bytes.
    pub results_bytes: u64,
    /// Other servers, by name.
    pub servers: BTreeMap<String, Upstream>,
    /// Memories that are open, by account; under no name that of everybody.
    pub memories: BTreeMap<String, MemoryFigures>,
    /// Calls of the memory's tools.
    pub memory_tools: BTreeMap<String, Calls>,
    /// What there was over HTTP.
    pub http: Http,
    /// What the process takes.
    pub process: Option<Process>,
}

/// How many of a bounded number are in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Used {
    /// How many are.
    pub used: u64,
    /// How many there are.
    pub total: u64,
}

/// Places, and the queue in front of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Permits {
    /// The places.
    pub running: Used,
    /// The queue.
    pub waiting: Used,
}

/// Calls that outlive the request that made them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskFigures {
    /// Tasks that run.
    pub running: u64,
    /// Tasks that have ended, whose results are kept.
    pub kept: u64,
    /// Calls that wait for a person's answer, which comes with another request.
    pub parked: u64,
}

impl From<TaskCounts> for TaskFigures {
    fn from(counts: TaskCounts) -> Self {
        let TaskCounts {
            running,
            kept,
            parked,
        } = counts;
        Self {
            running,
            kept,
            parked,
        }
    }
}

/// How often something was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HitsAndMisses {
    /// How often it was.
    pub hits: u64,
    /// How often it was not.
    pub misses: u64,
}

/// How often a tool was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Calls {
    /// All calls.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
}

/// What is known of another server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Upstream {
    /// How many of it are connected: none, one, or of [`OTHERS`] more.
    pub up: u64,
    /// How many calls are at it now.
    pub in_flight: u64,
    /// What calls came to.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// How long it took for those that it was sent.
    pub latency: Times,
    /// Calls that were answered by something else, as it was not there.
    pub fallbacks: u64,
    /// Calls that were sent again.
    pub retries: u64,
}

/// What a memory has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MemoryFigures {
    /// How many could be read: one or none, or of [`OTHERS`] more.
    pub up: u64,
    /// Episodes.
    pub episodes: u64,
    /// Patterns.
    pub patterns: u64,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
    /// What its index takes in memory, in bytes.
    pub index_bytes: u64,
    /// Queries for which words alone were searched, since they could not be embedded.
    pub fallbacks: u64,
}

/// What there was over HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Http {
    /// Answers, by status.
    pub responses: BTreeMap<u16, u64>,
    /// Requests that were not let in, by reason.
    pub refusals: BTreeMap<&'static str, u64>,
    /// Sessions that are open.
    pub sessions: u64,
    /// Connections that are open.
    pub connections: u64,
}

impl From<InUse> for Used {
    fn from(InUse { used, total }: InUse) -> Self {
        Self { used, total }
    }
}

impl From<Places> for Permits {
    fn from(places: Places) -> Self {
        Self {
            running: places.running.into(),
            waiting: places.waiting.into(),
        }
    }
}

impl Upstream {
    /// What the bridge knows.
    pub fn of(state: State, in_flight: usize, counts: &Counts, latencies: &Latencies) -> Self {
        let outcomes = [
            ("success", counts.succeeded),
            ("denied", counts.denied),
            ("invalid_input", counts.invalid_input),
            ("rate_limited", counts.rate_limited),
            ("unavailable", counts.unavailable),
            ("timeout", counts.timeout),
            ("upstream", counts.upstream),
        ];
        let buckets = latencies.buckets.iter().map(|(bound, count)| {
            let bound = match *bound {
                std::time::Duration::MAX => f64::INFINITY,
                bound => bound.as_secs_f64(),
            };
            (bound, *count)
        });
        Self {
            up: u64::from(state == State::Ready),
            in_flight: in_flight as u64,
            outcomes: BTreeMap::from(outcomes),
            latency: Times {
                count: latencies.buckets.iter().map(|(_, count)| count).sum(),
                seconds: latencies.sum.as_secs_f64(),
                buckets: buckets.collect(),
            },
            fallbacks: counts.fallbacks,
            retries: counts.retries,
        }
    }
}

impl MemoryFigures {
    /// What a memory says; none where it could not be read.
    pub fn of(stats: Option<&Stats>, fallbacks: u64) -> Self {
        let read = |figure: fn(&Stats) -> u64| stats.map_or(0, figure);
        Self {
            up: u64::from(stats.is_some()),
            episodes: read(|stats| stats.episodes),
            patterns: read(|stats| stats.patterns),
            bytes: read(|stats| stats.store.bytes),
            index_bytes: read(|stats| stats.store.index_bytes),
            fallbacks,
        }
    }
}

/// A row that others can be added to.
pub trait Row: Default {
    /// Adds another's figures.
    fn add(&mut self, other: Self);
}

impl Row for Upstream {
    fn add(&mut self, other: Self) {
        self.up += other.up;
        self.in_flight += other.in_flight;
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.latency.count += other.latency.count;
        self.latency.seconds += other.latency.seconds;
        match self.latency.buckets.is_empty() {
            true => self.latency.buckets = other.latency.buckets,
            false => {
                let buckets = self.latency.buckets.iter_mut().zip(other.latency.buckets);
                buckets.for_each(|(own, more)| own.1 += more.1);
            }
        }
        self.fallbacks += other.fallbacks;
        self.retries += other.retries;
    }
}

impl Row for MemoryFigures {
    fn add(&mut self, other: Self) {
        self.up += other.up;
        self.episodes += other.episodes;
        self.patterns += other.patterns;
        self.bytes += other.bytes;
        self.index_bytes += other.index_bytes;
        self.fallbacks += other.fallbacks;
    }
}

/// Rows by name: the first `most`, and what is left in one.
pub fn bounded<R: Row>(rows: BTreeMap<String, R>, most: usize) -> BTreeMap<String, R> {
    let mut told = BTreeMap::new();
    for (at, (name, row)) in rows.into_iter().enumerate() {
        match at < most {
            true => drop(told.insert(name, row)),
            false => told.entry(OTHERS.to_owned()).or_default().add(row),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_told_one_by_one_and_the_rest_together() {
        let rows = |count: usize| {
            let row = |n: usize| {
                let figures = MemoryFigures {
                    up: 1,
                    episodes: 2,
                    ..MemoryFigures::default()
                };
                (format!("account{n:04}"), figures)
            };
            (0..count).map(row).collect::<BTreeMap<_, _>>()
        };
        let most = ACCOUNTS_TOLD_MAX;
        assert_eq!(bounded(rows(most), most), rows(most));
        let told = bounded(rows(most + 3), most);
        assert_eq!(told.len(), most + 1);
        assert_eq!((told[OTHERS].up, told[OTHERS].episodes), (3, 6));
    }

    #[test]
    fn servers_are_added_up_bucket_by_bucket() {
        let counts = Counts {
            succeeded: 2,
            timeout: 1,
            ..Counts::default()
        };
        let latencies = Latencies {
            sum: std::time::Duration::from_secs(1),
            buckets: vec![
                (std::time::Duration::from_secs(1), 2),
                (std::time::Duration::MAX, 1),
            ],
        };
        let one = || Upstream::of(State::Ready, 1, &counts, &latencies);
        let rows = ["a", "b", "c"].map(|name| (name.to_owned(), one()));
        let told = bounded(BTreeMap::from(rows), 1);
        let rest = &told[OTHERS];
        assert_eq!((rest.up, rest.in_flight, rest.latency.count), (2, 2, 6));
        assert_eq!(rest.latency.buckets, [(1.0, 4), (f64::INFINITY, 2)]);
        assert_eq!((rest.outcomes["success"], rest.outcomes["timeout"]), (4, 2));
    }
}
