//! Programs in processes of their own, so that even an escape from WebAssembly lands in an empty place.
//!
//! A worker process is this library again, in a program that calls [`work_for_parent`]. It is started ahead, loads the compiled
//! engine, and is locked (`lock.rs`) before it sees the first program: it can compute, and speak with the host over one socket
//! (`frames.rs`, `messages.rs`). Whatever a program may use is asked of the host (`link.rs` there, `desk.rs` here), which looks
//! at each grant again and takes nothing of what a worker says for granted. A worker serves one session with the same
//! directories, so many calls at most, and is ended with any call that does not end well (`pool.rs`).

mod alone;
mod artifact;
mod conversation;
mod desk;
mod frames;
mod link;
mod lock;
mod messages;
mod pool;
mod process;
mod starter;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub use lock::{WORKER_DESCRIPTORS_MAX, WORKER_MEMORY_BYTES_MAX, check as check_isolation};
pub use pool::Pool;
pub use process::work_for_parent;

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
    /// A program that calls [`work_for_parent`] and nothing else. It gets the arguments, no environment, a socket as its standard
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
