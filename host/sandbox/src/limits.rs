//! How much one execution may use. Each bound has one owner that enforces it and an outcome of its
//! own; `SECURITY.md` has the table.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ExecuteError;

/// The longest source text that any limits may allow, in bytes.
pub const CODE_BYTES_MAX: usize = 100 * 1024;
/// The longest input that any limits may allow, in bytes of JSON.
pub const INPUT_BYTES_MAX: usize = 8 << 20;
/// The longest result that any limits may allow, in bytes of JSON; the engine has the same bound.
pub const OUTPUT_BYTES_MAX: usize = 8 << 20;
/// How much of each of standard output and standard error is kept by default, in bytes.
pub const STREAM_BYTES_MAX: usize = 64 * 1024;
/// The most memory that any limits may give, in bytes; the pool reserves for it.
pub const MEMORY_BYTES_MAX: usize = 256 << 20;
/// The most elements that tables may have; the pool reserves as many for each. The JavaScript
/// engine's function table has about 2 000.
pub const TABLE_ELEMENTS_MAX: usize = 20_000;
/// The most core instances that any limits may allow a guest to consist of. Components that were
/// linked from shared libraries have some dozens.
pub const INSTANCES_MAX: usize = 100;
/// How many core instances a guest may consist of by default. The JavaScript engine with its adapter
/// and its shims has 3; what Rust's and others' toolchains make of one module has about as many.
pub const INSTANCES: usize = 8;
/// How many linear memories a component may have. Each takes 4 GiB of address space.
pub const MEMORIES_MAX: usize = 8;
/// How many tables a component may have.
pub const TABLES_MAX: usize = 64;
/// How many handles of component-model resources a guest may have by default. The JavaScript engine
/// needs a few for its streams.
pub const HANDLES_MAX: usize = 1_024;
/// How many capability calls an execution may make by default.
pub const HOST_CALLS_MAX: u64 = 10_000;
/// How many capability calls an execution may make in any second by default.
pub const HOST_CALLS_PER_SECOND_MAX: u32 = 2_000;
/// The most that one capability call may carry in either direction, in bytes, under any limits.
pub const CALL_BYTES_MAX: usize = 8 << 20;
/// What all capability calls of an execution may carry together by default, in bytes.
pub const BOUNDARY_BYTES_MAX: u64 = 64 << 20;
/// How often a program may wait for a timer by default. Timers are rounded up to milliseconds, so a
/// program of the longest profile waits some 10 000 times at most.
pub const TIMER_WAITS_MAX: u64 = 100_000;
/// What native code of a guest may put on the stack, in bytes; the same for every execution.
/// JavaScript's own limit, which code can catch, is on the guest's other stack in its memory (see
/// `guests/js-engine`), and this is what that needs at most in most programs. Address space: what
/// is not used costs nothing.
pub const WASM_STACK_BYTES_MAX: usize = 16 << 20;

/// The bounds of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How long it may take, waiting included, time in the queue left out. Beyond it:
    /// [`Outcome::Timeout`](crate::Outcome::Timeout).
    pub wall_time: Duration,
    /// How long guest code may run, or the host for it; waiting is free. Looked at once a
    /// millisecond. Beyond it: [`LimitKind::CpuTime`](crate::LimitKind::CpuTime). `None`: as much
    /// as [`Self::cpu_percent`] leaves of [`Self::wall_time`].
    pub cpu_time: Option<Duration>,
    /// The share of a processor that it may use, from 1 to 100. A program that has used its first
    /// [`CPU_BURST`](crate::CPU_BURST) is paused whenever it is above this share of the time since
    /// its start. It has no outcome but time.
    pub cpu_percent: u32,
    /// How much linear memory it may have, in bytes; at most [`MEMORY_BYTES_MAX`]. Growth beyond it
    /// fails in the guest; a program that does not cope ends as
    /// [`ErrorType::OutOfMemory`](crate::ErrorType::OutOfMemory).
    pub memory_bytes: usize,
    /// How many elements its tables may have together; at most [`TABLE_ELEMENTS_MAX`]. Growth beyond
    /// it fails in the guest; one that does not cope ends as
    /// [`LimitKind::TableElements`](crate::LimitKind::TableElements).
    pub table_elements: usize,
    /// How many core instances the guest may consist of; at most [`INSTANCES_MAX`]. Beyond it:
    /// [`LimitKind::Instances`](crate::LimitKind::Instances).
    pub instances: usize,
    /// How many handles of component-model resources it may have at once. Beyond it:
    /// [`LimitKind::Handles`](crate::LimitKind::Handles).
    pub handles: usize,
    /// How many capability calls it may make. A call beyond it is refused with a `ToolError` that
    /// code can catch; its `code` is `limit_exceeded`.
    pub host_calls: u64,
    /// How many capability calls it may make in a second, at least 1; a second's worth may come at
    /// once. A call beyond it is refused as with [`Self::host_calls`]; its `code` is `rate_limited`,
    /// and its `retryAfterMs` says when to try again.
    pub host_calls_per_second: u32,
    /// What one capability call may carry in either direction, in bytes: its name and arguments, or
    /// its answer. At most [`CALL_BYTES_MAX`]. Refused as with [`Self::host_calls`].
    pub call_bytes: usize,
    /// What all capability calls may carry together in both directions, in bytes. Refused as with
    /// [`Self::host_calls`].
    pub boundary_bytes: u64,
    /// How much of each of standard output and standard error is kept, in bytes. The rest is
    /// counted and dropped, and a note says so.
    pub stream_bytes: usize,
    /// The longest result, in bytes of JSON; at most [`OUTPUT_BYTES_MAX`]. Beyond it:
    /// [`ErrorType::InvalidResult`](crate::ErrorType::InvalidResult).
    pub output_bytes: usize,
    /// The longest source text, in bytes; at most [`CODE_BYTES_MAX`]. Beyond it:
    /// [`ErrorType::Syntax`](crate::ErrorType::Syntax).
    pub code_bytes: usize,
    /// The longest input, in bytes of JSON; at most [`INPUT_BYTES_MAX`]. Beyond it:
    /// [`ErrorType::InvalidInput`](crate::ErrorType::InvalidInput).
    pub input_bytes: usize,
    /// How often it may wait for a timer. Beyond it:
    /// [`LimitKind::TimerWaits`](crate::LimitKind::TimerWaits).
    pub timer_waits: u64,
    /// How much WebAssembly it may run, in Wasmtime's units of about one instruction. `None`: no
    /// bound, and faster code. The same code with the same input takes the same fuel, unless it
    /// asks for the time, for randomness or for a tool. The first execution with fuel compiles the
    /// engine once more. Beyond it: [`LimitKind::Fuel`](crate::LimitKind::Fuel).
    pub fuel: Option<u64>,
}

