//! Plugins as packages: what a plugin is called, what its manifest says of it, where its component lies
//! on disk, and what of the things it asks for the operator has granted.
//!
//! Knows no MCP and no command line.

pub mod digest;
pub mod document;
pub mod grants;
pub mod manifest;
pub mod name;
pub mod operator;
pub mod permissions;
mod private;
pub mod signatures;
pub mod sources;
pub mod store;
