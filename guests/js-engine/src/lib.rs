//! The JavaScript engine of Vesicle: QuickJS, through Javy, behind the `engine` world.
//!
//! `boot` runs once, when the engine is built, and the memory that it leaves is the engine's
//! snapshot. So nothing in it may read a clock, take randomness or write: the answer would be
//! frozen into every sandbox. `run` happens once in the life of an instance.

mod class;
mod engine;
mod event_loop;
mod exception;
mod natives;
mod program;
mod serialize;
mod text;

wit_bindgen::generate!({ path: "../../wit", world: "engine" });

use exports::vesicle::plugin::evaluate::{Completion, Failure, Guest, Program};

struct JavaScript;

impl Guest for JavaScript {
    fn run(program: Program) -> Result<Completion, Failure> {
        program::run(program)
    }
}

export!(JavaScript);

/// Makes the runtime and evaluates the prelude. Called by Wizer, never by the host.
#[unsafe(export_name = "boot")]
pub extern "C" fn boot() {
    engine::boot();
}

/// The stack that programs run on: what JavaScript may use of it, and room for native code between
/// two of the checks that keep JavaScript within.
const STACK_BYTES: usize = engine::STACK_BYTES_MAX + 256 * 1024;

/// Reserves the programs' stack above the booted heap and answers with its top, where it begins.
/// Called after `boot` by whoever takes the snapshot.
#[unsafe(no_mangle)]
pub extern "C" fn reserve_stack() -> *const u8 {
    let stack: &'static mut [u128] = Vec::leak(vec![0; STACK_BYTES / size_of::<u128>()]);
    stack.as_ptr_range().end.cast()
}
