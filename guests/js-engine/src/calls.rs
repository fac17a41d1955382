//! Capability calls in flight: a promise for each, which the host's answer settles.

use std::cell::RefCell;

use rquickjs::{Ctx, Exception, Function, Persistent, Value};

use crate::engine::{self, Hooks};
use crate::natives;
use crate::stack::Stack;
use crate::vesicle::plugin::{pending, tool_call, types};
use crate::{http, keeping};

struct Call {
    id: u32,
    kind: Kind,
    promise: Persistent<Value<'static>>,
    resolve: Persistent<Function<'static>>,
    reject: Persistent<Function<'static>>,
    /// Where it was made.
    stack: Stack,
    /// Called when it is over, whatever came of it.
    over: Option<Persistent<Function<'static>>>,
}

/// What was called.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A tool, which answers with JSON.
    Tool,
    /// A host, which answers with a response.
    Http,
    /// The memory, which answers with JSON.
    Memory,
    /// Whoever called a plugin, who answers with JSON.
    Caller,
}

impl Kind {
    /// What programs know it as.
    pub fn global(self) -> &'static str {
        match self {
            Self::Tool => "`tools`",
            Self::Http => "`fetch`",
            Self::Memory => "`memory`",
            Self::Caller => "`caller`",
        }
    }

    /// The functions of the prelude through which programs make the call. Functions of Rust have no
    /// frames.
    fn frames_of_ours(self) -> i32 {
        match self {
            Self::Tool | Self::Caller => 1,
            Self::Http | Self::Memory => 2,
        }
    }
}

thread_local! {
    static IN_FLIGHT: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// How many calls were started whose outcome has not arrived.
pub fn in_flight() -> usize {
    IN_FLIGHT.with_borrow(Vec::len)
}

/// Starts a call of a tool, and answers with the promise of its result.
pub fn start<'js>(ctx: Ctx<'js>, name: String, arguments: String) -> rquickjs::Result<Value<'js>> {
    begin(ctx, Kind::Tool, || tool_call::start(&name, &arguments))
}

/// Has the host start a call, and answers with the promise of what comes of it.
pub fn begin<'js>(
    ctx: Ctx<'js>,
    kind: Kind,
    start: impl FnOnce() -> Result<u32, types::Error>,
) -> rquickjs::Result<Value<'js>> {
    let stack = Stack::capture(&ctx, kind.frames_of_ours());
    let (promise, resolve, reject) = ctx.promise()?;
    let promise = promise.into_value();
    match keeping::refusal(kind.global()).map_or_else(start, Err) {
        Ok(id) => IN_FLIGHT.with_borrow_mut(|calls| {
            calls.push(Call {
                id,
                kind,
                promise: Persistent::save(&ctx, promise.clone()),
                resolve: Persistent::save(&ctx, resolve),
                reject: Persistent::save(&ctx, reject),
                stack,
                over: None,
            });
        }),
        Err(error) => {
            let error = engine::with_hooks(|hooks| call_error(&ctx, hooks, kind, &error, stack))?;
            reject.call::<_, ()>((error,))?;
        }
    }
    Ok(promise)
}

/// Has `over` called when the call behind `promise` is over, at once where it is already.
pub fn when_over<'js>(
    ctx: Ctx<'js>,
    promise: Value<'js>,
    over: Function<'js>,
) -> rquickjs::Result<()> {
    let waits = with_call_of(&ctx, &promise, |calls, index| {
        if let Some(call) = calls.get_mut(index) {
            call.over = Some(Persistent::save(&ctx, over.clone()));
        }
    });
    match waits {
        Some(()) => Ok(()),
        None => over.call(()),
    }
}

/// Gives up on the call behind `promise`, if it is not over, and rejects it with `reason`.
pub fn give_up<'js>(
    ctx: Ctx<'js>,
    promise: Value<'js>,
    reason: Value<'js>,
) -> rquickjs::Result<()> {
    let Some(call) = with_call_of(&ctx, &promise, |calls, index| calls.swap_remove(index)) else {
        return Ok(());
    };
    pending::cancel(call.id);
    call.stack.let_go(&ctx);
    call.reject.restore(&ctx)?.call((reason,))
}

fn with_call_of<'js, T>(
    ctx: &Ctx<'js>,
    promise: &Value<'js>,
    work: impl FnOnce(&mut Vec<Call>, usize) -> T,
) -> Option<T> {
    IN_FLIGHT.with_borrow_mut(|calls| {
        let is_it = |call: &Call| {
            let kept = call.promise.clone().restore(ctx);
            kept.is_ok_and(|kept| kept == *promise)
        };
        let index = calls.iter().position(is_it)?;
        Some(work(calls, index))
    })
}

/// Whether the program goes on with what a call came to.
#[derive(Clone, Copy, PartialEq)]
pub enum Settled {
    /// It does.
    GoesOn,
    /// It is answered in another call, and this one is over.
    Later,
}

/// What stands in place of answers that come in another call.
const LATER: &str = "null";

/// Settles the promise of a call that has ended.
pub fn settle(
    ctx: &Ctx<'_>,
    hooks: &Hooks,
    completion: pending::Completion,
) -> rquickjs::Result<Settled> {
    let call = IN_FLIGHT.with_borrow_mut(|calls| {
        let index = calls.iter().position(|call| call.id == completion.id)?;
        Some(calls.swap_remove(index))
    });
    let Some(call) = call else {
        return Ok(Settled::GoesOn);
    };
    if let (Kind::Caller, Ok(LATER)) = (call.kind, completion.outcome.as_deref()) {
        call.stack.let_go(ctx);
        return Ok(Settled::Later);
    }
    let resolve = call.resolve.restore(ctx)?;
    let reject = call.reject.restore(ctx)?;
    let answer = completion.outcome.and_then(|json| match call.kind {
        Kind::Tool | Kind::Memory | Kind::Caller => Ok(Answer::Json(json)),
        Kind::Http => http::take(call.id).map(Answer::Response),
    });
    match answer {
        Ok(answer) => {
            call.stack.let_go(ctx);
            match answer.into_value(ctx) {
                Ok(value) => resolve.call::<_, ()>((value,))?,
                Err(rquickjs::Error::Exception) => reject.call::<_, ()>((ctx.catch(),))?,
                Err(error) => {
                    let error = Exception::from_message(ctx.clone(), &error.to_string())?;
                    reject.call::<_, ()>((error,))?;
                }
            }
        }
        Err(error) => {
            let error = call_error(ctx, hooks, call.kind, &error, call.stack)?;
            reject.call::<_, ()>((error,))?;
        }
    }
    if let Some(over) = call.over {
        over.restore(ctx)?.call::<_, ()>(())?;
    }
    Ok(Settled::GoesOn)
}

/// What the host answered with.
enum Answer {
    Json(String),
    Response(http::Response),
}

impl Answer {
    fn into_value<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        match self {
            Self::Json(json) => ctx.json_parse(json),
            Self::Response(response) => http::told(ctx, response),
        }
    }
}

/// The error that a refusal or failure becomes, with the stack of its call.
fn call_error<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    kind: Kind,
    error: &types::Error,
    stack: Stack,
) -> rquickjs::Result<Value<'js>> {
    let (code, message, retry_after_ms) = natives::refusal(error);
    let stack = stack.tell(ctx);
    let error = match kind {
        Kind::Tool => hooks.tool_error(ctx)?,
        Kind::Http => hooks.fetch_error(ctx)?,
        Kind::Memory => hooks.memory_error(ctx)?,
        Kind::Caller => hooks.caller_error(ctx)?,
    };
    error.call((code, message, stack, retry_after_ms))
}
