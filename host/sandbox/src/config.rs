//! How a sandbox is set up.

use std::path::PathBuf;

use crate::{Compiler, Workers};

/// How deep executions may wait for one another: a program for a call, which waits for another, and so on.
pub const NESTED_DEPTH_MAX: usize = 4;
/// How many executions that others wait for may be alive at once, at each depth.
pub const NESTED_CONCURRENCY_MAX: u32 = 32;

/// How many instances may stay from one call to the next where nothing is said.
const RESIDENTS_MAX: u32 = 64;
/// How many executions that others wait for may wait for their turn, at each depth.
const NESTED_QUEUE_MAX: u32 = 10_000;

/// How a [`Sandbox`](crate::Sandbox) is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where compiled components are kept between runs; `None` keeps them in memory only. The
    /// directory is made, and made private, where it is not.
    pub cache_dir: Option<PathBuf>,
    /// What compiles components that are not ours, in a process of its own. `None`: threads of this
    /// process, which cannot be stopped.
    pub compiler: Option<Compiler>,
    /// Where programs run.
    pub isolation: Isolation,
    /// How many executions may be alive at once; more wait for their turn. Each may take up to
    /// 4 GiB of address space, of which it uses what its limits allow.
    pub concurrency_max: u32,
    /// How many executions of one session may be alive at once. `None`: a quarter of all.
    pub session_concurrency_max: Option<u32>,
    /// How many instances may stay from one call to the next (see [`Residence`](crate::Residence)); a
    /// quarter of them may be of one session.
    pub residents_max: u32,
    /// How many executions may wait for their turn; more are refused at once, with
    /// [`ExecuteError::Busy`](crate::ExecuteError::Busy). A quarter of them may be of one session.
    /// `None`: twice as many as may be alive, and 64 at least.
    pub queue_max: Option<u32>,
}

/// Where programs run: what stands around the sandbox of each.
#[derive(Debug, Clone, Default)]
pub enum Isolation {
    /// In this process, on its threads.
    #[default]
    Thread,
    /// In worker processes, of which each serves one session and can do nothing but compute. Linux alone. Components and modules
    /// that stay loaded run in this process nevertheless.
    Process(Workers),
}

impl Default for Config {
    /// No cache on disk, 1 000 executions at once, 64 instances that stay.
    fn default() -> Self {
        Self {
            cache_dir: None,
            compiler: None,
            isolation: Isolation::Thread,
            concurrency_max: 1_000,
            session_concurrency_max: None,
            residents_max: RESIDENTS_MAX,
            queue_max: None,
        }
    }
}

impl Config {
    /// With no more executions at once than there may be processes for them.
    pub(crate) fn settled(mut self) -> Self {
        if let Isolation::Process(workers) = &self.isolation {
            self.concurrency_max = self.concurrency_max.min(workers.running_max);
        }
        self
    }

    /// How many executions that others wait for may be alive at once, at each depth.
    pub(crate) fn nested_concurrency(&self) -> u32 {
        self.concurrency_max.clamp(1, NESTED_CONCURRENCY_MAX)
    }

    /// How many guests may be alive at once in all.
    pub(crate) fn places(&self) -> u32 {
        let nested = self.nested_concurrency() * NESTED_DEPTH_MAX as u32;
        let running = self.concurrency_max.saturating_add(nested);
        running.saturating_add(self.residents_max)
    }

    /// The same sandbox, as executions see it that others wait for. Few programs make the one that
    /// waits go on sooner by coming later, so that the queue is long.
    pub(crate) fn nested(&self) -> Self {
        Self {
            concurrency_max: self.nested_concurrency(),
            session_concurrency_max: None,
            queue_max: Some(NESTED_QUEUE_MAX),
            ..self.clone()
        }
    }
}
