//! `call_tool`: one call without code, through the same policy.

use std::sync::Arc;

use rmcp::{
    RoleServer,
    model::{CallToolResult, ContentBlock, JsonObject},
    service::RequestContext,
};
use serde_json::value::{RawValue, to_raw_value};
use vesicle_sandbox::{CapabilityError, Execution};

use super::refused;
use crate::{
    audit::{Begun, Ended},
    harmless::harmless,
    mcp::{
        Host,
        arguments::{none_left, require, result_bytes_max, take},
        cut::cut,
        execute::client,
    },
    tools::Granted,
};

/// The tool's name.
pub const NAME: &str = "call_tool";

/// What a caller sent.
pub struct Arguments {
    /// The tool.
    name: String,
    /// What it gets.
    pub arguments: Box<RawValue>,
    /// How long its result may be, in bytes.
    pub result_bytes_max: usize,
}

/// One call. It is audited as a program that makes just this call.
pub async fn call(
    host: &Host,
    granted: Granted,
    sent: JsonObject,
    context: RequestContext<RoleServer>,
) -> CallToolResult {
    let arguments = match read(sent, host.result_bytes_max) {
        Ok(arguments) => arguments,
        Err(why) => return refused(&why),
    };
    let begun = Begun {
        tool: NAME,
        profile: &host.policy.default_profile().name,
        code: &arguments.name,
        input: &arguments.arguments,
    };
    let recording = match host.audit.begin(begun, || client(&context)) {
        Ok(recording) => recording,
        Err(error) => return refused(&error.to_string()),
    };
    let mut execution = Execution {
        tools: Arc::new(granted),
        ..Execution::default()
    };
    recording.watch(&mut execution);
    let tools = execution.tools;
    let (result, ended) = tokio::select! {
        biased;
        () = context.ct.cancelled() => (refused("the client cancelled the call"), "cancelled"),
        () = host.disconnect.settled() => (refused("the client closed the connection"), "disconnected"),
        answer = tools.call(&arguments.name, &arguments.arguments) => match answer {
            Ok(value) => (result(host, &value, arguments.result_bytes_max), "success"),
            Err(error) => (failed(host, &error), "error"),
        },
    };
    match recording.end(Ended::otherwise(ended)).await {
        Ok(()) => result,
        Err(error) => refused(&error.to_string()),
    }
}

/// Reads what a caller sent.
///
/// # Errors
/// A field that is missing, of another type, or none.
pub fn read(mut sent: JsonObject, default: usize) -> Result<Arguments, String> {
    let example = "{\"name\": \"server.tool\", \"arguments\": {}}";
    let name = require(&mut sent, "name", example)?;
    let arguments: JsonObject = take(&mut sent, "arguments")?.unwrap_or_default();
    let result_bytes_max = result_bytes_max(&mut sent, default)?;
    none_left(&sent, "`name`, `arguments` and `max_result_bytes`")?;
    let arguments =
        to_raw_value(&arguments).map_err(|error| format!("`arguments` cannot be sent: {error}"))?;
    Ok(Arguments {
        name,
        arguments,
        result_bytes_max,
    })
}

fn result(host: &Host, value: &RawValue, bytes_max: usize) -> CallToolResult {
    let text = host.secrets.redact_json(value.get().to_owned());
    match cut(&text, bytes_max) {
        Some(cut) => CallToolResult::success(vec![
            ContentBlock::text(harmless(cut.shown)),
            ContentBlock::text(cut.note()),
        ]),
        None => CallToolResult::success(vec![ContentBlock::text(harmless(&text))]),
    }
}

fn failed(host: &Host, error: &CapabilityError) -> CallToolResult {
    let again = match error {
        CapabilityError::RateLimited {
            retry_after_ms: Some(ms),
            ..
        }
        | CapabilityError::Unavailable {
            retry_after_ms: Some(ms),
            ..
        } => format!(" (try again after {ms} ms)"),
        _ => String::new(),
    };
    refused(&host.secrets.redact(format!("{error}{again}")))
}
