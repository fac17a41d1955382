//! Worker processes as they are configured, and their bounds. What they are is in `worker/`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What a worker process may have of writable memory, in bytes: the largest sandbox, what reading the worst source takes, and
/// as much again.
pub const WORKER_MEMORY_BYTES_MAX: u64 = 2 << 30;
/// How many descriptors it may have: what a program may have open of files, and a dozen of its own.
pub const WORKER_DESCRIPTORS_MAX: u64 = 128;

/// How many programs a worker process runs before another takes its place.
pub const WORKER_CALLS_MAX: u32 = 1_000;
/// How many programs run in worker processes at once by default; more wait. Each takes some 5 MB of its own
/// and what its program uses.
pub const WORKERS_MAX: u32 = 64;
/// How much longer than its wall time a program may take before its process is ended: the worker stops it in time, unless it
/// is the program's by now.
pub const WORKER_GRACE: Duration = Duration::from_secs(2);

/// Worker processes, and the program that they are.
#[derive(Debug, Clone)]
pub struct Workers {
    /// A program that calls [`work_for_parent`](crate::work_for_parent) and nothing else. It gets the arguments, no environment, a socket as its standard
    /// input and the compiled engine as its standard output.
    pub program: PathBuf,
    /// What tells it to work.
    pub arguments: Vec<OsString>,
    /// How many are kept ready for programs to come, those that have served somebody included. Two for each processor, unless
    /// somebody says otherwise.
    pub idle_max: usize,
    /// How many programs run at once, of those that no other program waits for.
    pub running_max: u32,
}

impl Workers {
    /// Of this program and these arguments.
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            program,
            arguments,
            idle_max: 2 * processors,
            running_max: WORKERS_MAX,
        }
    }
}
