//! What every call goes through, in this order: is the tool known and granted, are the arguments small enough and right,
//! was it called too often, does a person consent, is there a result already, is there a place at the server; then the
//! call, again where that is safe, and the checks of its result.
//!
//! What the policy refuses is refused before anything is sent. A person is asked late, so as not to be asked about a call
//! that could not be made; and the cache comes before the place at the server, since it takes none.

mod attempt;
mod cache;
mod checks;
mod grants;
mod rate;
mod reply;
mod server;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::catalog::{Catalog, CatalogTool, Source};
use crate::config::{Fallback, ServerPolicy};
use crate::digest::Digest;
use crate::error::{ErrorCode, ToolError};
use crate::metrics::Counters;
use crate::nearest::nearest;
use crate::pins::Standing;
use crate::trace::CurrentTrace;
use attempt::Attempt;
pub use cache::Results;
use cache::STALE_AFTER_MAX;
pub use checks::{Checks, Mismatch};
pub use grants::{
    AskConsent, CONSENT_TIMEOUT, Caller, Consent, ConsentRequest, Decision, Grants, InvalidPattern,
};
pub use reply::{CallReply, Shape, value_of};
pub use server::Server;
use server::{Change, ToolState};

/// One call on its way through.
pub struct Call<'a> {
    /// On whose behalf.
    pub caller: &'a Caller,
    /// The server's name, as the caller gave it.
    pub server: &'a str,
    /// The tool's name.
    pub tool: &'a str,
    /// The arguments, as JSON.
    pub arguments: &'a RawValue,
    /// All servers by name.
    pub servers: &'a HashMap<String, Arc<Server>>,
    /// The results that may be used again.
    pub results: &'a Results,
    /// The catalog as it is now.
    pub catalog: &'a (dyn Fn() -> Arc<Catalog> + Sync),
    /// What tells the trace that it belongs to.
    pub trace: Option<CurrentTrace>,
}

