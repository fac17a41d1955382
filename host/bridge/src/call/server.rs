//! What the calls of one server share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::rate::Rate;
use crate::catalog::CatalogTool;
use crate::config::{Fallback, ServerPolicy};
use crate::connection::Upstream;
use crate::metrics::{Counters, Counts, Latencies};

/// One server, with what its calls share.
#[derive(Debug)]
pub struct Server {
    /// The connection.
    pub upstream: Arc<Upstream>,
    /// Counts up with each call that may change something.
    pub(super) generation: AtomicU64,
    tools: Mutex<HashMap<String, Arc<ToolState>>>,
    pub(super) total: Counters,
}

/// What the calls of one tool share, whatever becomes of its definition.
#[derive(Debug)]
pub(super) struct ToolState {
    pub(super) rate: Rate,
    pub(super) counters: Counters,
}

/// What of the policy holds for one tool.
pub(super) struct ToolPolicy<'a> {
    pub(super) call_timeout: Duration,
    /// Zero where results are not used again.
    pub(super) cache_ttl: Duration,
    pub(super) changes_nothing: bool,
    pub(super) may_repeat: bool,
    pub(super) fallback: &'a Fallback,
}

impl Server {
    /// One that was never called.
    pub fn new(upstream: Arc<Upstream>) -> Self {
        Self {
            upstream,
            generation: AtomicU64::new(0),
            tools: Mutex::default(),
            total: Counters::default(),
        }
    }

    /// The counters, in total and by tool.
    pub fn counts(&self) -> (Counts, Vec<(String, Counts)>) {
        let tools = self
            .tools
            .lock()
            .iter()
            .map(|(name, state)| (name.clone(), state.counters.counts()))
            .collect();
        (self.total.counts(), tools)
    }

    /// How long it took for each call that it was sent.
    pub fn latencies(&self) -> Latencies {
        self.total.latencies()
    }

    pub(super) fn policy(&self) -> &ServerPolicy {
        &self.upstream.config.policy
    }

    pub(super) fn name(&self) -> &str {
        self.upstream.config.name.as_str()
    }

    /// What the calls of a tool share; only ever asked for tools of the catalog, so that it is bounded.
    pub(super) fn state(&self, tool: &str) -> Arc<ToolState> {
        let mut tools = self.tools.lock();
        if let Some(state) = tools.get(tool) {
            return Arc::clone(state);
        }
        let policy = self.policy();
        let per_minute = policy
            .overridden(tool, |rule| rule.calls_per_minute)
            .unwrap_or(policy.calls_per_minute);
        let state = Arc::new(ToolState {
            rate: Rate::new(per_minute),
            counters: Counters::default(),
        });
        tools.insert(tool.to_owned(), Arc::clone(&state));
        state
    }

    pub(super) fn policy_of(&self, tool: &CatalogTool) -> ToolPolicy<'_> {
        let policy = self.policy();
        let name = tool.name();
        let configured_ttl = policy.overridden(name, |rule| rule.cache_ttl);
        let changes_nothing =
            tool.is_read_only() || configured_ttl.is_some_and(|ttl| !ttl.is_zero());
        let cache_ttl = if changes_nothing {
            configured_ttl.unwrap_or(policy.cache_ttl)
        } else {
            Duration::ZERO
        };
        let idempotent = policy
            .overridden(name, |rule| rule.idempotent)
            .unwrap_or_else(|| tool.is_idempotent());
        ToolPolicy {
            call_timeout: policy
                .overridden(name, |rule| rule.call_timeout)
                .unwrap_or(policy.call_timeout),
            cache_ttl,
            changes_nothing,
            may_repeat: changes_nothing || idempotent,
            fallback: policy
                .overridden(name, |rule| rule.fallback.as_ref())
                .unwrap_or(&policy.fallback),
        }
    }
}

/// A call that may change something, from before it begins until after it ended, however it ended.
pub(super) struct Change<'a>(&'a AtomicU64);

impl<'a> Change<'a> {
    pub(super) fn begin(generation: &'a AtomicU64) -> Self {
        generation.fetch_add(1, Ordering::AcqRel);
        Self(generation)
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
