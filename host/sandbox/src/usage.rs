//! How much of a sandbox is in use, for whoever watches it.

use std::iter::Sum;

/// What is in use at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Places of executions.
    pub programs: Places,
    /// Places of executions that others wait for, at all depths together.
    pub nested: Places,
    /// Slots of instances in the pool.
    pub pool: InUse,
    /// Where compiled components were found since the beginning.
    pub compiled: Lookups,
    /// Worker processes, where programs run in such.
    pub workers: Option<WorkersUsed>,
}

/// Worker processes, and what became of them since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkersUsed {
    /// How many run a program.
    pub running: u64,
    /// How many are ready for one.
    pub idle: u64,
    /// How many were started.
    pub started: u64,
    /// How many ended because they had run as many programs as one may, or were of no more use.
    pub retired: u64,
    /// How many were ended with the call that they ran: it was given up, or took too long.
    pub stopped: u64,
    /// How many ended by themselves, or said what no worker says.
    pub failed: u64,
}

/// Places, and the queue in front of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Places {
    /// The places.
    pub running: InUse,
    /// Those who wait for one, and how many may.
    pub waiting: InUse,
}

/// Some of a bounded number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InUse {
    /// How many are taken.
    pub used: u64,
    /// How many there are.
    pub total: u64,
}

/// Where compiled components were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lookups {
    /// In memory.
    pub memory: u64,
    /// On the disk.
    pub disk: u64,
    /// Nowhere, so that they were compiled.
    pub missed: u64,
}

impl Sum for Places {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, next| Self {
            running: sum.running.with(next.running),
            waiting: sum.waiting.with(next.waiting),
        })
    }
}

impl InUse {
    fn with(self, other: Self) -> Self {
        Self {
            used: self.used + other.used,
            total: self.total + other.total,
        }
    }
}

impl Sum for Lookups {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, next| Self {
            memory: sum.memory + next.memory,
            disk: sum.disk + next.disk,
            missed: sum.missed + next.missed,
        })
    }
}
