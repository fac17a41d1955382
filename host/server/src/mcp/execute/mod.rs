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
use vesicle_sandbox::{CallerLevel, Execution, Network, NoCaller};

use super::{Host, consent::consent, logging, plugins::listen};
use crate::{
    audit::{Begun, Ended, Who},
    http::Caller,
    lazy::RunError,
    limits::{Asker, Policy},
    memory::{Ran, Recorder},
    plugins::{Chain, Instances, OnBehalf, WithPlugins},
    tools::Toolbox,
};
use arguments::Arguments;
pub use definition::{definition, remembering, with_plugins};

/// The tool's name.
pub const NAME: &str = "execute_agent_code";

/// Who tells lines that a program printed.
const PRINTED_BY: &str = "program";

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
    instances: &Instances,
    context: RequestContext<RoleServer>,
    wanted: Option<CallerLevel>,
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
        session: host.account.clone(),
        ..Execution::default()
    };
    if !host.toolbox.is_empty() {
        let consent = consent(&context, &host.secrets);
        let granted = host.toolbox.granted(profile, consent);
        execution.off_clock = Some(granted.off_clock());
        execution.tools = Arc::new(granted);
    }
    if let Some(plugins) = &host.plugins {
        let behalf = OnBehalf {
            profile: Arc::new(profile.clone()),
            tools: execution.tools.clone(),
            off_clock: execution.off_clock.clone(),
            who: client(&context),
            caller: Arc::new(NoCaller),
            chain: Chain::of_program(),
            instances: Some(instances.clone()),
        };
        let tools = WithPlugins::of_program(plugins.dispatcher.clone(), behalf);
        execution.tools = Arc::new(tools);
    }
    if let Some(memory) = host.memory.lazy().for_programs() {
        execution.memories = Arc::new(memory);
    }
    let record = match arguments.record {
        Some(true) if !host.memory.is_enabled() => {
            let why = "`record`: there is no memory to keep the run in; leave it out";
            return refusal(why.to_owned());
        }
        Some(record) => record,
        None => host.memory.lazy().records(&profile.name),
    };
    let recorder = record.then(Recorder::default);
    if let Some(recorder) = &recorder {
        recorder.watch(&mut execution);
    }
    let code = recorder.as_ref().map(|_| execution.code.clone());
    recording.watch(&mut execution);
    let result_bytes_max = arguments.result_bytes_max;
    let payloads = recording.wants_payloads();
    let secrets = host.secrets.clone();
    let limit = limits.wall_time;
    let (teller, listener) = listen(host, &context, PRINTED_BY.to_owned(), wanted, limit);
    execution.caller = Arc::new(teller);
    // Dropped on every way out of here, which stops the guest.
    let run = host.sandbox.start(execution, move |outcome| {
        let outcome = secrets.redact_outcome(outcome);
        let failure = (!outcome.is_success()).then(|| outcome.explanation());
        let printed = wanted.map(|level| logging::printed(&outcome, level));
        (
            printed,
            result::of(&outcome, result_bytes_max),
            failure,
            Ended::of(&outcome, payloads),
        )
    });
    let ran = async {
        tokio::select! {
            biased;
            () = context.ct.cancelled() => (
                Ok((None, abandoned("the client cancelled the call"), Some("the client cancelled the call".to_owned()))),
                Ended::otherwise("cancelled"),
            ),
            () = host.disconnect.settled() => (
                Ok((None, abandoned("the client closed the connection"), Some("the client closed the connection".to_owned()))),
                Ended::otherwise("disconnected"),
            ),
            ran = run => match ran.map_err(RunError::from).flatten() {
                Ok((printed, result, failure, ended)) => (Ok((printed, result, failure)), ended),
                Err(error) => (Err(error), Ended::otherwise("failed")),
            },
        }
    };
    let (result, ended) = listener.serve(ran).await;
    host.metrics.executed(&ended, began.elapsed());
    if let Err(refused) = recording.end(ended).await {
        return refusal(refused.to_string());
    }
    tracing::info!(
        task = arguments.task,
        profile = profile.name,
        failed = !matches!(&result, Ok((_, _, None))),
        elapsed_us = began.elapsed().as_micros() as u64,
        "code executed"
    );
    let (printed, mut result, failure) = match result {
        Ok(ended) => ended,
        Err(error) => {
            tracing::error!(%error, "code could not be executed");
            return refusal(error.to_string());
        }
    };
    for (level, line) in printed.into_iter().flatten() {
        logging::tell(&context.peer, level, PRINTED_BY, &line).await;
    }
    if let (Some(recorder), Some(code)) = (recorder, code) {
        let ran = Ran {
            task: arguments.task.as_deref(),
            code: &code,
            profile: &profile.name,
            failure,
        };
        let redact = |text| host.secrets.redact(text);
        // The run is over whatever comes of its episode; who asked for one is told.
        let kept = recorder.keep(host.memory.lazy(), ran, redact).await;
        result.content.push(ContentBlock::text(match kept {
            Ok(id) => format!("recorded as episode {id}"),
            Err(error) => format!("warning:\nthe run was not recorded: {error}"),
        }));
    }
    result
}

/// Who sent the call: its account, where there are some, and what it calls itself.
pub fn client(context: &RequestContext<RoleServer>) -> Who {
    let (client, version) = match context.client_info() {
        Some(info) => (info.name, Some(info.version)),
        None => (String::new(), None),
    };
    let request = context.extensions.get::<axum::http::request::Parts>();
    let caller = request.and_then(|parts| parts.extensions.get::<Caller>());
    Who {
        client,
        version,
        account: caller.map(|caller| caller.0.to_string()),
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
