//! Requests of a client that a plugin answers: as a program's, with its limits, its log line, and its end when nobody waits
//! for it; and a tool's result, cut and without secrets.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolResponse, CallToolResult, ContentBlock, InputRequiredResult, InputResponses,
        ResourceContents,
    },
    service::RequestContext,
};
use serde_json::value::RawValue;
use vesicle_plugins::name::PluginName;
use vesicle_sandbox::{NoTools, OffClock, Outcome, ToolCall};

use super::{
    Service,
    caller::{self, Client, Listener},
    refused,
};
use crate::{
    harmless::harmless,
    mcp::{Host, consent::consent, cut::cut, execute::client},
    plugins::{Asked, Called, Chain, Dispatcher, Named, NotCalled, OnBehalf},
    tools::CONSENT_WAIT_MAX,
};

/// A request as a plugin sees it.
pub struct Asking {
    pub(super) behalf: OnBehalf,
    client: Arc<Client>,
    listener: Listener,
}

/// What a request brings along from the rounds before.
pub type FromBefore = (Option<InputResponses>, Option<String>);

/// What came of it.
pub enum Came<T> {
    /// Its answer.
    To(T),
    /// The client has to answer first.
    Waits(InputRequiredResult),
}

impl Asking {
    /// For a client's request to this plugin: its tools are those of the profile, and a person is asked about them as ever.
    ///
    /// # Errors
    /// It goes on from a round that was not this request's.
    pub fn new(
        host: &Host,
        plugin: &PluginName,
        request: &super::Request<'_>,
        what: &[&str],
        before: FromBefore,
    ) -> Result<Self, ErrorData> {
        let (context, level) = (request.context, request.level);
        let profile = host.policy.default_profile();
        let (tools, off_clock): (Arc<dyn ToolCall>, _) = match host.toolbox.is_empty() {
            true => (Arc::new(NoTools), OffClock::new(CONSENT_WAIT_MAX)),
            false => {
                let consent = consent(context, &host.secrets);
                let granted = host.toolbox.granted(profile, consent);
                let off_clock = granted.off_clock();
                (Arc::new(granted), off_clock)
            }
        };
        let round = host.rounds.open(context, what, before)?;
        let (caller, listener) =
            caller::client(host, context, plugin, level, off_clock.clone(), round);
        Ok(Self {
            behalf: OnBehalf {
                profile: Arc::new(profile.clone()),
                tools,
                off_clock: Some(off_clock),
                who: client(context),
                caller: caller.clone(),
                chain: Chain::default(),
                instances: Some(request.instances.clone()),
            },
            client: caller,
            listener,
        })
    }

    /// Runs a call where guests run: neither they nor a large result may keep the protocol waiting. What the plugin tells
    /// and asks meanwhile goes to the client.
    ///
    /// # Errors
    /// What the client has to answer cannot be told.
    pub async fn run<T: Send + 'static, W>(
        self,
        host: &Host,
        context: &RequestContext<RoleServer>,
        dispatcher: &Dispatcher,
        work: impl FnOnce(Dispatcher, OnBehalf, Stop) -> W,
    ) -> Result<Result<Came<T>, String>, ErrorData>
    where
        W: Future<Output = T> + Send + 'static,
    {
        let stop = Stop {
            cancelled: context.ct.clone(),
            disconnect: host.disconnect.clone(),
        };
        let work = work(dispatcher.clone(), self.behalf, stop);
        let run = dispatcher.sandbox().spawn(work);
        let ran = self.listener.serve(run).await;
        if let Some(waits) = self.client.input_required(host)? {
            return Ok(Ok(Came::Waits(waits)));
        }
        Ok(ran
            .map(Came::To)
            .map_err(|error| format!("the call was not made to its end: {error}")))
    }
}

/// What ends a call before its end.
pub struct Stop {
    cancelled: tokio_util::sync::CancellationToken,
    disconnect: crate::mcp::disconnect::Disconnect,
}

impl Stop {
    /// Waits for it, and says why.
    pub async fn why(self) -> &'static str {
        tokio::select! {
            () = self.cancelled.cancelled() => "the client cancelled it",
            () = self.disconnect.settled() => "the client closed the connection",
        }
    }
}

/// One call of a tool.
///
/// # Errors
/// It goes on from a round that was not this call's.
pub async fn call(
    service: &Service,
    host: &Host,
    named: Named,
    arguments: Box<RawValue>,
    result_bytes_max: usize,
    request: super::Request<'_>,
) -> Result<CallToolResponse, ErrorData> {
    let context = request.context;
    let text = named.text();
    let what = ["tools/call", &text, arguments.get()];
    let asking = Asking::new(host, &named.plugin, &request, &what, request.before.clone())?;
    let has_schema = promises(service, &named).await;
    let secrets = host.secrets.clone();
    let ran = asking
        .run(
            host,
            context,
            &service.dispatcher,
            |dispatcher, behalf, stop| async move {
                let asked = Asked {
                    named: &named,
                    arguments: &arguments,
                    timeout: None,
                };
                let called = dispatcher.call_until(&behalf, asked, stop.why()).await;
                match called {
                    Ok(mut called) => {
                        called.outcome = secrets.redact_outcome(called.outcome);
                        result(&called, has_schema, result_bytes_max)
                    }
                    Err(error) => refused(&secrets.redact(error.to_string())),
                }
            },
        )
        .await?;
    Ok(match ran {
        Ok(Came::To(result)) => result.into(),
        Ok(Came::Waits(waits)) => waits.into(),
        Err(why) => refused(&why).into(),
    })
}