/// Named sets of limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// 3 s, 64 MB, 30 % of a processor: code from strangers.
    Restrictive,
    /// 5 s, 128 MB, 50 % of a processor.
    #[default]
    Default,
    /// 10 s, 256 MB, 80 % of a processor: code that one would run by hand.
    Permissive,
}

impl Profile {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("restrictive", Self::Restrictive),
        ("default", Self::Default),
        ("permissive", Self::Permissive),
    ];

    /// Its limits.
    pub const fn limits(self) -> Limits {
        let (seconds, megabytes, cpu_percent) = match self {
            Self::Restrictive => (3, 64, 30),
            Self::Default => (5, 128, 50),
            Self::Permissive => (10, 256, 80),
        };
        Limits {
            wall_time: Duration::from_secs(seconds),
            cpu_time: None,
            cpu_percent,
            memory_bytes: megabytes << 20,
            table_elements: TABLE_ELEMENTS_MAX,
            instances: INSTANCES,
            handles: HANDLES_MAX,
            host_calls: HOST_CALLS_MAX,
            host_calls_per_second: HOST_CALLS_PER_SECOND_MAX,
            call_bytes: CALL_BYTES_MAX,
            boundary_bytes: BOUNDARY_BYTES_MAX,
            stream_bytes: STREAM_BYTES_MAX,
            output_bytes: OUTPUT_BYTES_MAX,
            code_bytes: CODE_BYTES_MAX,
            input_bytes: INPUT_BYTES_MAX,
            timer_waits: TIMER_WAITS_MAX,
            fuel: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Profile::Default.limits()
    }
}

impl Limits {
    /// Whether a sandbox can keep them.
    pub(crate) fn check(&self) -> Result<(), ExecuteError> {
        if self.memory_bytes > MEMORY_BYTES_MAX {
            return Err(ExecuteError::MemoryLimit {
                asked: self.memory_bytes,
            });
        }
        for (name, asked, least, most) in [
            ("cpu_percent", self.cpu_percent as usize, 1, 100),
            ("table_elements", self.table_elements, 0, TABLE_ELEMENTS_MAX),
            ("instances", self.instances, 0, INSTANCES_MAX),
            ("call_bytes", self.call_bytes, 0, CALL_BYTES_MAX),
            ("output_bytes", self.output_bytes, 0, OUTPUT_BYTES_MAX),
            ("code_bytes", self.code_bytes, 0, CODE_BYTES_MAX),
            ("input_bytes", self.input_bytes, 0, INPUT_BYTES_MAX),
            (
                "host_calls_per_second",
                self.host_calls_per_second as usize,
                1,
                usize::MAX,
            ),
        ] {
            if asked < least || asked > most {
                return Err(ExecuteError::Limit {
                    name,
                    asked: asked as u64,
                    least: least as u64,
                    most: most as u64,
                });
            }
        }
        Ok(())
    }
}
