//! The tool `execute_agent_code`.

mod arguments;
mod definition;
mod result;
mod schema;

use std::{sync::Arc, time::Instant};

use rmcp::{
    RoleServer,
    model::{CallToolResult, ContentBlock, JsonObject},
    service::RequestContext,
};
use vesicle_sandbox::{Execution, Network};

use super::{Host, consent::consent, lazy::RunError, progress::Progress};
use crate::{
    audit::{Begun, Ended, Who},
    limits::{Asker, Policy},
    tools::Toolbox,
};
use arguments::Arguments;
pub use definition::definition;

/// The tool's name.
pub const NAME: &str = "execute_agent_code";

/// The servers that callers who name no profile can reach, with how many tools each has.
pub fn servers(policy: &Policy, toolbox: &Toolbox) -> Vec<(String, usize)> {
    let bridge = match toolbox.bridge() {
        Ok(bridge) if !toolbox.is_empty() => bridge,
        _ => return Vec::new(),
    };
    let grants = policy.default_profile().tools.grants();
    let catalog = bridge.catalog();
    let servers = catalog.servers().iter();
    servers
        .filter(|server| grants.reaches(server.name.as_str()))
        .map(|server| (server.name.to_string(), server.tools().count()))
        .collect()
}

/// One call. Whatever is wrong with the arguments or the code is a result that a model can read
/// and act on; a protocol error would be kept from it.
pub async fn call(
    host: &Host,
    arguments: JsonObject,
    context: RequestContext<RoleServer>,
) -> CallToolResult {
    let began = Instant::now();
    let arguments = match Arguments::read(arguments, &host.policy, host.result_bytes_max) {
        Ok(arguments) => arguments,
        Err(error) => return refusal(error.to_string()),
    };
    let profile = arguments.profile;
    let limits = match host
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
    let recording = match host.audit.begin(begun, || client(&context)) {
        Ok(recording) => recording,
        Err(refused) => return refusal(refused.to_string()),
    };
    let mut execution = Execution {
        code: arguments.code,
        input: arguments.input,
        limits,
        state: host.state.clone(),
        files: profile.files.clone(),
        network: Network::new(profile.hosts.clone(), host.hosts.clone()),
        source_policy: host.policy.source(),
        ..Execution::default()
    };
    if !host.toolbox.is_empty() {
        let consent = consent(&context.peer, &host.secrets);
        let granted = host.toolbox.granted(profile, consent);
        execution.off_clock = Some(granted.off_clock());
        execution.tools = Arc::new(granted);
    }
    recording.watch(&mut execution);
    let result_bytes_max = arguments.result_bytes_max;
    let payloads = recording.wants_payloads();
    let secrets = host.secrets.clone();
    let progress = Progress::new(&context, limits.wall_time);
    // Dropped on every way out of here, which stops the guest.
    let run = host.sandbox.start(execution, move |outcome| {
        let outcome = secrets.redact_outcome(outcome);
        (
            result::of(&outcome, result_bytes_max),
            Ended::of(&outcome, payloads),
        )
    });
    let (result, ended) = tokio::select! {
        biased;
        () = context.ct.cancelled() => (
            Ok(abandoned("the client cancelled the call")),
            Ended::otherwise("cancelled"),
        ),
        () = host.disconnect.settled() => (
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

/// Who sent the call, by its own account.
pub fn client(context: &RequestContext<RoleServer>) -> Who {
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
