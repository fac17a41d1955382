//! Plugins: what is not ours, as tools.

pub mod adapt;
mod call;
mod inspect;
mod interface;
mod types;
mod values;

pub use call::{Answer, CallError, Invocation};
pub use inspect::{Import, Inspection, WitText};
pub use interface::{Definition, Refused, TOOL_NAME_BYTES_MAX, TOOLS_MAX, Tools, with_docs};
