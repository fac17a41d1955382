//! The tool `execute_agent_code`.

mod arguments;
mod definition;
mod result;
mod schema;

use std::{sync::Arc, time::Instant};

use rmcp::{
    RoleServer,
    model::{CallToolResult, ContentBlock, JsonObject, Tool},
    service::RequestContext,
};
use vesicle_sandbox::Execution;

use super::{
    disconnect::Disconnect,
    lazy::{LazySandbox, RunError},
    progress::Progress,
};
use crate::limits::{Asker, Policy};
use arguments::Arguments;

/// The tool's name.
pub const NAME: &str = "execute_agent_code";

/// Runs what callers send.
pub struct ExecuteTool {
    sandbox: LazySandbox,
    disconnect: Disconnect,
    policy: Arc<Policy>,
}

impl ExecuteTool {
    /// Runs it in `sandbox`, within `policy`, for a client that may leave.
    pub fn new(sandbox: LazySandbox, policy: Arc<Policy>, disconnect: Disconnect) -> Self {
        Self {
            sandbox,
            disconnect,
            policy,
        }
    }

    /// The tool, as `tools/list` shows it.
    pub fn definition(&self) -> Tool {
        definition::definition(&self.policy)
    }

    /// One call. Whatever is wrong with the arguments or the code is a result that a model can read
    /// and act on; a protocol error would be kept from it.
    pub async fn call(
        &self,
        arguments: JsonObject,
        context: RequestContext<RoleServer>,
    ) -> CallToolResult {
        let began = Instant::now();
        let arguments = match Arguments::read(arguments, &self.policy) {
            Ok(arguments) => arguments,
            Err(error) => return refusal(error.to_string()),
        };
        let profile = arguments.profile;
        let limits = match self
            .policy
            .narrowed(profile, arguments.timeout, Asker::Caller)
        {
            Ok(limits) => limits,
            Err(error) => return refusal(format!("`timeout_ms`: {error}")),
        };
        let execution = Execution {
            code: arguments.code,
            input: arguments.input,
            limits,
            files: profile.files.clone(),
            ..Execution::default()
        };
        let progress = Progress::new(&context, limits.wall_time);
        // Dropped on every way out of here, which stops the guest.
        let run = self
            .sandbox
            .start(execution, |outcome| result::of(&outcome));
        let result = tokio::select! {
            biased;
            () = context.ct.cancelled() => return abandoned("the client cancelled the call"),
            () = self.disconnect.settled() => return abandoned("the client closed the connection"),
            never = progress.report() => match never {},
            ended = run => ended.map_err(RunError::from).flatten(),
        };
        tracing::info!(
            task = arguments.task,
            profile = profile.name,
            failed = !matches!(&result, Ok(result) if result.is_error == Some(false)),
            elapsed_us = began.elapsed().as_micros() as u64,
            "code executed"
        );
        result.unwrap_or_else(|error| {
            tracing::error!(%error, "code could not be executed");
            refusal(error.to_string())
        })
    }
}

/// A failure that has no outcome.
fn refusal(text: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// The answer to a call that nobody waits for any more.
fn abandoned(why: &str) -> CallToolResult {
    tracing::info!(why, "code stopped");
    refusal(format!("the code was stopped: {why}"))
}
