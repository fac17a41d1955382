//! A line in the audit log for each call of the memory's tools, as for a program that makes just this
//! call.

use rmcp::{RoleServer, service::RequestContext};
use serde_json::{Value, value::to_raw_value};
use vesicle_memory::Error;

use super::tool::Failure;
use crate::{
    audit::{Begun, Ended},
    mcp::{Host, execute::client},
};

/// Does the work and logs how it ended. A call that is given up is logged as abandoned.
///
/// # Errors
/// Those of the work; or that it could not be logged, and nothing may be done without.
pub async fn audited(
    host: &Host,
    tool: &'static str,
    sent: Value,
    context: &RequestContext<RoleServer>,
    work: impl AsyncFnOnce(Value) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let input = to_raw_value(&sent).map_err(|error| Error::Store(error.to_string()))?;
    let begun = Begun {
        tool,
        profile: &host.policy.default_profile().name,
        code: tool,
        input: &input,
    };
    let recording = host.audit.begin(begun, || client(context))?;
    let answer = work(sent).await;
    let ended = match answer {
        Ok(_) => "success",
        Err(_) => "error",
    };
    recording.end(Ended::otherwise(ended)).await?;
    answer
}
