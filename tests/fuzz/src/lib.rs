//! What the fuzz targets share: a sandbox, and a guest that calls host functions as a script says.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target that cannot go on is a finding"
)]

mod caller;
mod command;
mod host;
mod network;
pub mod requests;
#[cfg(not(fuzzing))]
mod target;

/// Defines what is done with each input, `|bytes| …`.
#[cfg(fuzzing)]
#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident| $body:expr) => {
        libfuzzer_sys::fuzz_target!(|$input: &[u8]| { $body });
    };
}

#[cfg(not(fuzzing))]
pub use target::{ending_here, replay};

pub use caller::Caller;
pub use command::Command;
pub use host::{block_on, sandbox};
