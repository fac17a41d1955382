//! The memory, through its own doors. All of it is about any store; `shared.rs` says which one is taken. What is of SQLite
//! alone is in `sqlite.rs` and `crash.rs`.

mod airline;
mod analysis;
mod crash;
mod embedding;
mod learning;
mod operations;
mod providers;
mod queries;
mod reference;
mod shared;
mod sqlite;
mod store;
mod stub_server;
mod transfer;
mod writing;
