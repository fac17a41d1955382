//! What a component imports that nobody provides, all of it and by name. Wasmtime tells the first.

use wasmtime::Engine;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, Linker};

use super::LoadError;
use super::errors::told;
use crate::guest::Guest;

/// How many missing imports are named.
const NAMED_MAX: usize = 100;
/// What Wasmtime says, in words alone, where a linker lacks a thing that is imported. The test of
/// imports by near names fails where an upgrade words it differently.
const MISSING: &str = "implementation is missing";

/// Why a component cannot be linked, given what Wasmtime said.
pub fn refusal(
    engine: &Engine,
    linker: &Linker<Guest>,
    component: &Component,
    said: &wasmtime::Error,
) -> LoadError {
    let ty = component.component_type();
    let unknown = ty.imports(engine).filter_map(|(name, import)| {
        let known = match &import.ty {
            // Types alone ask for nothing.
            ComponentItem::Type(_) => true,
            ComponentItem::ComponentInstance(instance) => is_linked(engine, linker, name, instance),
            _ => false,
        };
        (!known).then(|| told(name))
    });
    let mut unknown: Vec<_> = unknown.take(NAMED_MAX + 1).collect();
    if unknown.len() > NAMED_MAX {
        unknown.truncate(NAMED_MAX);
        unknown.push("and more".to_owned());
    }
    match unknown.is_empty() {
        true => LoadError::Import(told(&format!("{said:#}"))),
        false => LoadError::UnknownImports(unknown),
    }
}

/// Whether the linker has an interface of this name, or of a version that fits it: if it has any of
/// its members. Only linking tells that, so components are linked that import one member each.
fn is_linked(
    engine: &Engine,
    linker: &Linker<Guest>,
    name: &str,
    instance: &ComponentInstance,
) -> bool {
    let mut members = instance.exports(engine).filter_map(|(member, export)| {
        let kind = match export.ty {
            // Methods are named after a resource, which is a member as well.
            ComponentItem::ComponentFunc(_) if !member.starts_with('[') => Member::Function,
            ComponentItem::Resource(_) => Member::Resource,
            _ => return None,
        };
        Some((member, kind))
    });
    let is_there = |(member, kind): (&str, Member)| {
        let probe = Component::new(engine, importing(name, member, kind));
        let linked = probe.and_then(|probe| linker.instantiate_pre(&probe));
        // A thing of another type is there.
        linked.map_or_else(
            |error| !error.root_cause().to_string().contains(MISSING),
            |_| true,
        )
    };
    match members.next() {
        None => true,
        Some(first) => is_there(first) || members.any(is_there),
    }
}

#[derive(Clone, Copy)]
enum Member {
    Function,
    Resource,
}

/// A component that imports an instance of this name with this one member. A function's type does
/// not matter here; it is one of no parameters and no result.
fn importing(name: &str, member: &str, kind: Member) -> Vec<u8> {
    let mut ty = vec![1, 0x42];
    match kind {
        Member::Function => ty.extend([2, 0x01, 0x40, 0, 1, 0, 0x04]),
        Member::Resource => ty.extend([1, 0x04]),
    }
    push_name(&mut ty, member);
    match kind {
        Member::Function => ty.extend([1, 0]),
        Member::Resource => ty.extend([3, 1]),
    }
    let mut import = vec![1];
    push_name(&mut import, name);
    import.extend([5, 0]);

    let mut wasm = b"\0asm\x0d\0\x01\0".to_vec();
    for (section, contents) in [(7, ty), (10, import)] {
        wasm.push(section);
        push_number(&mut wasm, contents.len());
        wasm.extend(contents);
    }
    wasm
}

fn push_name(bytes: &mut Vec<u8>, name: &str) {
    bytes.push(0);
    push_number(bytes, name.len());
    bytes.extend_from_slice(name.as_bytes());
}

/// In LEB128.
fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
