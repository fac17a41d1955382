//! Leads the last imports of preview1 to the engine's own functions.
//!
//! The engine has a function for each import of the C library, under the linker's name of that
//! import (`guests/js-engine/src/libc.rs`). Rust's standard library has the same imports under names
//! that no function can have, so that they are still there after linking.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{ImportSection, Module, NameMap, NameSection};
use wasmparser::{ExternalKind, Imports, Name, Parser, Payload, TypeRef};

const PREVIEW1: &str = "wasi_snapshot_preview1";

/// The module without imports of preview1.
///
/// # Errors
/// Where one of them has no function of the engine's.
pub fn resolve(core: &[u8]) -> Result<Vec<u8>> {
    let mut resolved = Resolved {
        instead: instead(core)?,
    };
    let mut module = Module::new();
    resolved
        .parse_core_module(&mut module, Parser::new(0), core)
        .context("writing the module again")?;
    Ok(module.finish())
}

/// For each function that is imported from preview1, the one that stands in.
fn instead(core: &[u8]) -> Result<BTreeMap<u32, u32>> {
    let mut imported = BTreeMap::new();
    let mut functions = 0;
    let mut exported = BTreeMap::new();
    for payload in Parser::new(0).parse_all(core) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(_) = import.ty else {
                        continue;
                    };
                    if import.module == PREVIEW1 {
                        imported.insert(functions, import.name);
                    }
                    functions += 1;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        exported.insert(export.name, export.index);
                    }
                }
            }
            _ => {}
        }
    }
    let find = |(import, name)| {
        let own = format!("__imported_{PREVIEW1}_{name}");
        let function = exported.get(own.as_str());
        let function = function.with_context(|| {
            format!("`{PREVIEW1}.{name}` is imported, and no function is exported as `{own}`")
        })?;
        Ok((import, *function))
    };
    imported.into_iter().map(find).collect()
}

struct Resolved {
    instead: BTreeMap<u32, u32>,
}

impl Reencode for Resolved {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error> {
        let function = self.instead.get(&function).copied().unwrap_or(function);
        Ok(function - self.instead.range(..function).count() as u32)
    }

    fn parse_imports(
        &mut self,
        section: &mut ImportSection,
        imports: Imports<'_>,
    ) -> Result<(), reencode::Error> {
        match imports {
            Imports::Single(_, import) if import.module == PREVIEW1 => Ok(()),
            imports => utils::parse_imports(self, section, imports),
        }
    }
    fn parse_custom_name_subsection(
        &mut self,
        names: &mut NameSection,
        section: Name<'_>,
    ) -> Result<(), reencode::Error> {
        let Name::Function(functions) = section else {
            return utils::parse_custom_name_subsection(self, names, section);
        };
        let mut kept = NameMap::new();
        for function in functions {
            let function = function?;
            if !self.instead.contains_key(&function.index) {
                kept.append(self.function_index(function.index)?, function.name);
            }
        }
        names.functions(&kept);
        Ok(())
    }
}
