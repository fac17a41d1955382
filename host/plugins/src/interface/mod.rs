//! Which tools a component has: its exported functions, with their words and schemas.

mod contract;
mod docs;
mod listed;
mod names;
mod tool;
mod wit;

pub(crate) use contract::{Dynamic, Known};
pub use docs::{with_docs, with_docs_from};
pub(crate) use listed::Behind;
pub use listed::{Refused, TOOLS_MAX, Tools};
pub use names::TOOL_NAME_BYTES_MAX;
pub use tool::Definition;
pub(crate) use tool::{Entry, Reply, Tool};
pub(crate) use wit::{Wit, guarded};
