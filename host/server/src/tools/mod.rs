//! Tools of other MCP servers, for programs in a sandbox and for MCP clients: the bridge, with what
//! each profile is granted of it.

mod failure;
mod granted;
mod mark;
mod memory;
mod rules;
#[cfg(test)]
mod rust_guest_tests;
mod told;
mod toolbox;
mod tree;
mod watch;

pub use granted::{CONSENT_WAIT_MAX, Granted};
pub use rules::ToolRules;
pub use told::{flagged, state_line};
pub use toolbox::Toolbox;
pub use tree::Trees;
pub use watch::watch;