/// What a plugin answered when it was asked for what it offers: its JSON, without secrets.
///
/// # Errors
/// Why there is none, for people, and whether there is nothing of that name.
pub fn offered(host: &Host, called: Result<Called, NotCalled>) -> Result<String, (String, bool)> {
    let redact = |text: String| harmless(&host.secrets.redact(text)).into_owned();
    let mut called = called.map_err(|error| (redact(error.to_string()), error.is_unknown()))?;
    called.outcome = host.secrets.redact_outcome(called.outcome);
    match &called.outcome {
        Outcome::Success { output, .. } if !called.failed => Ok(output.get().to_owned()),
        Outcome::Success { output, .. } => {
            let is_absent = output.get().starts_with("{\"not_found\"");
            Err((redact(called.explanation()), is_absent))
        }
        _ => Err((redact(called.explanation()), false)),
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
    if let Some(content) = called.content() {
        let mut content = shown(content, has_schema, bytes_max);
        if called.failed && !called.missing.is_empty() {
            content.content.push(ContentBlock::text(harmless(&format!(
                "not granted to the plugin: {}; the operator grants it with `{}`",
                called.missing, called.grant_by
            ))));
        }
        content.content.extend(blocks(printed));
        return content;
    }
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

/// Content whose texts together are cut where they are too long. Images and sounds are no text that a model reads; they are
/// bounded as all that a guest answers.
fn shown(mut result: CallToolResult, has_schema: bool, bytes_max: usize) -> CallToolResult {
    let (mut left, mut bytes) = (bytes_max, 0);
    for block in &mut result.content {
        let text = match block {
            ContentBlock::Text(text) => &mut text.text,
            ContentBlock::Resource(embedded) => match &mut embedded.resource {
                ResourceContents::TextResourceContents { text, .. } => text,
                _ => continue,
            },
            _ => continue,
        };
        bytes += text.len();
        *text = match cut(text, left) {
            None => harmless(text).into_owned(),
            Some(cut) => harmless(cut.shown).into_owned(),
        };
        left = left.saturating_sub(text.len());
    }
    if bytes > bytes_max {
        let note = crate::mcp::cut::note(bytes_max, bytes);
        result.content.push(ContentBlock::text(note));
    }
    let structured = result.structured_content.as_ref();
    let structured_bytes = structured.map_or(0, |structured| structured.to_string().len());
    if structured_bytes > bytes_max {
        result.structured_content = None;
        let note = crate::mcp::cut::note(0, structured_bytes);
        result.content.push(ContentBlock::text(note));
        // Without it the result does not fit what the tool promises.
        result.is_error = Some(has_schema || result.is_error == Some(true));
    }
    result
}

fn blocks(texts: impl Iterator<Item = String>) -> Vec<ContentBlock> {
    texts
        .map(|text| ContentBlock::text(harmless(&text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_content_are_cut_together_and_images_are_not() {
        let content = || {
            CallToolResult::success(vec![
                ContentBlock::text("abcd"),
                ContentBlock::image("A".repeat(400), "image/png"),
                ContentBlock::embedded_text("a:b", "efgh\u{1b}"),
            ])
        };
        let whole = shown(content(), false, 9);
        assert_eq!(whole.content.len(), 3);
        assert_eq!(whole.content[1], content().content[1]);
        let cut = serde_json::to_value(shown(content(), false, 6)).unwrap();
        assert_eq!(cut["content"][0]["text"], "abcd");
        assert_eq!(cut["content"][2]["resource"]["text"], "ef");
        let note = cut["content"][3]["text"].as_str().unwrap();
        assert!(note.contains("the first 6 of 9 bytes"), "{note}");
    }

    #[test]
    fn what_a_schema_promises_is_there_or_it_is_a_failure() {
        let mut content = CallToolResult::success(vec![ContentBlock::text("a")]);
        content.structured_content = Some(serde_json::json!({"a": "0123456789"}));
        let bytes = 18;
        assert_eq!(shown(content.clone(), true, bytes).is_error, Some(false));
        let cut = shown(content.clone(), true, bytes - 1);
        assert_eq!((cut.is_error, cut.structured_content), (Some(true), None));
        assert_eq!(shown(content, false, bytes - 1).is_error, Some(false));
    }
}
