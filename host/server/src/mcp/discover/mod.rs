//! The tools by which a model finds, reads and calls other servers' tools without having read them
//! all: one file each. Their definitions are the bridge's, where their tokens are counted.

pub mod call;
pub mod describe;
pub mod list;
pub mod search;

use rmcp::model::{CallToolResult, ContentBlock};

use crate::harmless::harmless;

/// What went right, for a model.
fn told(text: &str) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(harmless(text))])
}

/// What went wrong, for a model.
fn refused(text: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(harmless(text))])
}
