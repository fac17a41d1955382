//! Stands in for worker processes on systems where a process cannot be locked as Linux can.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use wasmtime::component::Component;

use crate::{ExecuteError, Execution, Outcome, SandboxError, WorkersUsed};

/// As on Linux.
pub const WORKER_CALLS_MAX: u32 = 1_000;
/// As on Linux.
pub const WORKERS_MAX: u32 = 64;
/// As on Linux.
pub const WORKER_GRACE: Duration = Duration::from_secs(2);
/// As on Linux.
pub const WORKER_MEMORY_BYTES_MAX: u64 = 2 << 30;
/// As on Linux.
pub const WORKER_DESCRIPTORS_MAX: u64 = 128;

const LINUX_ALONE: &str =
    "only Linux can lock a process so that nothing is left to it; leave out `isolation` here";

/// As on Linux, where there are some.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "they are those of Linux")]
pub struct Workers {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub idle_max: usize,
    pub running_max: u32,
}

impl Workers {
    /// As on Linux.
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Self {
        Self {
            program,
            arguments,
            idle_max: 0,
            running_max: WORKERS_MAX,
        }
    }
}

/// There are none.
pub enum Pool {}

impl Pool {
    pub async fn start(_: &Workers, _: &Component) -> Result<Self, SandboxError> {
        Err(SandboxError::Worker(LINUX_ALONE.to_owned()))
    }

    pub async fn run(&self, _: &Execution, _: &Component) -> Result<Outcome, ExecuteError> {
        match *self {}
    }

    pub fn usage(&self) -> WorkersUsed {
        match *self {}
    }
}

/// Whether this system can lock a process.
///
/// # Errors
/// It cannot.
pub fn check_isolation() -> Result<(), String> {
    Err(LINUX_ALONE.to_owned())
}

/// Of use on Linux alone.
///
/// # Errors
/// Always.
pub fn work_for_parent() -> io::Result<()> {
    Err(io::Error::other(LINUX_ALONE))
}
