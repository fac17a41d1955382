//! The time in which a plugin's module is evaluated, before the snapshot that all of its calls begin
//! with: what is not there meanwhile, and what must not be left behind.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;

use rquickjs::Ctx;

use crate::natives::throw_refusal;
use crate::vesicle::plugin::types::Error;
use crate::{heap, streams};

thread_local! {
    static IS_KEEPING: Cell<bool> = const { Cell::new(false) };
    /// The lower end of the programs' stack.
    static STACK: Cell<*mut u8> = const { Cell::new(ptr::null_mut()) };
}

unsafe extern "C" {
    /// As in `quickjs/clock.patch`: whether `Date` refuses to tell the time.
    static mut JS_ClockIsRefused: c_int;
}

/// What is left of the stack that [`wipe_stack`] runs on, below the address of its variable.
const OWN_FRAME_BYTES: usize = 256;

/// Runs `work` with nothing of the outside there. What it allocates goes to the front, as in a call: a
/// page of a module costs each instance a fault where it lies elsewhere, whether the call touches it or
/// not, since a module's memory is copied over the engine's.
pub fn during<T>(work: impl FnOnce() -> T) -> T {
    set(true);
    let done = work();
    // What was free before may have been asked for and not found.
    heap::open_front();
    set(false);
    streams::close();
    wipe_stack();
    done
}

fn set(is_keeping: bool) {
    IS_KEEPING.set(is_keeping);
    // SAFETY: there is one thread.
    unsafe { JS_ClockIsRefused = is_keeping.into() };
}

/// Why something cannot be had, if it cannot.
pub fn refusal(what: &str) -> Option<Error> {
    IS_KEEPING.get().then(|| {
        Error::Denied(format!(
            "{what} cannot be used while the plugin is built, since its answer would be the same in every call; use it in the function that needs it"
        ))
    })
}

/// Throws where something cannot be had.
pub fn check(ctx: &Ctx<'_>, what: &str) -> rquickjs::Result<()> {
    match refusal(what) {
        None => Ok(()),
        Some(error) => Err(throw_refusal(ctx, &error)),
    }
}

/// Notes where the programs' stack lies.
pub fn remember_stack(lower_end: *mut u8) {
    STACK.set(lower_end);
}

/// Zeroes what calls have left below the stack in use, so that it is not in the snapshot.
#[inline(never)]
fn wipe_stack() {
    let here = 0_u8;
    let lower_end = STACK.get();
    let used = (&raw const here).addr() - OWN_FRAME_BYTES;
    // SAFETY: nobody uses the stack below this function's own frame.
    unsafe { ptr::write_bytes(lower_end, 0, used - lower_end.addr()) };
}
