//! The memory, through its own doors. All of it is about any store; `place.rs` says which one is taken, and
//! `tests/postgresql/` takes others. What is of SQLite alone is in `sqlite.rs` and `crash.rs`.

// Helpers are tests too, which clippy cannot see.
#![allow(clippy::unwrap_used, clippy::panic)]

mod advice;
mod airline;
mod analysis;
mod bounds;
mod configuring;
mod crash;
mod embedding;
mod filters;
mod learning;
mod operations;
mod place;
mod providers;
mod queries;
mod reference;
mod relations;
mod shared;
mod sqlite;
mod store;
mod store_filters;
mod stub_server;
mod transfer;
mod writing;
