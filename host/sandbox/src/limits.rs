//! How much one execution may use.

use std::time::Duration;

/// The longest source text, in bytes.
pub const CODE_BYTES_MAX: usize = 100 * 1024;
/// The longest input, in bytes of JSON.
pub const INPUT_BYTES_MAX: usize = 8 << 20;
/// The longest result, in bytes of JSON.
pub const OUTPUT_BYTES_MAX: usize = 8 << 20;
/// How much of each of standard output and standard error is kept, in bytes.
pub const STREAM_BYTES_MAX: usize = 64 * 1024;
/// The most memory that any profile may give, in bytes; the pool reserves for it.
pub const MEMORY_BYTES_MAX: usize = 256 << 20;

/// The bounds of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long it may take, waiting included, time in the queue left out.
    pub wall_time: Duration,
    /// How much linear memory it may have, in bytes; at most [`MEMORY_BYTES_MAX`].
    pub memory_bytes: usize,
}

/// Named sets of limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// 3 s, 64 MB: code from strangers.
    Restrictive,
    /// 5 s, 128 MB.
    #[default]
    Default,
    /// 10 s, 256 MB: code that one would run by hand.
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
        let (seconds, megabytes) = match self {
            Self::Restrictive => (3, 64),
            Self::Default => (5, 128),
            Self::Permissive => (10, 256),
        };
        Limits {
            wall_time: Duration::from_secs(seconds),
            memory_bytes: megabytes << 20,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Profile::Default.limits()
    }
}
