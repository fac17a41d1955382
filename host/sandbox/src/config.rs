//! How a sandbox is set up.

use std::path::PathBuf;

use crate::Compiler;

/// How a [`Sandbox`](crate::Sandbox) is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where compiled components are kept between runs; `None` keeps them in memory only. The
    /// directory is made, and made private, where it is not.
    pub cache_dir: Option<PathBuf>,
    /// What compiles components that are not ours, in a process of its own. `None`: threads of this
    /// process, which cannot be stopped.
    pub compiler: Option<Compiler>,
    /// How many executions may be alive at once; more wait for their turn. Each may take up to
    /// 4 GiB of address space, of which it uses what its limits allow.
    pub concurrency_max: u32,
    /// How many executions of one session may be alive at once. `None`: a quarter of all.
    pub session_concurrency_max: Option<u32>,
    /// How many executions may wait for their turn; more are refused at once, with
    /// [`ExecuteError::Busy`](crate::ExecuteError::Busy). A quarter of them may be of one session.
    /// `None`: twice as many as may be alive, and 64 at least.
    pub queue_max: Option<u32>,
}

impl Default for Config {
    /// No cache on disk, 1 000 executions at once.
    fn default() -> Self {
        Self {
            cache_dir: None,
            compiler: None,
            concurrency_max: 1_000,
            session_concurrency_max: None,
            queue_max: None,
        }
    }
}
