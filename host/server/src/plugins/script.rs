//! From a module in TypeScript or JavaScript to a plugin that can be added.

use vesicle_plugins::{
    digest::Digest,
    script::{BuildError, Built, Note, Script, ScriptError},
};
use vesicle_sandbox::{Sandbox, engine_digest};

use super::package::{About, AddError, Packed, Words, pack};

/// The WIT world of components that are made of modules.
pub(super) const WORLD: &str = "vesicle:plugin/plugin-engine@0.1.0";

/// A component that was made of a module, and what is to be told about it.
#[derive(Debug)]
pub struct BuiltScript {
    /// The component, and what the module printed.
    pub built: Built,
    /// What of the module was not understood, each with its place.
    pub warnings: Vec<String>,
}

/// Why a text makes no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildScriptError {
    /// It is no plugin.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// It cannot be evaluated.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Reading it was broken off.
    #[error("the module cannot be read: {0}")]
    Broken(String),
}

/// Makes a component of a module, whose file is called `file`.
///
/// # Errors
/// See [`BuildScriptError`].
pub async fn build_script(
    sandbox: &Sandbox,
    file: &str,
    source: &str,
) -> Result<BuiltScript, BuildScriptError> {
    let (file, source) = (file.to_owned(), source.to_owned());
    let reading = tokio::task::spawn_blocking(move || Script::read(&file, &source));
    let script = reading
        .await
        .map_err(|error| BuildScriptError::Broken(error.to_string()))??;
    let built = script.build(sandbox).await?;
    let warnings = script.notes().iter().map(warning);
    Ok(BuiltScript {
        built,
        warnings: warnings.collect(),
    })
}

/// Makes a plugin of a module: its component, with its tools and their schemas in the manifest.
///
/// # Errors
/// See [`AddError`].
pub async fn pack_script(
    sandbox: &Sandbox,
    file: &str,
    source: &str,
    about: About,
) -> Result<Packed, AddError> {
    let BuiltScript { built, warnings } = build_script(sandbox, file, source).await?;
    let words = Words::About(Box::new(about));
    let packed = pack(sandbox, &built.component, words).await?;
    Ok(Packed { warnings, ..packed })
}

/// How a module's component can be made again.
pub(super) fn recipe(script: &Script) -> String {
    format!(
        "vesicle plugin build {}, with the engine {}",
        script.name(),
        Digest::from_hex(&engine_digest().to_hex()).map_or_else(String::new, |it| it.to_string())
    )
}

fn warning(note: &Note) -> String {
    format!("{}\n{}", note.message, note.location.excerpt)
}
