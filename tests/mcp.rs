//! The MCP server, as clients see it: a process behind two pipes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod support;

#[path = "mcp/audit.rs"]
mod audit;
#[path = "mcp/errors.rs"]
mod errors;
#[path = "mcp/http/mod.rs"]
mod http;
#[path = "mcp/lifetime.rs"]
mod lifetime;
#[path = "mcp/load.rs"]
mod load;
#[path = "mcp/memory_server.rs"]
mod memory_server;
#[path = "mcp/offers.rs"]
mod offers;
#[path = "mcp/official_clients.rs"]
mod official_clients;
#[path = "mcp/plugins.rs"]
mod plugins;
#[path = "mcp/plugins_modules.rs"]
mod plugins_modules;
#[path = "mcp/plugins_rich.rs"]
mod plugins_rich;
#[path = "mcp/plugins_saved.rs"]
mod plugins_saved;
#[path = "mcp/plugins_sessions.rs"]
mod plugins_sessions;
#[path = "mcp/policy.rs"]
mod policy;
#[path = "../host/memory/tests/postgresql/server.rs"]
#[allow(dead_code, reason = "the memory's tests use all of it")]
mod postgresql;
#[path = "mcp/raw.rs"]
mod raw;
#[path = "mcp/servers.rs"]
mod servers;
#[path = "mcp/servers_policy.rs"]
mod servers_policy;
#[path = "mcp/several/mod.rs"]
mod several;
#[path = "mcp/state.rs"]
mod state;
#[path = "mcp/tasks.rs"]
mod tasks;
#[path = "mcp/traces.rs"]
mod traces;

/// The PostgreSQL that hosts share in tests: Debian's.
pub const KIND: postgresql::Kind = postgresql::Kind::Debian;
