//! The sandbox from outside: programs in, outcomes out. One binary, so that there is one to link.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod state;
mod support;

#[path = "../hosts/mod.rs"]
mod hosts;

mod bad_input;
mod cache;
mod caller;
mod calls;
mod commands;
mod components;
mod concurrency;
mod console;
mod errors;
mod event_loop;
mod files;
mod globals;
mod hostile;
mod isolation;
mod json;
mod limits;
mod memories;
mod network;
mod recursion;
mod residences;
mod sockets;
mod source_check;
mod source_check_attacks;
mod source_check_dodges;
mod typescript;
mod usage;
mod values;
mod workers;
