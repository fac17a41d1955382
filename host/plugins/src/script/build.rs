//! From a module to a component: the engine, with the module evaluated in it.

use vesicle_sandbox::{ExecuteError, Execution, KEEPING_LIMITS, KeptTool, Outcome, Sandbox};

use super::Script;
use super::embedded;
use crate::Definition;

/// A component that was made of a module.
#[derive(Debug, Clone)]
pub struct Built {
    /// It.
    pub component: Vec<u8>,
    /// What the module printed while it was evaluated.
    pub stdout: String,
    /// The same of standard error.
    pub stderr: String,
}

/// Why no component is made of a module.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Its top level does not come to an end, or throws.
    #[error("the module cannot be evaluated: {}", .0.explanation())]
    Failed(Box<Outcome<Vec<u8>>>),
    /// It could not be tried.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

impl Script {
    /// Evaluates the module, within [`KEEPING_LIMITS`], and makes a component of the engine with it.
    /// The same module and the same engine make the same bytes.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(&self, sandbox: &Sandbox) -> Result<Built, BuildError> {
        let execution = Execution {
            code: self.code.clone(),
            name: self.name.clone(),
            limits: KEEPING_LIMITS,
            ..Execution::default()
        };
        let tools: Vec<_> = self.tools().iter().map(kept).collect();
        let outcome = sandbox.keep(execution, &tools).await?;
        match self.outcome(outcome) {
            Outcome::Success {
                output,
                stdout,
                stderr,
                ..
            } => Ok(Built {
                component: embedded::with_script(output, self),
                stdout,
                stderr,
            }),
            failed => Err(BuildError::Failed(Box::new(failed))),
        }
    }
}

fn kept(definition: &Definition) -> KeptTool {
    KeptTool {
        name: definition.name.clone(),
        description: definition.description.clone(),
        input_schema: definition.input_schema.to_string(),
        output_schema: definition.output_schema.as_ref().map(ToString::to_string),
    }
}
