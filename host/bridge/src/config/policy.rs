//! What calls of a server may cost, with defaults that fit most servers and ceilings that hold for all.

use std::time::Duration;

use globset::{Glob, GlobMatcher};
use serde_json::Value;

/// Bounds for all servers together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeLimits {
    /// What all cached results take together, in bytes: 64 MB.
    pub cache_bytes: u64,
}

impl BridgeLimits {
    /// The most that cached results may take, in bytes.
    pub const CACHE_BYTES_MAX: u64 = 1 << 30;
}

impl Default for BridgeLimits {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
        }
    }
}

/// When a server is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// With the bridge, beside all others.
    #[default]
    Eager,
    /// With the first call. Until then its tools are those of the last time, if they are kept on disk; a server of
    /// which nothing is known yet is connected to once, to learn them.
    Lazy,
}

/// What a call answers when its server cannot be reached or does not answer in time.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Fallback {
    /// The error.
    #[default]
    Error,
    /// The last result of the same call that is still in the cache, marked as stale.
    Stale,
    /// This value, marked as a fallback.
    Static(Value),
}

/// What calls of one server may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerPolicy {
    /// When it is connected to: at the start.
    pub start: Start,
    /// How long connecting and listing tools may take: 60 s, since `npx` may download first.
    pub startup_timeout: Duration,
    /// How long a call may take: 60 s.
    pub call_timeout: Duration,
    /// How many calls may be at the server at once: 16.
    pub concurrency: usize,
    /// How long a call waits for a place among them, and for a server that is starting: 10 s.
    pub wait: Duration,
    /// How often each tool may be called in a minute: 100.
    pub calls_per_minute: u32,
    /// How large arguments may be, as JSON, in bytes: 1 MB.
    pub argument_bytes: usize,
    /// How large a result may be, as JSON, in bytes: 4 MB.
    pub result_bytes: usize,
    /// How large one message of the server may be on the wire, in bytes: 8 MB. HTTP bodies that are no streams have
    /// the bound of the MCP SDK, 16 MB.
    pub message_bytes: usize,
    /// How often a call is tried again, where that is safe: 2 times.
    pub retries: u32,
    /// How long results of read-only tools are used again: 30 s. Zero turns the cache off.
    pub cache_ttl: Duration,
    /// What is answered when the server is down: the error.
    pub fallback: Fallback,
    /// How often a silent connection is checked: every 30 s.
    pub ping_interval: Duration,
    /// Exceptions for tools, by name; of several that match, the later one wins in what it sets.
    pub tools: Vec<ToolOverride>,
}

/// What is different for some tools of a server. What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ToolOverride {
    /// Which tools.
    pattern: Option<GlobMatcher>,
    /// How long a call may take.
    pub call_timeout: Option<Duration>,
    /// How often it may be called in a minute.
    pub calls_per_minute: Option<u32>,
    /// How long its results are used again. Also for tools that do not say that they are read-only, which this
    /// declares them to be. Zero turns the cache off.
    pub cache_ttl: Option<Duration>,
    /// Whether calling it twice does no more than calling it once, so that it may be tried again.
    pub idempotent: Option<bool>,
    /// What is answered when the server is down.
    pub fallback: Option<Fallback>,
}

/// The policy has a value that it cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is {value}, and may be from {least} to {most}")]
pub struct InvalidPolicy {
    /// The field.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// The least it may be.
    pub least: String,
    /// The most it may be.
    pub most: String,
}

impl Default for ServerPolicy {
    fn default() -> Self {
        Self {
            start: Start::Eager,
            startup_timeout: Duration::from_secs(60),
            call_timeout: Duration::from_secs(60),
            concurrency: 16,
            wait: Duration::from_secs(10),
            calls_per_minute: 100,
            argument_bytes: 1 << 20,
            result_bytes: 4 << 20,
            message_bytes: 8 << 20,
            retries: 2,
            cache_ttl: Duration::from_secs(30),
            fallback: Fallback::Error,
            ping_interval: Duration::from_secs(30),
            tools: Vec::new(),
        }
    }
}

impl ServerPolicy {
    /// The longest that connecting, a call or a wait may take.
    pub const TIMEOUT_MAX: Duration = Duration::from_secs(3_600);
    /// The most calls at one server at once.
    pub const CONCURRENCY_MAX: usize = 256;
    /// The most calls of a tool in a minute.
    pub const CALLS_PER_MINUTE_MAX: u32 = 1_000_000;
    /// The largest arguments, results and messages, in bytes.
    pub const BYTES_MAX: usize = 64 << 20;
    /// The most repetitions of a call.
    pub const RETRIES_MAX: u32 = 10;
    /// The longest that results are used again.
    pub const CACHE_TTL_MAX: Duration = Duration::from_secs(86_400);

