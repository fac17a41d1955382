//! From whatever file somebody has to a component, or to the reason why it cannot be one.

use std::borrow::Cow;

use vesicle_sandbox::{CompileLimits, LoadError};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::ComponentEncoder;

use crate::interface::guarded;

/// What a file was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A component already.
    Component,
    /// A program that asks for WASI's preview 1, as `wasm32-wasip1` and Javy make them.
    Command,
    /// A library that says what its functions take and give, as wit-bindgen has compilers do.
    Library,
}

/// Why a file is no component, and cannot be made one.
#[derive(Debug, thiserror::Error)]
pub enum AdaptError {
    /// It has nothing in it.
    #[error("the file is empty; a component begins with the bytes `\\0asm`")]
    Empty,
    /// It is WebAssembly's text.
    #[error("this is WebAssembly as text; make a binary of it, with `wasm-tools parse` for one")]
    WasmText,
    /// It is WIT's text.
    #[error("this is WIT, which describes a component; what is needed is the component itself")]
    WitText,
    /// It is something else.
    #[error("this is no WebAssembly: it begins with {0}, and a component with the bytes `\\0asm`")]
    NotWasm(String),
    /// It is a core module that cannot be one.
    #[error("this is a core module and no component, and it cannot be made one here: {0}")]
    Module(String),
    /// It is too large, or is not valid.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// How many names an error lists.
const NAMED_MAX: usize = 10;
/// The section in which modules say what their functions take and give; others have more behind it.
const TYPES_SECTION: &str = "component-type";

/// The component that a file is or can be made. Core modules that ask for WASI's preview 1 get its
/// adapter; whether the component is valid is found when it is loaded.
///
/// # Errors
/// See [`AdaptError`].
pub fn adapt<'a>(
    file: &'a [u8],
    limits: &CompileLimits,
) -> Result<(Kind, Cow<'a, [u8]>), AdaptError> {
    if !file.starts_with(b"\0asm") {
        return Err(no_wasm(file));
    }
    limits.check(file)?;
    let module = Module::read(file, limits)?;
    let Some(module) = module else {
        return Ok((Kind::Component, Cow::Borrowed(file)));
    };
    let kind = module.kind()?;
    let adapter = match kind {
        Kind::Command => WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
        _ => WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
    };
    let encoded = guarded(|| {
        ComponentEncoder::default()
            .module(file)?
            .adapter(PREVIEW1, adapter)?
            .encode()
    });
    encoded
        .map(|component| (kind, Cow::Owned(component)))
        .map_err(AdaptError::Module)
}

/// What of a core module says how it can be adapted.
#[derive(Default)]
struct Module {
    imported: Vec<String>,
    exported: Vec<String>,
    has_types: bool,
}

impl Module {
    /// Reads a core module; `None` for a component.
    fn read(file: &[u8], limits: &CompileLimits) -> Result<Option<Self>, AdaptError> {
        let invalid = |error: wasmparser::BinaryReaderError| AdaptError::Module(error.to_string());
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(file) {
            match payload.map_err(invalid)? {
                Payload::Version {
                    encoding: Encoding::Component,
                    ..
                } => return Ok(None),
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let of = import.map_err(invalid)?.module.to_owned();
                        if !module.imported.contains(&of) && module.imported.len() <= NAMED_MAX {
                            module.imported.push(of);
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let name = export.map_err(invalid)?.name;
                        if name == "_start" || module.exported.len() <= NAMED_MAX {
                            module.exported.push(name.to_owned());
                        }
                    }
                }
                Payload::CustomSection(section) if section.name().starts_with(TYPES_SECTION) => {
                    // A component's types, which their reader descends into.
                    limits.check(section.data())?;
                    module.has_types = true;
                }
                _ => {}
            }
        }
        Ok(Some(module))
    }

    fn kind(&self) -> Result<Kind, AdaptError> {
        let is_command = self.exported.iter().any(|name| name == "_start");
        if self.has_types {
            return Ok(if is_command {
                Kind::Command
            } else {
                Kind::Library
            });
        }
        if let Some(engine) = self.imported.iter().find(|of| of.starts_with("javy")) {
            return Err(AdaptError::Module(format!(
                "it is JavaScript that was linked dynamically to Javy's engine, {engine:?}; build it without `-C dynamic`"
            )));
        }
        let others = self.imported.iter().filter(|of| *of != PREVIEW1);
        let others: Vec<_> = others.map(|of| format!("{of:?}")).collect();
        if !others.is_empty() {
            return Err(AdaptError::Module(format!(
                "it imports from {}, and only WASI's preview 1 ({PREVIEW1:?}) can be adapted",
                listed(&others)
            )));
        }
        match is_command {
            true => Ok(Kind::Command),
            false => Err(AdaptError::Module(format!(
                "it has no `_start`, and nothing says what its exports ({}) take and give; build it with wit-bindgen, `cargo component` or for `wasm32-wasip2`",
                listed(&self.exported)
            ))),
        }
    }
}

fn listed(names: &[String]) -> String {
    match names.len() {
        0 => "there are none".to_owned(),
        1..=NAMED_MAX => names.join(", "),
        _ => format!("{} and more", names[..NAMED_MAX].join(", ")),
    }
}

fn no_wasm(file: &[u8]) -> AdaptError {
    let beginning = &file[..file.len().min(4_096)];
    let text: String = beginning.utf8_chunks().map(|chunk| chunk.valid()).collect();
    let text = text.trim_start();
    if file.is_empty() {
        return AdaptError::Empty;
    }
    if text.starts_with("(module") || text.starts_with("(component") || text.starts_with(";;") {
        return AdaptError::WasmText;
    }
    if text.starts_with("package ") && text.contains(';') {
        return AdaptError::WitText;
    }
    let first: String = text.chars().take(16).collect();
    match first.is_empty() || first.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        true => AdaptError::NotWasm(format!("the bytes {:02x?}", &file[..file.len().min(4)])),
        false => AdaptError::NotWasm(format!("the text {first:?}")),
    }
}
