//! Runs code in WebAssembly sandboxes made for one call each.
mod admission;
mod cache;
mod capabilities;
mod config;
mod engine;
mod errors;
mod execution;
mod files;
mod guest;
mod javascript;
mod limit_kind;
mod limits;
mod metered;
mod outcome;
mod pacing;
mod preparation;
mod report;
mod sandbox;
mod source;
mod ticker;
mod turns;

pub use capabilities::{CapabilityError, NoState, NoTools, State, Tool, ToolCall};
pub use config::Config;
pub use errors::{ExecuteError, SandboxError};
pub use execution::Execution;
pub use files::{
    Access, Directory, DirectoryError, Files, FilesUsed, GUEST_PATH_BYTES_MAX, OPEN_MAX,
    PATH_BYTES_MAX, Quota,
};
pub use limit_kind::{HANDOVER_BYTES_MAX, LimitKind};
pub use limits::{
    BOUNDARY_BYTES_MAX, CALL_BYTES_MAX, CODE_BYTES_MAX, HANDLES_MAX, HOST_CALLS_MAX,
    HOST_CALLS_PER_SECOND_MAX, INPUT_BYTES_MAX, INSTANCES_MAX, Limits, MEMORY_BYTES_MAX,
    OUTPUT_BYTES_MAX, Profile, STREAM_BYTES_MAX, TABLE_ELEMENTS_MAX, TIMER_WAITS_MAX,
    WASM_STACK_BYTES_MAX,
};
pub use outcome::{ErrorType, Exception, Location, Outcome, Resources, ViolationType, Warning};
pub use pacing::CPU_BURST;
pub use sandbox::Sandbox;
pub use source::{RuleAction, SourcePolicy};
