//! The tools of the memory over MCP: one file for each group, their schemas from their types.

mod answer;
mod answered;
mod audited;
mod batches;
mod calls;
mod checkpoints;
mod embeddings;
mod episodes;
mod health;
pub mod operations;
mod patterns;
mod queries;
pub mod registry;
mod relations;
mod schema;
mod service;
mod shown;
mod tags;
mod tool;

use rmcp::{
    RoleServer,
    model::{CallToolResult, JsonObject},
    service::RequestContext,
};
use serde_json::Value;

use super::{Host, revision::has_sessions};
pub use answer::{redacted, told};
pub use audited::audited;
pub use calls::ToolCalls;
pub use service::Service;
pub use shown::Shown;
pub use tool::MemoryTool;

/// One call. The tool is listed from now on, where there is a session.
pub async fn call(
    host: &Host,
    shown: &Shown,
    tool: &'static MemoryTool,
    sent: JsonObject,
    context: &RequestContext<RoleServer>,
) -> CallToolResult {
    let work = async |sent| tool.call(&host.memory, sent).await;
    let answer = audited(host, tool.name(), Value::Object(sent), context, work).await;
    let result = answer::of(answer, &host.secrets);
    // Without a session it is listed for this request alone, and nobody lists anything within one.
    if shown.used(tool.name()) && has_sessions(context) {
        // A client that is gone needs no list.
        drop(context.peer.notify_tool_list_changed().await);
    }
    result
}
