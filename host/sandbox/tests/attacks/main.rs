//! Hostile guests, and what is left of them. The programs are in `tests/programs`.
//!
//! One test at a time: what a guest leaves is looked for in the memory of the whole process.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

#[allow(dead_code, reason = "what other tests need is not all needed here")]
#[path = "../hosts/mod.rs"]
mod hosts;
mod process_memory;
mod support;

mod arguments;
mod between_tenants;
mod lying;
mod programs;
mod std_fs;
mod wasi_http;
