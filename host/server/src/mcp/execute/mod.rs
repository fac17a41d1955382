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
use vesicle_sandbox::{Execution, State};

use super::{
    disconnect::Disconnect,
    lazy::{LazySandbox, RunError},
    progress::Progress,
};
use crate::{
    audit::{Audit, Begun, Ended, Who},
    limits::{Asker, Policy},
    secrets::Secrets,
};
use arguments::Arguments;

/// The tool's name.
pub const NAME: &str = "execute_agent_code";

/// Runs what callers send.
pub struct ExecuteTool {
    sandbox: LazySandbox,
    disconnect: Disconnect,
    policy: Arc<Policy>,
    state: Arc<dyn State>,
    audit: Audit,
    secrets: Secrets,
}

impl ExecuteTool {
    /// Runs it in `sandbox`, within `policy`, with `state`, for a client that may leave. Logs it to
    /// `audit`, and takes `secrets` out of results.
    pub fn new(
        sandbox: LazySandbox,
        policy: Arc<Policy>,
        state: Arc<dyn State>,
        disconnect: Disconnect,
        audit: Audit,
        secrets: Secrets,
    ) -> Self {
        Self {
            sandbox,
            disconnect,
            policy,
            state,
            audit,
            secrets,
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
        let begun = Begun {
            tool: NAME,
            profile: &profile.name,
            code: &arguments.code,
            input: &arguments.input,
        };
        let recording = match self.audit.begin(begun, || client(&context)) {
            Ok(recording) => recording,
            Err(refused) => return refusal(refused.to_string()),
        };
        let mut execution = Execution {
            code: arguments.code,
            input: arguments.input,
            limits,
            state: self.state.clone(),
            files: profile.files.clone(),
            source_policy: self.policy.source(),
            ..Execution::default()
        };
        execution.tools = recording.watch(execution.tools);
        let payloads = recording.wants_payloads();
        let secrets = self.secrets.clone();
        let progress = Progress::new(&context, limits.wall_time);
        // Dropped on every way out of here, which stops the guest.
        let run = self.sandbox.start(execution, move |outcome| {
            let outcome = secrets.redact_outcome(outcome);
            (result::of(&outcome), Ended::of(&outcome, payloads))
        });
        let (result, ended) = tokio::select! {
            biased;
            () = context.ct.cancelled() => (
                Ok(abandoned("the client cancelled the call")),
                Ended::otherwise("cancelled"),
            ),
            () = self.disconnect.settled() => (
                Ok(abandoned("the client closed the connection")),
                Ended::otherwise("disconnected"),
            ),
            never = progress.report() => match never {},
            ran = run => match ran.map_err(RunError::from).flatten() {
                Ok((result, ended)) => (Ok(result), ended),
                Err(error) => (Err(error), Ended::otherwise("failed")),
            },
        };
        if let Err(refused) = recording.end(ended).await {
            return refusal(refused.to_string());
        }
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

/// Who sent the call, by its own account.
fn client(context: &RequestContext<RoleServer>) -> Who {
    match context.client_info() {
        Some(info) => Who {
            client: info.name,
            version: Some(info.version),
        },
        None => Who {
            client: String::new(),
            version: None,
        },
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
