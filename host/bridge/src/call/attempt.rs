//! The call itself, and again where that is safe.
//!
//! What was never sent may be sent again, whatever the tool does. What may have been sent is sent again only to tools for
//! which twice is no more than once.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ErrorCode as McpCode};
use rmcp::service::ServiceError;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument as _, field::Empty, info_span};

use super::Server;
use super::reply::{CallReply, bounded_message, checked, value_of};
use crate::catalog::CatalogTool;
use crate::connection::lines::TOO_LARGE;
use crate::connection::was_never_sent;
use crate::error::{ErrorCode, ToolError};
use crate::metrics::Counters;
use crate::trace::{CurrentTrace, TRACE, TraceContext};

/// The first pause before a repetition; it doubles, and jitter is added.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(50);

/// One call with its repetitions.
pub struct Attempt<'a> {
    pub server: &'a Server,
    pub counters: &'a Counters,
    pub qualified: String,
    pub tool: &'a CatalogTool,
    /// When the call has to be over, repetitions included.
    pub deadline: Instant,
    pub call_timeout: Duration,
    /// Whether calling the tool twice does no more than calling it once.
    pub may_repeat: bool,
    /// What tells the trace that the call belongs to.
    pub trace: Option<CurrentTrace>,
}

/// How one try failed.
struct Failure {
    error: ToolError,
    /// Whether another try is safe, and may help.
    again: bool,
}

impl Attempt<'_> {
    /// Calls until there is an answer, or no more tries.
    pub async fn run(&self, arguments: Map<String, Value>) -> Result<CallReply, ToolError> {
        let retries = self.server.policy().retries;
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(RETRY_PAUSE_MIN)
            .with_jitter()
            .with_max_times(retries as usize)
            .build();
        let mut attempts = 1;
        loop {
            let failure = match self.once(&arguments).await {
                Ok(result) => return self.reply(result, attempts),
                Err(failure) => failure,
            };
            let pause = pauses
                .next()
                .filter(|pause| failure.again && Instant::now() + *pause < self.deadline);
            let Some(pause) = pause else {
                return Err(failure.error);
            };
            tracing::debug!(tool = %self.qualified, error = %failure.error, ?pause, "the call is tried again");
            sleep(pause).await;
            attempts += 1;
            self.counters.retried();
            self.server.total.retried();
        }
    }

    fn reply(&self, result: CallToolResult, attempts: u32) -> Result<CallReply, ToolError> {
        let (value, shape) = value_of(result, &self.qualified)?;
        let bytes_max = self.server.policy().result_bytes;
        let value = checked(
            &value,
            shape,
            self.tool.result_checks(),
            bytes_max,
            &self.qualified,
        )?;
        Ok(CallReply {
            attempts,
            ..super::reply_of(value, shape)
        })
    }

    async fn once(&self, arguments: &Map<String, Value>) -> Result<CallToolResult, Failure> {
        let span = info_span!(
            target: TRACE,
            "upstream",
            otel.name = format!("tools/call {}", self.tool.name()),
            otel.kind = "client",
            mcp.method.name = "tools/call",
            vesicle.server = self.server.name(),
            gen_ai.tool.name = self.tool.name(),
            error.type = Empty,
            otel.status_code = Empty,
        );
        let called = self.sent(arguments).instrument(span.clone()).await;
        if let Err(failure) = &called {
            span.record("error.type", failure.error.code.as_str());
            span.record("otel.status_code", "ERROR");
        }
        called
    }

    async fn sent(&self, arguments: &Map<String, Value>) -> Result<CallToolResult, Failure> {
        let wait = self
            .server
            .policy()
            .wait
            .min(self.deadline.saturating_duration_since(Instant::now()));
        // A server that is down was waited for already.
        let peer = self
            .server
            .upstream
            .peer(wait)
            .await
            .map_err(|error| Failure {
                error,
                again: false,
            })?;
        let name = self.tool.definition.name.clone();
        let mut params = CallToolRequestParams::new(name).with_arguments(arguments.clone());
        let trace = self.trace.and_then(|current| current());
        params.meta = trace.map(TraceContext::meta);
        let began = Instant::now();
        // Dropping the call tells the server that it is given up.
        let answer = timeout_at(self.deadline, peer.call_tool_once(params)).await;
        self.counters.took(began.elapsed());
        self.server.total.took(began.elapsed());
        match answer {
            Ok(Ok(CallToolResponse::Complete(result))) => Ok(result),
            Ok(Ok(_)) => {
                Err(self.upstream("wants more than one answer, which cannot be given to it here"))
            }
            Ok(Err(error)) => Err(self.failed(error)),
            Err(_) => {
                self.server.upstream.suspect();
                let message = format!(
                    "`{}` did not answer within {:?}; it may still have done what it was asked for",
                    self.qualified, self.call_timeout
                );
                Err(Failure {
                    error: ToolError::timeout(message),
                    again: false,
                })
            }
        }
    }

    fn upstream(&self, what: &str) -> Failure {
        Failure {
            error: ToolError::upstream(format!("`{}` {what}", self.qualified)),
            again: false,
        }
    }

    fn failed(&self, error: ServiceError) -> Failure {
        let never_sent = match &error {
            ServiceError::McpError(data) => {
                let message = bounded_message(data.message.to_string());
                let code = if data.code == McpCode::INVALID_PARAMS {
                    ErrorCode::InvalidInput
                } else {
                    ErrorCode::Upstream
                };
                let message = if data.code == McpCode(TOO_LARGE) {
                    format!(
                        "the result of `{}` is too large: {message}. Ask for less, or raise `message_bytes`",
                        self.qualified
                    )
                } else {
                    format!("`{}` answered: {message}", self.qualified)
                };
                return Failure {
                    error: ToolError::new(code, message),
                    again: false,
                };
            }
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => false,
            ServiceError::TransportSend(error) => was_never_sent(&*error.error),
            _ => return self.upstream("answered with something that is no result of a tool"),
        };
        self.server.upstream.suspect();
        let name = self.server.name();
        let what = if never_sent {
            format!("the server `{name}` could not be reached")
        } else {
            format!(
                "the connection to `{name}` was lost during the call of `{}`, which may have been done all the same",
                self.qualified
            )
        };
        Failure {
            error: ToolError::unavailable(format!(
                "{what}. The connection is made again by itself"
            ))
            .retry_after(Duration::from_secs(1)),
            again: never_sent || self.may_repeat,
        }
    }
}
