//! Runs code in WebAssembly sandboxes made for one call each.
mod cache;
mod capabilities;
mod engine;
mod execution;
mod files;
mod guest;
mod limits;
mod metered;
mod outcome;
mod preparation;
mod report;
mod sandbox;
mod source;
mod ticker;

pub use capabilities::{CapabilityError, NoTools, Tool, ToolCall};
pub use execution::Execution;
pub use files::{
    Access, Directory, DirectoryError, Files, FilesUsed, GUEST_PATH_BYTES_MAX, OPEN_MAX,
    PATH_BYTES_MAX, Quota,
};
pub use limits::{
    CODE_BYTES_MAX, INPUT_BYTES_MAX, Limits, MEMORY_BYTES_MAX, OUTPUT_BYTES_MAX, Profile,
    STREAM_BYTES_MAX,
};
pub use outcome::{ErrorType, Exception, Location, Outcome, Resources, ViolationType};
pub use sandbox::{Config, ExecuteError, Sandbox, SandboxError};
