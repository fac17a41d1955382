//! Revision 2025-11-25: a client says with a call that it wants a task, and looks, lists, cancels and fetches by methods of their
//! own. rmcp knows only the next revision's, so these come under names of ours (`wire.rs`), and answers are JSON.

use std::{borrow::Cow, sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CustomNotification, CustomRequest, CustomResult,
        ErrorCode, PaginatedRequestParams, ProtocolVersion, ServerNotification,
    },
    service::{Peer, RequestContext},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Asks, Job, POLL_INTERVAL, TTL_MAX,
    extension::{cancelled, unanswerable},
    job::{Answer, Stage},
    may_be_long, written,
};
use crate::{
    harmless::harmless,
    http::Place,
    mcp::{cut::cut, pages::page, server::Server},
};

/// What stands before the methods' names.
pub const PREFIX: &str = "vesicle/2025-11-25/";
/// A call that becomes a task.
pub const CALL: &str = "tools/call";
/// The tools, with what becomes a task.
pub const TOOLS: &str = "tools/list";
/// The other methods.
pub const METHODS: [&str; 4] = ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"];
/// What names the task that a message belongs to, in `_meta`.
pub const RELATED: &str = "io.modelcontextprotocol/related-task";
/// How much is told of why a task failed, in bytes.
const STATUS_BYTES_MAX: usize = 300;

#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    task: Option<WishedTask>,
}

#[derive(Deserialize)]
struct WishedTask {
    /// In milliseconds; none, or null, leaves it to the server.
    #[serde(default)]
    ttl: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    task_id: String,
}

/// Answers one of these methods; nothing where it is none of them.
pub async fn custom(
    server: &Server,
    request: &CustomRequest,
    context: &RequestContext<RoleServer>,
) -> Option<Result<CustomResult, ErrorData>> {
    let method = request.method.strip_prefix(PREFIX)?;
    let params = request.params.clone().unwrap_or_else(|| json!({}));
    let answered = match method {
        CALL => call(server, params, context).await,
        TOOLS => tools(server, params, context).await,
        _ if !has_tasks(context) => Err(absent(method)),
        "tasks/get" => found(server, params, context).map(|job| told(&job)),
        "tasks/cancel" => cancel(server, params, context),
        "tasks/list" => list(server, params, context),
        "tasks/result" => result(server, params, context).await,
        _ => Err(absent(method)),
    };
    Some(answered.map(CustomResult::new))
}

/// Whether a session's revision has tasks.
fn has_tasks(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version == ProtocolVersion::V_2025_11_25)
}

fn absent(method: &str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method.to_owned(), None)
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, ErrorData> {
    serde_json::from_value(params)
        .map_err(|error| ErrorData::invalid_params(format!("the parameters: {error}"), None))
}

/// The tools, each of which says whether a task can be made of its calls.
async fn tools(
    server: &Server,
    params: Value,
    context: &RequestContext<RoleServer>,
) -> Result<Value, ErrorData> {
    let request: PaginatedRequestParams = read(params)?;
    let mut listed = server.listed_tools(Some(request)).await?;
    listed.result_type = None;
    let mut listed = json!(listed);
    if has_tasks(context)
        && let Some(tools) = listed["tools"].as_array_mut()
    {
        for tool in tools {
            let name = tool["name"].as_str().unwrap_or_default();
            if may_be_long(name) {
                tool["execution"] = json!({"taskSupport": "optional"});
            }
        }
    }
    Ok(listed)
}

/// A call for which its client wants a task.
async fn call(
    server: &Server,
    params: Value,
    context: &RequestContext<RoleServer>,
) -> Result<Value, ErrorData> {
    let request: CallToolRequestParams = read(params.clone())?;
    if !has_tasks(context) {
        // As the protocol has it, who knows no tasks makes the call.
        let answer = server.traced(request, context.clone()).await;
        return answer.and_then(written_answer);
    }
    if !may_be_long(&request.name) {
        let why = format!(
            "`{}` takes no task: it is done at once; call it without `task`",
            request.name
        );
        return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, why, None));
    }
    let wish: Wish = read(params)?;
    let ttl = wish.task.and_then(|task| task.ttl);
    let ttl = ttl.map(|ms| Duration::from_millis(ms).min(TTL_MAX));
    let tasks = &server.host.tasks;
    let (owner, outliving, place) = (
        server.owner(context),
        server.outliving(),
        Place::of(context),
    );
    let (begin, begun) = tokio::sync::oneshot::channel::<()>();
    let mut inner = context.clone();
    let job = tasks.begin(owner, ttl, move |job| {
        inner.ct = job.stop.clone();
        inner.extensions.insert(Asks {
            job: job.clone(),
            of_plugins: false,
        });
        async move {
            // Nothing is run of a task that was not made.
            match begun.await {
                Ok(()) => outliving.traced(request, inner).await,
                Err(_) => Err(cancelled()),
            }
        }
    });
    tasks
        .keep(&job)
        .map_err(|why| ErrorData::invalid_request(why, None))?;
    job.hold(place);
    let answer = json!({ "task": told(&job) });
    tokio::spawn(tell(job, context.peer.clone()));
    // Its caller knows of it before anything of it is told.
    let _ = begin.send(());
    Ok(answer)
}

