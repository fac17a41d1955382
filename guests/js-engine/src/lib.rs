//! The JavaScript engine of Vesicle: QuickJS, through Javy, behind the `engine` world.
//!
//! `boot` runs once, when the engine is built, and the memory that it leaves is the engine's
//! snapshot. So nothing in it may read a clock, take randomness or write: the answer would be
//! frozen into every sandbox. The same holds for `keep`, which evaluates a plugin's module before a
//! second snapshot. `run` happens once in the life of an instance, `call` as often as the host wants.

mod caller;
mod calls;
mod class;
mod engine;
mod event_loop;
mod exception;
mod files;
mod heap;
mod http;
mod keeping;
mod kept;
mod libc;
mod memory;
mod natives;
mod program;
mod quickjs_heap;
mod random;
mod serialize;
mod stack;
mod state;
mod streams;
mod text;

use std::alloc::Layout;

wit_bindgen::generate!({ path: "../../wit", world: "plugin-engine", generate_all });

use exports::vesicle::plugin::evaluate::{Completion, Failure, Program};
use exports::vesicle::plugin::tools::{Definition, Error};
use exports::vesicle::plugin::{evaluate, kept as plugin, tools};

struct JavaScript;

impl evaluate::Guest for JavaScript {
    fn run(program: Program) -> Result<Completion, Failure> {
        program::run(program)
    }
}

impl plugin::Guest for JavaScript {
    fn keep(program: Program, tools: Vec<Definition>) -> Result<(), Failure> {
        kept::keep(program, tools)
    }

    fn call(tool: String, arguments: String) -> Result<Completion, Failure> {
        kept::call(&tool, &arguments)
    }
}

impl tools::Guest for JavaScript {
    fn list_tools() -> Result<Vec<Definition>, Error> {
        Ok(kept::tools())
    }

    fn call_tool(name: String, arguments: String) -> Result<String, Error> {
        kept::call_tool(&name, &arguments)
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
/// It begins at a page's end, so that shallow programs touch one page of it.
const STACK_ALIGN: usize = 4096;

/// Reserves the programs' stack above the booted heap and answers with its top, where it begins.
/// Called after `boot` by whoever takes the snapshot.
#[unsafe(no_mangle)]
pub extern "C" fn reserve_stack() -> *mut u8 {
    heap::take_over_boot_stack();
    heap::close_front();
    let layout = Layout::from_size_align(STACK_BYTES, STACK_ALIGN).expect("a valid layout");
    // SAFETY: the size is not zero, and the block is in bounds up to its end.
    let top = unsafe {
        let stack = std::alloc::alloc_zeroed(layout);
        assert!(!stack.is_null(), "there is memory for a stack");
        keeping::remember_stack(stack);
        stack.add(STACK_BYTES)
    };
    heap::open_front();
    top
}
