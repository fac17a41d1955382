//! Runs what a program left to be done: microtasks, timers, and calls in flight.

use std::cell::RefCell;

use javy::Runtime;
use rquickjs::{Ctx, Persistent, Promise, Value};

use crate::calls::Settled;
use crate::engine::Hooks;
use crate::exports::vesicle::plugin::evaluate::Exception;
use crate::natives;
use crate::vesicle::plugin::pending;
use crate::{calls, class, exception};

/// How many uncaught errors are reported; the rest are counted in the last one.
const UNCAUGHT_MAX: usize = 16;

/// What the prelude says when no timer is set.
const NO_TIMER: f64 = -1.0;

type Kept = Persistent<Value<'static>>;

thread_local! {
    /// Rejected promises that nobody handles so far, with their reasons.
    static REJECTED: RefCell<Vec<(Kept, Kept)>> = const { RefCell::new(Vec::new()) };
    /// Errors thrown where nobody could catch them.
    static REPORTED: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// Keeps an error that was thrown in a timer or microtask.
pub fn report_error<'js>(ctx: Ctx<'js>, error: Value<'js>) {
    let kept = Persistent::save(&ctx, error);
    REPORTED.with_borrow_mut(|reported| reported.push(kept));
}

/// Keeps account of promises that are rejected and not (yet) handled.
pub fn track_rejections(runtime: &Runtime) {
    let tracker: rquickjs::runtime::RejectionTracker = Box::new(|ctx, promise, reason, handled| {
        REJECTED.with_borrow_mut(|rejected| {
            if handled {
                rejected.retain(|(kept, _)| {
                    kept.clone().restore(&ctx).is_ok_and(|kept| kept != promise)
                });
            } else {
                let promise = Persistent::save(&ctx, promise);
                rejected.push((promise, Persistent::save(&ctx, reason)));
            }
        });
    });
    runtime
        .context()
        .runtime()
        .set_host_promise_rejection_tracker(Some(tracker));
}

/// How the loop ended.
pub enum End {
    /// The main promise is settled, and nothing that keeps the program alive is left.
    Settled,
    /// The main promise is pending, and nothing can settle it any more.
    Stuck,
    /// Whoever called answers in another call.
    Later,
}

/// Runs until `main` is settled and all calls and timeouts are done; intervals alone do not keep a
/// program alive. A rejected `main` ends the program at once.
pub fn run(ctx: &Ctx<'_>, hooks: &Hooks, main: &Value<'_>) -> rquickjs::Result<End> {
    loop {
        while ctx.execute_pending_job() {}
        let settled = match main_state(main) {
            Some(State::Rejected) => return Ok(End::Settled),
            Some(State::Pending) => false,
            Some(State::Fulfilled) | None => true,
        };
        let calls = calls::in_flight();
        // Most programs set no timer; asking the prelude costs them pages that they do not touch.
        let (live_timers, next_timer) = match natives::clock_was_read() {
            true => (
                hooks.live_timers(ctx)?.call::<_, u32>(())?,
                hooks.next_timer(ctx)?.call(())?,
            ),
            false => (0, NO_TIMER),
        };
        if settled && calls == 0 && live_timers == 0 {
            return Ok(End::Settled);
        }
        if next_timer < 0.0 && calls == 0 {
            return Ok(if settled { End::Settled } else { End::Stuck });
        }
        if next_timer >= 0.0 && hooks.fire_timers(ctx)?.call((natives::now_ms(),))? {
            continue;
        }
        let timeout_us = (next_timer >= 0.0)
            .then(|| ((next_timer - natives::now_ms()).max(0.0) * 1e3).ceil() as u64);
        if let Some(completion) = pending::wait(timeout_us)
            && calls::settle(ctx, hooks, completion)? == Settled::Later
        {
            return Ok(End::Later);
        }
    }
}

enum State {
    Pending,
    Fulfilled,
    Rejected,
}

/// The state of the main value, if it is a promise.
fn main_state(main: &Value<'_>) -> Option<State> {
    use rquickjs::promise::PromiseState;
    if class::of(main) != "Promise" {
        return None;
    }
    let promise = Promise::from_value(main.clone()).ok()?;
    Some(match promise.state() {
        PromiseState::Pending => State::Pending,
        PromiseState::Resolved => State::Fulfilled,
        PromiseState::Rejected => State::Rejected,
    })
}

/// What was thrown or rejected and never caught, apart from `main` itself.
pub fn uncaught<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    program: &str,
    main: &Value<'js>,
) -> Vec<Exception> {
    let reported = REPORTED.take();
    let rejected = REJECTED.take().into_iter().filter_map(|(promise, reason)| {
        let promise = promise.restore(ctx).ok()?;
        (promise != *main).then_some(reason)
    });
    let mut all = reported
        .into_iter()
        .chain(rejected)
        .filter_map(|kept| kept.restore(ctx).ok());
    let mut exceptions: Vec<_> = all
        .by_ref()
        .take(UNCAUGHT_MAX)
        .map(|thrown| exception::describe(ctx, hooks, program, thrown))
        .collect();
    let more = all.count();
    if let (Some(last), 1..) = (exceptions.last_mut(), more) {
        last.message
            .push_str(&format!(" (and {more} more uncaught errors)"));
    }
    exceptions
}
