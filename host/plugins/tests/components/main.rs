//! Components as tools: what is read of them, what goes in and out, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adapting;
mod bad_input;
mod calls;
mod commands;
mod echo;
mod errors;
mod foreign;
mod inspection;
mod interface;
mod listed;
mod support;