/// Tells a task's client how far it is, each time that changes.
async fn tell(job: Arc<Job>, peer: Peer<RoleServer>) {
    let mut last = "working";
    loop {
        let (status, is_over) = job
            .until(|stage| {
                let is_over = matches!(stage, Stage::Ended(_) | Stage::Cancelled);
                let (status, _) = status(&stage);
                (status != last).then_some((status, is_over))
            })
            .await;
        last = status;
        let told = CustomNotification::new("notifications/tasks/status", Some(told(&job)));
        let sent = peer.send_notification(ServerNotification::CustomNotification(told));
        if let Err(error) = sent.await {
            tracing::debug!(%error, "a task's status could not be told");
        }
        if is_over {
            return;
        }
    }
}

fn found(
    server: &Server,
    params: Value,
    context: &RequestContext<RoleServer>,
) -> Result<Arc<Job>, ErrorData> {
    let named: Named = read(params)?;
    server
        .host
        .tasks
        .find(&server.owner(context), &named.task_id)
}

fn cancel(
    server: &Server,
    params: Value,
    context: &RequestContext<RoleServer>,
) -> Result<Value, ErrorData> {
    let job = found(server, params, context)?;
    match job.cancel() {
        true => Ok(told(&job)),
        false => Err(ErrorData::invalid_params(
            format!(
                "the task `{}` has ended; there is nothing to cancel",
                job.id
            ),
            None,
        )),
    }
}

fn list(
    server: &Server,
    params: Value,
    context: &RequestContext<RoleServer>,
) -> Result<Value, ErrorData> {
    let own = server.host.tasks.list(&server.owner(context));
    let page = page("tasks", own, Some(read(params)?))?;
    let mut listed =
        json!({ "tasks": page.entries.iter().map(|job| told(job)).collect::<Vec<_>>() });
    if let Some(next) = page.next {
        listed["nextCursor"] = next.into();
    }
    Ok(listed)
}

/// What a task came to: waits for its end.
async fn result(
    server: &Server,
    params: Value,
    context: &RequestContext<RoleServer>,
) -> Result<Value, ErrorData> {
    let job = found(server, params, context)?;
    let ended = job.until(|stage| match stage {
        Stage::Ended(answer) => Some(answer),
        Stage::Cancelled => Some(Err(cancelled())),
        Stage::Working | Stage::Asks(_) => None,
    });
    let answer = tokio::select! {
        biased;
        () = context.ct.cancelled() => Err(cancelled()),
        answer = ended => answer,
    };
    let mut result = answer.and_then(written_answer)?;
    result["_meta"][RELATED] = json!({ "taskId": job.id });
    Ok(result)
}

fn written_answer(answer: CallToolResponse) -> Result<Value, ErrorData> {
    match answer {
        CallToolResponse::Complete(mut result) => {
            result.result_type = None;
            Ok(json!(result))
        }
        _ => Err(unanswerable()),
    }
}

/// A task's state, and why it failed.
fn status(stage: &Stage) -> (&'static str, Option<Cow<'_, str>>) {
    match stage {
        Stage::Working => ("working", None),
        Stage::Asks(_) => ("input_required", None),
        Stage::Cancelled => ("cancelled", None),
        Stage::Ended(answer) => match failure(answer) {
            None => ("completed", None),
            Some(why) => ("failed", Some(why)),
        },
    }
}

/// As this revision has it, a result that is an error is a failure.
fn failure(answer: &Answer) -> Option<Cow<'_, str>> {
    match answer {
        Ok(CallToolResponse::Complete(result)) if result.is_error != Some(true) => None,
        Ok(CallToolResponse::Complete(result)) => {
            let mut texts = result.content.iter().filter_map(|block| block.as_text());
            Some(
                texts
                    .next()
                    .map_or("".into(), |text| text.text.as_str().into()),
            )
        }
        Ok(_) => Some("it asks for answers that a task cannot pass on".into()),
        Err(error) => Some(error.message.as_ref().into()),
    }
}

/// A task, as this revision writes it.
fn told(job: &Job) -> Value {
    let stage = job.stage();
    let (status, why) = status(&stage);
    let mut task = json!({
        "taskId": job.id,
        "status": status,
        "createdAt": written(job.created),
        "lastUpdatedAt": written(job.updated()),
        "ttl": job.ttl.as_millis() as u64,
        "pollInterval": POLL_INTERVAL.as_millis() as u64,
    });
    if let Some(why) = why {
        let shown = cut(&why, STATUS_BYTES_MAX).map_or(&*why, |cut| cut.shown);
        task["statusMessage"] = harmless(shown).into();
    }
    task
}
