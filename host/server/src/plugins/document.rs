//! A file as the component that it is or can be made, with the words that its compiler left out.

use std::path::Path;

use vesicle_plugins::{
    adapt::{Kind, adapt},
    with_docs_from,
};
use vesicle_sandbox::CompileLimits;

use super::AddError;

/// A component, and what it was made of.
#[derive(Debug)]
pub struct Documented {
    /// What the file was.
    pub kind: Kind,
    /// The component's bytes.
    pub component: Vec<u8>,
}

/// Makes a component of a file, and puts the comments of its WIT into it, where that is known.
///
/// # Errors
/// The file cannot be a component, or the WIT cannot be read.
pub fn document(file: &[u8], wit: Option<&Path>) -> Result<Documented, AddError> {
    let (kind, component) = adapt(file, &CompileLimits::default())?;
    let component = match wit {
        None => component.into_owned(),
        Some(path) => with_docs_from(&component, path).map_err(|why| AddError::Wit {
            path: path.display().to_string(),
            why,
        })?,
    };
    Ok(Documented { kind, component })
}
