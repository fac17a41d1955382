//! Everything that is written for every schema there is to hand: those of 117 real tools, of the
//! official test suite, hostile ones, and ones made at random. `tests/clients/setup.sh` installs what
//! the replay server needs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy sees tests only in functions that are marked as such"
)]

mod hostile;
mod parse;
mod random;
mod replay;
mod rust_guest;
mod suite;
mod tools;

/// What generated Rust finds its bindings under.
pub(crate) use rust_guest::bindings;
