//! Why there is no sandbox, or no outcome.

use crate::MEMORY_BYTES_MAX;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Wasmtime refused, for want of address space most likely; fewer executions at once need less.
    #[error("the WebAssembly engine does not start: {0:#}")]
    Engine(wasmtime::Error),
    /// The system gave no thread.
    #[error("the system gives no thread")]
    Thread(#[from] std::io::Error),
    /// Programs are to run in worker processes, and there can be none.
    #[error(
        "no program can run in a process of its own, as `isolation = \"process\"` under [sandbox] wants: {0}"
    )]
    Worker(String),
    /// The compiler failed.
    #[error("compiling the engine stopped")]
    Compile(#[from] tokio::task::JoinError),
}

impl From<wasmtime::Error> for SandboxError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Engine(error)
    }
}

/// Why an execution could not be tried. What the code does is never a reason; that is an
/// [`Outcome`](crate::Outcome).
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A fault of the host.
    #[error("the sandbox failed: {0:#}")]
    Internal(wasmtime::Error),
    /// The process that ran the program ended in the midst of it. Nothing is known of what it came to.
    #[error("the worker process ended before the program did, by {0}; the call may be tried again")]
    Worker(String),
    /// The limits ask for more than the pool has.
    #[error(
        "a memory limit of {asked} bytes is more than the {MEMORY_BYTES_MAX} that a sandbox can have"
    )]
    MemoryLimit {
        /// What was asked for, in bytes.
        asked: usize,
    },
    /// Another of the limits is one that no sandbox can keep.
    #[error("a limit `{name}` of {asked} cannot be kept; ask for {least} to {most}")]
    Limit {
        /// Its name in [`Limits`](crate::Limits).
        name: &'static str,
        /// What was asked for.
        asked: u64,
        /// The least that can be asked for.
        least: u64,
        /// The most that can be asked for.
        most: u64,
    },
    /// A component was compiled for calls with fuel and is called without, or the other way round.
    #[error("a component is called with fuel if it was compiled for that, and only then")]
    Fuel,
    /// Too many calls wait for an instance that stays. Answered at once.
    #[error(
        "{waiting} calls wait for the instance of this session already; await some before making more"
    )]
    InstanceBusy {
        /// How many wait.
        waiting: usize,
    },
    /// No further instance may stay from one call to the next.
    #[error(
        "{who} keeps {most} instances between calls already, and may keep no more; end one of its sessions, or try again later"
    )]
    Residents {
        /// "the sandbox" or "this session".
        who: &'static str,
        /// How many it may keep.
        most: usize,
    },
    /// All places are taken, and so are those in the queue. Answered at once.
    #[error(
        "{who} is busy, with {running_max} running and {waiting} waiting; try again in {retry_after_ms} ms"
    )]
    Busy {
        /// "the sandbox" or "this session".
        who: &'static str,
        /// How many executions it may have at once.
        running_max: usize,
        /// How many wait.
        waiting: usize,
        /// When a place is likely to be free, judged by how long recent executions took.
        retry_after_ms: u64,
    },
}
