//! A call of a plugin's tool over MCP: as a program's, with its limits, its log line, its end when nobody waits for it, and
//! its result cut and without secrets.

use std::sync::Arc;

use rmcp::{
    RoleServer,
    model::{CallToolResult, ContentBlock},
    service::RequestContext,
};
use serde_json::value::RawValue;
use vesicle_sandbox::{NoTools, Outcome, ToolCall};

use super::{Service, refused};
use crate::{
    harmless::harmless,
    limits::Profile,
    mcp::{Host, consent::consent, cut::cut, execute::client, progress::Progress},
    plugins::{Asked, Called, Chain, Instances, Named, OnBehalf},
};

/// For whom a client's call is made: its tools are those of the profile, and a person is asked about them as ever.
fn behalf(
    host: &Host,
    profile: &Profile,
    instances: &Instances,
    context: &RequestContext<RoleServer>,
) -> OnBehalf {
    let mut off_clock = None;
    let tools: Arc<dyn ToolCall> = match host.toolbox.is_empty() {
        true => Arc::new(NoTools),
        false => {
            let consent = consent(&context.peer, &host.secrets);
            let granted = host.toolbox.granted(profile, consent);
            off_clock = Some(granted.off_clock());
            Arc::new(granted)
        }
    };
    OnBehalf {
        profile: Arc::new(profile.clone()),
        tools,
        off_clock,
        who: client(context),
        chain: Chain::default(),
        instances: Some(instances.clone()),
    }
}

/// One call.
pub async fn call(
    service: &Service,
    host: &Host,
    named: Named,
    arguments: Box<RawValue>,
    result_bytes_max: usize,
    instances: &Instances,
    context: &RequestContext<RoleServer>,
) -> CallToolResult {
    let profile = host.policy.default_profile();
    let behalf = behalf(host, profile, instances, context);
    let has_schema = promises(service, &named).await;
    let progress = Progress::new(context, profile.limits.wall_time);
    let (dispatcher, secrets) = (service.dispatcher.clone(), host.secrets.clone());
    let (cancelled, disconnect) = (context.ct.clone(), host.disconnect.clone());
    // Where guests run: neither they nor a large result may keep the protocol waiting.
    let run = service.dispatcher.sandbox().spawn(async move {
        let asked = Asked {
            named: &named,
            arguments: &arguments,
            timeout: None,
        };
        let stop = async {
            tokio::select! {
                () = cancelled.cancelled() => "the client cancelled it",
                () = disconnect.settled() => "the client closed the connection",
            }
        };
        let called = dispatcher.call_until(&behalf, asked, stop).await;
        match called {
            Ok(mut called) => {
                called.outcome = secrets.redact_outcome(called.outcome);
                result(&called, has_schema, result_bytes_max)
            }
            Err(error) => refused(&secrets.redact(error.to_string())),
        }
    });
    tokio::select! {
        biased;
        ran = run => ran.unwrap_or_else(|error| refused(&format!("the call was not made to its end: {error}"))),
        never = progress.report() => match never {},
    }
}

/// Whether clients hold results of this tool against a schema.
async fn promises(service: &Service, named: &Named) -> bool {
    let shelf = service.shelf().await;
    shelf.is_some_and(|shelf| {
        let tool = shelf.tool(named);
        tool.is_some_and(|tool| tool.definition.output_schema.is_some())
    })
}

fn result(called: &Called, has_schema: bool, bytes_max: usize) -> CallToolResult {
    let (stdout, stderr) = called.outcome.streams();
    let streams = [("stdout", stdout), ("stderr", stderr)];
    let printed = streams.into_iter().filter(|(_, text)| !text.is_empty());
    let printed = printed.map(|(name, text)| format!("{name}:\n{text}"));
    let output = match &called.outcome {
        Outcome::Success { output, .. } if !called.failed => output,
        _ => {
            let texts = [called.explanation()].into_iter().chain(printed);
            return CallToolResult::error(blocks(texts));
        }
    };
    match cut(output.get(), bytes_max) {
        None => {
            let texts = [output.get().to_owned()].into_iter().chain(printed);
            let mut result = CallToolResult::success(blocks(texts));
            // Structured content is an object in this protocol.
            let structured = serde_json::from_str(output.get()).ok();
            result.structured_content = structured.filter(serde_json::Value::is_object);
            result
        }
        Some(cut) => {
            let texts = [cut.shown.to_owned(), cut.note()]
                .into_iter()
                .chain(printed);
            // What is cut is no JSON any more, and fits no schema.
            match has_schema {
                true => CallToolResult::error(blocks(texts)),
                false => CallToolResult::success(blocks(texts)),
            }
        }
    }
}

fn blocks(texts: impl Iterator<Item = String>) -> Vec<ContentBlock> {
    texts
        .map(|text| ContentBlock::text(harmless(&text)))
        .collect()
}
