//! The call that a new version has to pass before it serves: one that whoever saves it names.

use serde_json::value::RawValue;
use vesicle_plugins::{Answer, CallError, Invocation};
use vesicle_sandbox::{Grants, Limits, Outcome, Sandbox};

use super::{
    call::Ready,
    shown::{recognized, texts},
};

/// A call that has to have a result.
#[derive(Debug, Clone)]
pub struct Smoke {
    /// The tool.
    pub tool: String,
    /// Its arguments, an object.
    pub arguments: Box<RawValue>,
}

impl Smoke {
    /// Calls it, with no rights, since nothing is granted to a version that is new.
    ///
    /// # Errors
    /// Why there is no result.
    pub(super) async fn call(&self, sandbox: &Sandbox, ready: &Ready) -> Result<(), String> {
        let invocation = Invocation {
            tool: &self.tool,
            arguments: &self.arguments,
            limits: Limits::default(),
            grants: Grants::default(),
            session: None,
            residence: None,
        };
        let called = ready.tools.call(sandbox, invocation).await;
        let called = called.map_err(|error: CallError| error.to_string())?;
        match called {
            Outcome::Success {
                output: Answer::Result(value),
                ..
            } => match recognized(&value).filter(|shown| shown.is_error == Some(true)) {
                Some(shown) => Err(format!("failed: {}", texts(&shown))),
                None => Ok(()),
            },
            Outcome::Success {
                output: Answer::Failure(failure),
                ..
            } => Err(format!("failed: {failure}")),
            other => Err(other.explanation()),
        }
    }
}
