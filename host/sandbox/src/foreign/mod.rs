//! Components that are not ours: checked, compiled within limits, and called like programs, each call
//! in an instance of its own.
//!
//! Nothing of one is believed. Its size and shape are bounded before it is compiled, compiling it is
//! bounded in time and memory, what it imports is what the host links, and what it answers is data.

mod bounds;
mod call;
pub mod compiler;
mod component;
pub mod ending;
mod errors;
mod imports;
mod loading;
mod types;

pub use bounds::CompileLimits;
pub use call::Call;
pub use compiler::{Compiler, compile_for_parent};
pub use component::{Component, Function};
pub use errors::LoadError;
pub use loading::Foreign;
