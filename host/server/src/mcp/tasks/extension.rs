//! Revision 2026-07-28: calls that take long become tasks where the client knows the extension, and where it does not but can
//! ask a person, a call that waits for one is parked. There the client makes the call again with the answer, and this host goes
//! on with the same program: it cannot be run a second time without doing twice what it did.

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CreateTaskResult, DetailedTask, GetTaskResult,
        InputRequests, InputRequiredResult, InputResponses, JsonObject, Task, TaskPayload,
        TaskStatus,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use super::{
    Asks, Job, POLL_INTERVAL, TASK_AFTER, TTL,
    job::{Answer, Kind, Stage},
    may_be_long, written,
};
use crate::{
    http::Place,
    mcp::{revision::has_sessions, server::Server},
};

/// What a state begins with that names a parked call.
const PARKED: &str = "parked.";
/// What in a state names it.
const JOB: &str = "job";

/// Whether a call is one that may outlive its request by this revision: the client has to be able to ask for it.
pub fn outlives(
    server: &Server,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> bool {
    if has_sessions(context) || context.extensions.get::<Asks>().is_some() {
        return false;
    }
    // To run it anew would do twice what it did.
    let goes_on = parked(request).is_some();
    let asks = server.has_servers() && can_show_forms(context);
    goes_on || (asks || declares(context)) && may_be_long(&request.name)
}

/// What a request says of the call that it goes on with.
fn parked(request: &CallToolRequestParams) -> Option<&str> {
    request.request_state.as_deref()?.strip_prefix(PARKED)
}

fn declares(context: &RequestContext<RoleServer>) -> bool {
    let capabilities = context.client_capabilities();
    capabilities.is_some_and(|capabilities| capabilities.supports_tasks())
}

/// Whether the client of this request can ask a person.
pub fn can_show_forms(context: &RequestContext<RoleServer>) -> bool {
    let capabilities = context.client_capabilities();
    let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation);
    // One that names no mode knows forms.
    elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

/// Calls a tool, for as long as this request waits.
///
/// # Errors
/// The call's own, or it goes on with one that is not here.
pub async fn call(
    server: &Server,
    mut request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Answer {
    let tasks = &server.host.tasks;
    let owner = server.owner(&context);
    let declares = declares(&context);
    let what = What::of(&request);
    let place = Place::of(&context);
    let request_ended = context.ct.clone();
    let state = parked(&request).map(str::to_owned);
    let job = match state {
        Some(state) => {
            let rounds = &server.host.rounds;
            let round = rounds.open(&context, &what.parts(), (None, Some(state)));
            let id = round
                .ok()
                .and_then(|mut round| match round.answers.remove(JOB) {
                    Some(Value::String(id)) => Some(id),
                    _ => None,
                });
            let job = id.and_then(|id| tasks.unpark(&owner, &id));
            let job = job.ok_or_else(unknown)?;
            job.answer(request.input_responses.take().unwrap_or_default());
            job
        }
        None => {
            let (server, context) = (server.outliving(), context.clone());
            tasks.begin(owner, None, move |job| {
                let mut context = context;
                context.ct = job.stop.clone();
                context.extensions.insert(Asks {
                    job: job.clone(),
                    of_plugins: declares,
                });
                async move { server.traced(request, context).await }
            })
        }
    };
    // A request that nobody waits for any more ends its call, unless somebody may ask for it.
    let stops = job.stop.clone().drop_guard();
    let mut may_become = declares;
    loop {
        let next = tokio::select! {
            biased;
            () = request_ended.cancelled() => {
                job.stop.cancel();
                return job.until(ended).await;
            }
            next = job.until(next) => next,
            () = tokio::time::sleep(TASK_AFTER), if may_become => Next::Long,
        };
        match next {
            Next::Ended(answer) => return *answer,
            Next::Long | Next::Asks(_) if may_become => {
                may_become = false;
                if let Ok(true) = tasks.keep(&job) {
                    job.hold(place);
                    stops.disarm();
                    return Ok(CallToolResponse::Task(CreateTaskResult::new(task(&job))));
                }
            }
            Next::Long => {}
            Next::Asks(requests) => match tasks.park(&job) {
                Ok(true) => {
                    let state = server
                        .host
                        .rounds
                        .open(&context, &what.parts(), (None, None));
                    let state = state.and_then(|mut round| {
                        round.answers.insert(JOB.to_owned(), job.id.clone().into());
                        let closed = server.host.rounds.close(round);
                        closed.map_err(|why| ErrorData::internal_error(why, None))
                    })?;
                    stops.disarm();
                    let state = format!("{PARKED}{state}");
                    return Ok(InputRequiredResult::new(Some(requests), Some(state)).into());
                }
                // It has ended meanwhile.
                Ok(false) => {}
                Err(why) => {
                    tracing::warn!(why, "a person is not asked");
                    job.refuse();
                }
            },
        }
    }
}

enum Next {
    Ended(Box<Answer>),
    Asks(InputRequests),
    Long,
}

fn next(stage: Stage) -> Option<Next> {
    match stage {
        Stage::Working => None,
        Stage::Asks(requests) => (!requests.is_empty()).then_some(Next::Asks(requests)),
        Stage::Cancelled => Some(Next::Ended(Box::new(Err(cancelled())))),
        Stage::Ended(answer) => Some(Next::Ended(Box::new(answer))),
    }
}

fn ended(stage: Stage) -> Option<Answer> {
    match stage {
        Stage::Ended(answer) => Some(answer),
        _ => None,
    }
}

/// What is said of a call that its client cancelled.
pub fn cancelled() -> ErrorData {
    ErrorData::invalid_request("the task was cancelled", None)
}

fn unknown() -> ErrorData {
    ErrorData::invalid_params(
        "the program that this `requestState` names does not wait here: it was given for another call, was answered already, or \
         waited too long; or another host of this address has it, and the request has to reach that one. Making the call again \
         without `requestState` runs the program from its beginning",
        None,
    )
}

/// What a state is good for.
struct What {
    name: String,
    arguments: String,
}

impl What {
    fn of(request: &CallToolRequestParams) -> Self {
        Self {
            name: request.name.to_string(),
            arguments: serde_json::to_string(&request.arguments).unwrap_or_default(),
        }
    }

    fn parts(&self) -> [&str; 3] {
        [PARKED, &self.name, &self.arguments]
    }
}

/// `tasks/get`.
///
/// # Errors
/// The caller has no such task.
pub fn get(
    server: &Server,
    id: &str,
    context: &RequestContext<RoleServer>,
) -> Result<GetTaskResult, ErrorData> {
    let job = server.host.tasks.find(&server.owner(context), id)?;
    let payload = match job.stage() {
        Stage::Working => TaskPayload::Working,
        Stage::Asks(input_requests) => TaskPayload::InputRequired { input_requests },
        Stage::Cancelled => TaskPayload::Cancelled,
        Stage::Ended(Ok(CallToolResponse::Complete(result))) => TaskPayload::Completed {
            result: object(json!(result)),
        },
        Stage::Ended(Ok(_)) => TaskPayload::Failed {
            error: object(json!(unanswerable())),
        },
        Stage::Ended(Err(error)) => TaskPayload::Failed {
            error: object(json!(error)),
        },
    };
    Ok(GetTaskResult::new(DetailedTask::new(task(&job), payload)))
}

/// `tasks/update`: answers to what a task asks.
///
/// # Errors
/// The caller has no such task.
pub fn update(
    server: &Server,
    id: &str,
    responses: InputResponses,
    context: &RequestContext<RoleServer>,
) -> Result<(), ErrorData> {
    let job = server.host.tasks.find(&server.owner(context), id)?;
    job.answer(responses);
    Ok(())
}

/// `tasks/cancel`; of one that has ended nothing is left to do.
///
/// # Errors
/// The caller has no such task.
pub fn cancel(
    server: &Server,
    id: &str,
    context: &RequestContext<RoleServer>,
) -> Result<(), ErrorData> {
    let job = server.host.tasks.find(&server.owner(context), id)?;
    job.cancel();
    Ok(())
}

/// What is said of a call that asks again what a task has no way to answer.
pub fn unanswerable() -> ErrorData {
    ErrorData::internal_error("the call asks for answers that a task cannot pass on", None)
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

fn task(job: &Job) -> Task {
    debug_assert!(job.kind() == Kind::Task, "nobody else may know its id");
    let (created, updated) = (written(job.created), written(job.updated()));
    Task::new(job.id.clone(), TaskStatus::Working, created, updated)
        .with_ttl_ms(TTL.as_millis() as u64)
        .with_poll_interval_ms(POLL_INTERVAL.as_millis() as u64)
}
