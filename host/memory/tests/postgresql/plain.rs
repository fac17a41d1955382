//! The memory on a PostgreSQL without pgvector, Debian's: all that holds for any store, and what is of PostgreSQL alone.

// Helpers are tests too, which clippy cannot see.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../memory/advice.rs"]
mod advice;
#[path = "../memory/airline.rs"]
mod airline;
#[path = "../memory/analysis.rs"]
mod analysis;
mod away;
#[path = "../memory/bounds.rs"]
mod bounds;
mod certificates;
#[path = "../memory/configuring.rs"]
mod configuring;
mod connections;
#[path = "../memory/embedding.rs"]
mod embedding;
mod entering;
#[path = "../memory/filters.rs"]
mod filters;
#[path = "../memory/learning.rs"]
mod learning;
mod nearest;
#[path = "../memory/operations.rs"]
mod operations;
mod place;
#[path = "../memory/queries.rs"]
mod queries;
#[path = "../memory/relations.rs"]
mod relations;
mod server;
mod several;
#[path = "../memory/shared.rs"]
mod shared;
#[path = "../memory/store.rs"]
mod store;
#[path = "../memory/store_filters.rs"]
mod store_filters;
// What the tests of the wire forms ask of it is in the other binary.
#[allow(dead_code)]
#[path = "../memory/stub_server.rs"]
mod stub_server;
#[path = "../memory/transfer.rs"]
mod transfer;
#[path = "../memory/writing.rs"]
mod writing;

/// The server that is taken.
pub const KIND: server::Kind = server::Kind::Debian;