impl Call<'_> {
    /// Makes the call, and counts it.
    pub async fn make(&self) -> Result<CallReply, ToolError> {
        let began = Instant::now();
        let Some(server) = self.servers.get(self.server) else {
            return Err(self.unknown(&(self.catalog)()));
        };
        server.total.called();
        let mut state = None;
        let result = self.on(server, &mut state).await;
        let error = result.as_ref().err();
        server.total.ended(error);
        if let Some(state) = state {
            state.counters.ended(error);
        }
        result.map(|reply| CallReply {
            elapsed: began.elapsed(),
            ..reply
        })
    }

    async fn on(
        &self,
        server: &Server,
        counted: &mut Option<Arc<ToolState>>,
    ) -> Result<CallReply, ToolError> {
        let tool = self.find(server).await?;
        let state = Arc::clone(counted.insert(server.state(self.tool)));
        state.counters.called();
        let arguments = self.checked_arguments(server.policy(), &tool)?;
        state.rate.take(self.server, self.tool)?;
        if self.decision() == Decision::Ask {
            let description = tool.definition.description.as_deref();
            self.caller
                .ask(&ConsentRequest {
                    caller: &self.caller.name,
                    server: self.server,
                    tool: self.tool,
                    description,
                    arguments: &arguments,
                })
                .await?;
        }
        self.answered(server, &tool, &state.counters, arguments)
            .await
    }

    /// The tool, if the caller may call it. Of a server that was never reached the tools are waited for.
    async fn find(&self, server: &Server) -> Result<Arc<CatalogTool>, ToolError> {
        let mut catalog = (self.catalog)();
        let is_unknown = |catalog: &Catalog| {
            catalog
                .server(self.server)
                .is_some_and(|s| s.source == Source::Unknown)
        };
        if is_unknown(&catalog) {
            self.check_grant()?;
            server.upstream.peer(server.policy().wait).await?;
            catalog = (self.catalog)();
        }
        let Some(tool) = catalog
            .server(self.server)
            .and_then(|server| server.tool(self.tool))
        else {
            return Err(self.unknown(&catalog));
        };
        self.check_grant()?;
        if tool.standing == Standing::Held {
            return Err(ToolError::denied(format!(
                "`{}` is held back: its server describes it differently than when it was approved. Look at it and approve it with `vesicle servers approve {} {}`",
                self.qualified(),
                self.server,
                self.tool
            )));
        }
        Ok(Arc::clone(tool))
    }

    fn decision(&self) -> Decision {
        self.caller.grants.decide(self.server, self.tool)
    }

    fn check_grant(&self) -> Result<(), ToolError> {
        if self.decision() == Decision::Deny {
            return Err(ToolError::denied(format!(
                "`{}` is not granted to {}: only who runs this host can grant it, in its configuration",
                self.qualified(),
                self.caller.name
            )));
        }
        Ok(())
    }

    fn qualified(&self) -> String {
        format!("{}.{}", self.server, self.tool)
    }

    /// There is no such tool. Names only what the caller may call.
    fn unknown(&self, catalog: &Catalog) -> ToolError {
        let grants = &self.caller.grants;
        let granted = |server: &str, tool: &str| grants.decide(server, tool) != Decision::Deny;
        let (what, nearest) = match catalog
            .server(self.server)
            .filter(|server| grants.reaches(server.name.as_str()))
        {
            Some(server) => {
                let names = server
                    .tools()
                    .map(|tool| tool.name())
                    .filter(|tool| granted(self.server, tool));
                (
                    format!(
                        "the server `{}` has no tool `{}`",
                        self.server,
                        shown(self.tool)
                    ),
                    nearest(self.tool, names),
                )
            }
            None => {
                let servers = catalog.servers().iter().map(|server| server.name.as_str());
                let names = servers.filter(|name| grants.reaches(name));
                (
                    format!("there is no server `{}`", shown(self.server)),
                    nearest(self.server, names),
                )
            }
        };
        ToolError::invalid_input(match nearest.as_slice() {
            [] => format!("{what}, and none that may be called"),
            names => format!("{what}; the nearest are `{}`", names.join("`, `")),
        })
    }

    fn checked_arguments(
        &self,
        policy: &ServerPolicy,
        tool: &CatalogTool,
    ) -> Result<Map<String, Value>, ToolError> {
        let text = self.arguments.get();
        if text.len() > policy.argument_bytes {
            return Err(ToolError::invalid_input(format!(
                "the arguments of `{}` have {} bytes, and {} are allowed: send less at once",
                self.qualified(),
                text.len(),
                policy.argument_bytes
            )));
        }
        let arguments = match serde_json::from_str(text) {
            Ok(Value::Object(arguments)) => Value::Object(arguments),
            // Called without arguments.
            Ok(Value::Null) => Value::Object(Map::new()),
            Ok(_) => {
                let message = format!(
                    "the arguments of `{}` are no object: pass {{name: value}}",
                    self.qualified()
                );
                return Err(ToolError::invalid_input(message));
            }
            Err(error) => {
                let message = format!(
                    "the arguments of `{}` cannot be read: {error}",
                    self.qualified()
                );
                return Err(ToolError::invalid_input(message));
            }
        };
        let checks = tool.argument_checks().map_err(|error| {
            ToolError::upstream(format!(
                "the arguments of `{}` cannot be checked, since its schema cannot be used: {error}. That is a mistake of its server",
                self.qualified()
            ))
        })?;
        checks.check(&arguments).map_err(|mismatch| {
            ToolError::invalid_input(match mismatch {
                Mismatch::Mistakes(mistakes) => {
                    format!("the arguments of `{}` are not what it takes: {mistakes}", self.qualified())
                }
                Mismatch::TooCostly => format!(
                    "the arguments of `{}` are too costly to check against its schema: send less at once",
                    self.qualified()
                ),
            })
        })?;
        match arguments {
            Value::Object(arguments) => Ok(arguments),
            _ => Ok(Map::new()),
        }
    }

    /// From the cache, from the server, or from what stands in for it.
    async fn answered(
        &self,
        server: &Server,
        tool: &CatalogTool,
        counters: &Counters,
        arguments: Map<String, Value>,
    ) -> Result<CallReply, ToolError> {
        let policy = server.policy_of(tool);
        let may_fall_back = *policy.fallback == Fallback::Stale && policy.changes_nothing;
        let key = (!policy.cache_ttl.is_zero() || may_fall_back)
            .then(|| Results::key(self.server, self.tool, &arguments));
        let generation = server.generation.load(Ordering::Acquire);
        if let Some(key) = &key
            && !policy.cache_ttl.is_zero()
        {
            let hit = self
                .results
                .last(key)
                .await
                .filter(|entry| entry.is_fresh(policy.cache_ttl, generation));
            counters.looked_up(hit.is_some());
            server.total.looked_up(hit.is_some());
            if let Some(entry) = hit {
                return Ok(CallReply {
                    cached: true,
                    ..reply_of(Arc::clone(&entry.value), entry.shape)
                });
            }
        }
        let attempt = Attempt {
            server,
            counters,
            qualified: self.qualified(),
            tool,
            deadline: Instant::now() + policy.call_timeout,
            call_timeout: policy.call_timeout,
            may_repeat: policy.may_repeat,
            trace: self.trace,
        };
        // Before and after: a result that was read while something was being changed is of neither state.
        let _change = (!policy.changes_nothing).then(|| Change::begin(&server.generation));
        let error = match self.at_the_server(server, &attempt, arguments).await {
            Ok(reply) => {
                if let Some(key) = key {
                    let keep = match may_fall_back {
                        true => STALE_AFTER_MAX,
                        false => policy.cache_ttl,
                    };
                    let value = Arc::clone(&reply.value);
                    self.results
                        .put(key, value, reply.shape, generation, keep)
                        .await;
                }
                return Ok(reply);
            }
            Err(error) => error,
        };
        if !matches!(error.code, ErrorCode::Unavailable | ErrorCode::Timeout) {
            return Err(error);
        }
        let stand_in = match policy.fallback {
            Fallback::Error => None,
            Fallback::Stale => self.stale(key).await,
            Fallback::Static(value) => to_raw_value(value).ok().map(|value| CallReply {
                fallback: true,
                ..reply_of(Arc::from(value), Shape::Configured)
            }),
        };
        if stand_in.is_some() {
            counters.fell_back();
            server.total.fell_back();
        }
        stand_in.ok_or(error)
    }

    async fn stale(&self, key: Option<Digest>) -> Option<CallReply> {
        let entry = self.results.last(&key?).await?;
        Some(CallReply {
            stale: true,
            ..reply_of(Arc::clone(&entry.value), entry.shape)
        })
    }

    /// Waits for a place at the server and calls it.
    async fn at_the_server(
        &self,
        server: &Server,
        attempt: &Attempt<'_>,
        arguments: Map<String, Value>,
    ) -> Result<CallReply, ToolError> {
        let policy = server.policy();
        let until = attempt.deadline.min(Instant::now() + policy.wait);
        let place = timeout_at(until, server.upstream.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            return Err(ToolError::unavailable(format!(
                "the server `{}` is busy with {} calls, and none ended within {:?}: try again, or make fewer calls at once",
                server.name(),
                policy.concurrency,
                policy.wait
            ))
            .retry_after(Duration::from_secs(1)));
        };
        attempt.run(arguments).await
    }
}

fn reply_of(value: Arc<RawValue>, shape: Shape) -> CallReply {
    CallReply {
        value,
        shape,
        cached: false,
        stale: false,
        fallback: false,
        attempts: 0,
        elapsed: Duration::ZERO,
    }
}

/// A name that a program made up, fit for a message.
fn shown(name: &str) -> String {
    name.chars()
        .take(100)
        .flat_map(char::escape_debug)
        .collect()
}
