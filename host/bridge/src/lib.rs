//! Other MCP servers, for code that runs in a sandbox.

pub mod discovery;
pub mod generate;
pub mod hygiene;
pub mod names;
pub mod observed;
pub mod rust;
pub mod schema;
pub mod search;
pub mod tokens;
pub mod typescript;
