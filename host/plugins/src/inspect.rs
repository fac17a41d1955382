//! What a component is, told to whoever decides whether to trust it.

use serde::Serialize;
use vesicle_sandbox::{CompileLimits, LoadError};

use crate::interface::Wit;

/// What a component is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Its length in bytes.
    pub bytes: usize,
    /// BLAKE3 of it, in hexadecimal digits.
    pub digest: String,
    /// Its WIT, with all packages that it takes from; or why that cannot be told.
    #[serde(flatten)]
    pub wit: WitText,
    /// What it asks for.
    pub imports: Vec<Import>,
    /// The names of what it offers: functions and interfaces.
    pub exports: Vec<String>,
}

/// The text of a component's WIT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum WitText {
    /// The text.
    #[serde(rename = "wit")]
    Text(String),
    /// Why there is none.
    #[serde(rename = "wit_error")]
    None(String),
}

/// An interface that a component asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Its name, with its version.
    pub name: String,
    /// Whether the host has it. What it does when it is called is a matter of grants.
    pub provided: bool,
}

impl Inspection {
    /// Reads a component. `missing` has the imports that nobody provides, as
    /// [`LoadError::UnknownImports`] has them from an attempt to load it.
    ///
    /// # Errors
    /// When it is larger than `limits` allow, or no WebAssembly.
    pub fn of(wasm: &[u8], limits: &CompileLimits, missing: &[String]) -> Result<Self, LoadError> {
        limits.check(wasm)?;
        let read = Wit::read(wasm);
        let (imports, exports) = read
            .as_ref()
            .map_or_else(|_| (missing.to_vec(), Vec::new()), Wit::imports_and_exports);
        let imports = imports.into_iter().map(|name| Import {
            provided: !missing.contains(&name),
            name,
        });
        Ok(Self {
            bytes: wasm.len(),
            digest: blake3::hash(wasm).to_hex().to_string(),
            imports: imports.collect(),
            exports,
            wit: match read.and_then(|wit| wit.text()) {
                Ok(text) => WitText::Text(text),
                Err(why) => WitText::None(why),
            },
        })
    }
}
