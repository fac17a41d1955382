//! Runs code in WebAssembly sandboxes made for one call each.
mod admission;
mod cache;
mod caller;
mod capabilities;
mod config;
mod engine;
mod errors;
mod execution;
mod files;
mod foreign;
mod guest;
mod javascript;
mod kept;
mod limit_kind;
mod limits;
mod memories;
mod memory_image;
mod metered;
mod network;
mod off_clock;
mod outcome;
mod pacing;
mod preparation;
mod report;
mod residence;
mod runtime;
mod sandbox;
mod source;
mod ticker;
mod turns;
mod usage;
#[cfg(target_os = "linux")]
mod worker;
#[cfg(not(target_os = "linux"))]
#[path = "worker_absent.rs"]
mod worker;
mod workers;

pub use caller::{
    Askable, Asked, Caller, CallerLevel, NoCaller, QUESTION_NAME_BYTES_MAX, QUESTIONS_MAX,
    Question, Unanswered,
};
pub use capabilities::{
    CapabilityError, Log, LogLevel, NoLog, NoState, NoTools, State, Tool, ToolCall,
};
pub use config::{Config, Isolation, NESTED_CONCURRENCY_MAX, NESTED_DEPTH_MAX};
pub use errors::{ExecuteError, SandboxError};
pub use execution::Execution;
pub use files::{
    Access, Directory, DirectoryError, Files, FilesUsed, GUEST_PATH_BYTES_MAX, OPEN_MAX,
    PATH_BYTES_MAX, Quota,
};
pub use foreign::{
    Call, CompileLimits, Compiler, Component, Function, LoadError, compile_for_parent,
};
pub use guest::Grants;
pub use javascript::engine_digest;
pub use kept::{KEEPING_LIMITS, KeptModule, KeptTool};
pub use limit_kind::{HANDOVER_BYTES_MAX, LimitKind};
pub use limits::{
    BOUNDARY_BYTES_MAX, CALL_BYTES_MAX, CODE_BYTES_MAX, HANDLES_MAX, HOST_CALLS_MAX,
    HOST_CALLS_PER_SECOND_MAX, INPUT_BYTES_MAX, INSTANCES, INSTANCES_MAX, Limits, MEMORIES_MAX,
    MEMORY_BYTES_MAX, OUTPUT_BYTES_MAX, Profile, STREAM_BYTES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX,
    TIMER_WAITS_MAX, WASM_STACK_BYTES_MAX,
};
pub use memories::{Memories, MemoryOperation, NoMemories};
pub use network::{
    AllowedHost, AttachError, AttachedHeader, Authorities, CONNECTIONS_MAX, HEADERS_MAX, HostError,
    LOOKUPS_MAX, Network, NetworkConfig, NetworkLimits, REDIRECTS_MAX, Redact, RequestRecord,
    Resolve, SystemResolver, Transport, URL_BYTES_MAX, WatchRequests,
};
pub use off_clock::{OffClock, Stopped};
pub use outcome::{
    ErrorType, Exception, Location, Outcome, Phases, Resources, ViolationType, Warning,
};
pub use pacing::CPU_BURST;
pub use residence::{INSTANCE_QUEUE_MAX, Residence};
pub use sandbox::Sandbox;
pub use source::{RuleAction, SourceError, SourcePolicy, with_program};
pub use usage::{InUse, Lookups, Places, Usage, WorkersUsed};
pub use worker::{check_isolation, work_for_parent};
pub use workers::{
    WORKER_CALLS_MAX, WORKER_DESCRIPTORS_MAX, WORKER_GRACE, WORKER_MEMORY_BYTES_MAX, WORKERS_MAX,
    Workers,
};
/// The target of all spans here: `queue`, `check`, `instantiate` and `run`, within the span of whoever executes; in place of the
/// last three `worker`, where programs run in worker processes. No span has anything that code or its caller wrote.
pub const TRACE: &str = "vesicle_trace";
/// Values and types of the component model, as [`Call`]s have them.
pub use wasmtime::component::{Val, types};
