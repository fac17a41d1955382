//! Modules as plugins: what is read of them, and calls of their tools.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_input;
mod bounds;
mod builds;
mod calls;
mod exports;
mod offers;
mod schemas;
mod staying;
