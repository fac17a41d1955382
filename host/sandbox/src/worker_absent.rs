//! Stands in for worker processes on systems where a process cannot be locked as Linux can.

use std::io;

use wasmtime::component::Component;

use crate::{ExecuteError, Execution, Outcome, SandboxError, Workers, WorkersUsed};

const LINUX_ALONE: &str =
    "only Linux can lock a process so that nothing is left to it; leave out `isolation` here";

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