    /// Whether every value is one that it can have.
    pub fn check(&self) -> Result<(), InvalidPolicy> {
        let time = Duration::from_millis(1)..=Self::TIMEOUT_MAX;
        let bytes = 1..=Self::BYTES_MAX;
        range("startup_timeout", self.startup_timeout, &time)?;
        range("call_timeout", self.call_timeout, &time)?;
        range("wait", self.wait, &(Duration::ZERO..=Self::TIMEOUT_MAX))?;
        range("ping_interval", self.ping_interval, &time)?;
        range(
            "concurrency",
            self.concurrency,
            &(1..=Self::CONCURRENCY_MAX),
        )?;
        range(
            "calls_per_minute",
            self.calls_per_minute,
            &(1..=Self::CALLS_PER_MINUTE_MAX),
        )?;
        range("argument_bytes", self.argument_bytes, &bytes)?;
        range("result_bytes", self.result_bytes, &bytes)?;
        range("message_bytes", self.message_bytes, &bytes)?;
        range("retries", self.retries, &(0..=Self::RETRIES_MAX))?;
        range(
            "cache_ttl",
            self.cache_ttl,
            &(Duration::ZERO..=Self::CACHE_TTL_MAX),
        )?;
        for tool in &self.tools {
            if let Some(timeout) = tool.call_timeout {
                range("call_timeout", timeout, &time)?;
            }
            if let Some(calls) = tool.calls_per_minute {
                range("calls_per_minute", calls, &(1..=Self::CALLS_PER_MINUTE_MAX))?;
            }
            if let Some(ttl) = tool.cache_ttl {
                range("cache_ttl", ttl, &(Duration::ZERO..=Self::CACHE_TTL_MAX))?;
            }
        }
        Ok(())
    }

    /// What the overrides say of this tool, the later before the earlier.
    pub(crate) fn overridden<'a, T>(
        &'a self,
        tool: &str,
        field: impl Fn(&'a ToolOverride) -> Option<T>,
    ) -> Option<T> {
        self.tools
            .iter()
            .rev()
            .filter(|rule| rule.matches(tool))
            .find_map(field)
    }
}

impl ToolOverride {
    /// An override for the tools whose names match this glob, which changes nothing yet.
    pub fn new(pattern: &str) -> Result<Self, globset::Error> {
        Ok(Self {
            pattern: Some(Glob::new(pattern)?.compile_matcher()),
            ..Self::default()
        })
    }

    fn matches(&self, tool: &str) -> bool {
        self.pattern
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(tool))
    }
}

impl PartialEq for ToolOverride {
    fn eq(&self, other: &Self) -> bool {
        let glob = |rule: &Self| {
            rule.pattern
                .as_ref()
                .map(|pattern| pattern.glob().glob().to_owned())
        };
        glob(self) == glob(other)
            && self.call_timeout == other.call_timeout
            && self.calls_per_minute == other.calls_per_minute
            && self.cache_ttl == other.cache_ttl
            && self.idempotent == other.idempotent
            && self.fallback == other.fallback
    }
}

fn range<T: PartialOrd + std::fmt::Debug>(
    key: &'static str,
    value: T,
    allowed: &std::ops::RangeInclusive<T>,
) -> Result<(), InvalidPolicy> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(InvalidPolicy {
        key,
        value: format!("{value:?}"),
        least: format!("{:?}", allowed.start()),
        most: format!("{:?}", allowed.end()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_allowed_and_the_edges_are() {
        assert_eq!(ServerPolicy::default().check(), Ok(()));
        let with = |change: &dyn Fn(&mut ServerPolicy)| {
            let mut policy = ServerPolicy::default();
            change(&mut policy);
            policy.check().map_err(|error| error.key)
        };
        assert_eq!(
            with(&|p| p.concurrency = ServerPolicy::CONCURRENCY_MAX),
            Ok(())
        );
        assert_eq!(
            with(&|p| p.concurrency = ServerPolicy::CONCURRENCY_MAX + 1),
            Err("concurrency")
        );
        assert_eq!(with(&|p| p.concurrency = 0), Err("concurrency"));
        assert_eq!(
            with(&|p| p.call_timeout = ServerPolicy::TIMEOUT_MAX),
            Ok(())
        );
        assert_eq!(
            with(&|p| p.call_timeout = ServerPolicy::TIMEOUT_MAX * 2),
            Err("call_timeout")
        );
        assert_eq!(
            with(&|p| p.call_timeout = Duration::ZERO),
            Err("call_timeout")
        );
        assert_eq!(
            with(&|p| p.calls_per_minute = ServerPolicy::CALLS_PER_MINUTE_MAX + 1),
            Err("calls_per_minute")
        );
        assert_eq!(
            with(&|p| p.argument_bytes = ServerPolicy::BYTES_MAX + 1),
            Err("argument_bytes")
        );
        assert_eq!(
            with(&|p| p.retries = ServerPolicy::RETRIES_MAX + 1),
            Err("retries")
        );
        assert_eq!(
            with(&|p| p.cache_ttl = ServerPolicy::CACHE_TTL_MAX * 2),
            Err("cache_ttl")
        );
        assert_eq!(
            with(&|p| {
                let mut rule = ToolOverride::new("get_*").unwrap();
                rule.calls_per_minute = Some(0);
                p.tools.push(rule);
            }),
            Err("calls_per_minute")
        );
    }

    #[test]
    fn later_overrides_win_in_what_they_set() {
        let mut all = ToolOverride::new("*").unwrap();
        all.calls_per_minute = Some(5);
        all.idempotent = Some(true);
        let mut some = ToolOverride::new("get_*").unwrap();
        some.calls_per_minute = Some(7);
        let policy = ServerPolicy {
            tools: vec![all, some],
            ..ServerPolicy::default()
        };
        assert_eq!(
            policy.overridden("get_x", |rule| rule.calls_per_minute),
            Some(7)
        );
        assert_eq!(
            policy.overridden("put_x", |rule| rule.calls_per_minute),
            Some(5)
        );
        assert_eq!(
            policy.overridden("get_x", |rule| rule.idempotent),
            Some(true)
        );
        assert_eq!(policy.overridden("get_x", |rule| rule.call_timeout), None);
    }
}
