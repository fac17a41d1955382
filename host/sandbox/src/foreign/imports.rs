//! What a component imports that nobody provides, all of it and by name.

use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};

use super::LoadError;
use super::errors::told;
use crate::guest::Guest;

/// How many missing imports are named.
const NAMED_MAX: usize = 100;

/// Fails if `linker` lacks anything that `component` imports.
pub fn check(
    engine: &Engine,
    linker: &Linker<Guest>,
    component: &Component,
) -> Result<(), LoadError> {
    let ty = component.component_type();
    let unknown = ty.imports(engine).filter_map(|(name, import)| {
        let known = matches!(import.ty, ComponentItem::ComponentInstance(_))
            && is_linked(engine, linker, name);
        // Types alone ask for nothing.
        let harmless = matches!(import.ty, ComponentItem::Type(_));
        (!known && !harmless).then(|| told(name))
    });
    let mut unknown: Vec<_> = unknown.take(NAMED_MAX + 1).collect();
    if unknown.len() > NAMED_MAX {
        unknown.truncate(NAMED_MAX);
        unknown.push("and more".to_owned());
    }
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(LoadError::UnknownImports(unknown)),
    }
}

/// Whether the linker has an interface of this name, or of a version that fits it. Wasmtime says so
/// only of components: so this asks with one that imports nothing else.
fn is_linked(engine: &Engine, linker: &Linker<Guest>, name: &str) -> bool {
    let probe = Component::new(engine, importing(name));
    probe.is_ok_and(|probe| linker.instantiate_pre(&probe).is_ok())
}

/// A component that imports an instance of this name and no members.
fn importing(name: &str) -> Vec<u8> {
    // The preamble; a type section with one type, an instance type of no declarations.
    let mut wasm = b"\0asm\x0d\0\x01\0\x07\x03\x01\x42\0".to_vec();
    let mut import = vec![1, 0];
    leb128(&mut import, name.len());
    import.extend_from_slice(name.as_bytes());
    // An instance, of the first type.
    import.extend_from_slice(&[5, 0]);
    wasm.push(10);
    leb128(&mut wasm, import.len());
    wasm.append(&mut import);
    wasm
}

fn leb128(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
