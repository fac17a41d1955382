//! The tools of a plugin, as manifests have them: its functions, and those that it lists itself.

use vesicle_plugins::{CallError, Definition, Tools, manifest::Tool};
use vesicle_sandbox::{Grants, Limits, Outcome, Sandbox};

/// Why the tools that a component lists itself are not known.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It was asked, without any right, and did not answer as it should.
    #[error("the component does not list its tools: {0}")]
    Unlisted(String),
}

/// All tools. Where the component lists some itself, it is asked in an instance that has no rights: what it lists depends on
/// nothing that was granted, so that it is the same whenever it is asked.
///
/// # Errors
/// See [`ListError`].
pub async fn all_tools(sandbox: &Sandbox, tools: &Tools) -> Result<Vec<Tool>, ListError> {
    let mut all: Vec<Tool> = tools.definitions().iter().map(of_definition).collect();
    if !tools.is_dynamic() {
        return Ok(all);
    }
    let listed = tools
        .list(sandbox, Limits::default(), Grants::default(), None)
        .await?;
    match listed {
        Outcome::Success { output, .. } => all.extend(output.iter().map(of_definition)),
        other => return Err(ListError::Unlisted(other.explanation())),
    }
    Ok(all)
}

/// A tool as manifests have it.
fn of_definition(definition: &Definition) -> Tool {
    Tool {
        name: definition.name.clone(),
        description: definition.description.clone(),
        signature: Some(definition.signature.clone()).filter(|signature| !signature.is_empty()),
        input: definition.input_schema.to_string(),
        output: definition.output_schema.as_ref().map(ToString::to_string),
        error: definition.error_schema.as_ref().map(ToString::to_string),
    }
}
