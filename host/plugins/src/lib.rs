//! Plugins: components of any toolchain as tools; and as packages, with what their manifest says, where
//! they lie on disk, and what of the things they ask for the operator has granted.
//!
//! Knows no MCP and no command line.

pub mod adapt;
mod call;
mod checks;
pub mod content;
pub mod digest;
pub mod document;
pub mod grants;
mod inspect;
mod interface;
pub mod manifest;
pub mod name;
pub mod operator;
pub mod permissions;
mod private;
pub mod script;
pub mod signatures;
pub mod sources;
pub mod store;
mod types;
mod values;

pub use call::{Answer, Blank, CallError, Invocation, Request};
pub use inspect::{Import, Inspection, WitText};
pub use interface::{
    Definition, Refused, TOOL_NAME_BYTES_MAX, TOOLS_MAX, Tools, with_docs, with_docs_from,
};
