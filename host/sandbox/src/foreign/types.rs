//! How many types a section of a component declares, and how deep they lie in one another.
//!
//! Types of instances and components hold declarations, which may be such types again: three bytes
//! for each level. The parser that Wasmtime has reads them by recursion without a bound, so that a
//! few hundred kilobytes would overflow its stack, which ends the process. So they are read here
//! first, level by level.

use wasmparser::{
    BinaryReader, ComponentAlias, ComponentExternName, ComponentImport, ComponentType,
    ComponentTypeRef, CoreType,
};

use super::LoadError;
use super::bounds::{check, invalid};

const COMPONENT_TYPE: u8 = 0x41;
const INSTANCE_TYPE: u8 = 0x42;

/// The number of types in a section's `bytes`, those that are declared within others included.
///
/// # Errors
/// When they lie deeper than `nesting_max`, or are not types.
pub fn declared(bytes: &[u8], nesting_max: usize) -> Result<usize, LoadError> {
    let mut reader = BinaryReader::new(bytes, 0);
    let mut types = 0;
    // How many declarations are left on each level; the first is the section's own.
    let mut open = vec![reader.read_var_u32().map_err(invalid)?];
    while let Some(left) = open.last_mut() {
        let Some(fewer) = left.checked_sub(1) else {
            open.pop();
            continue;
        };
        *left = fewer;
        let is_type = open.len() == 1 || declaration(&mut reader)?;
        if !is_type {
            continue;
        }
        types += 1;
        if let Some(within) = begun(&mut reader).map_err(invalid)? {
            open.push(within);
            check(
                "types within one another",
                "nesting",
                open.len(),
                nesting_max,
            )?;
        }
    }
    Ok(types)
}

/// Reads a declaration, or only its first byte if it is a type.
fn declaration(reader: &mut BinaryReader<'_>) -> Result<bool, LoadError> {
    let kind = reader.read_u8().map_err(invalid)?;
    let read = match kind {
        0x00 => reader.read::<CoreType<'_>>().map(drop),
        0x01 => return Ok(true),
        0x02 => reader.read::<ComponentAlias<'_>>().map(drop),
        0x03 => reader.read::<ComponentImport<'_>>().map(drop),
        0x04 => reader
            .read::<ComponentExternName<'_>>()
            .and_then(|_| reader.read::<ComponentTypeRef>())
            .map(drop),
        _ => {
            return Err(LoadError::Invalid(format!(
                "a type declares something of kind {kind:#x}, which there is not"
            )));
        }
    };
    read.map(|()| false).map_err(invalid)
}

/// Reads a type, or only how many declarations it has if it has any.
fn begun(reader: &mut BinaryReader<'_>) -> wasmparser::Result<Option<u32>> {
    let mut ahead = reader.clone();
    if matches!(ahead.read_u8()?, COMPONENT_TYPE | INSTANCE_TYPE) {
        let declarations = ahead.read_var_u32()?;
        *reader = ahead;
        return Ok(Some(declarations));
    }
    reader.read::<ComponentType<'_>>()?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A section of one type: so many instance types, each the only declaration of the one before.
    fn nested(levels: usize) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend([INSTANCE_TYPE, 1, 0x01].repeat(levels - 1));
        bytes.extend([INSTANCE_TYPE, 0]);
        bytes
    }

    #[test]
    fn levels_are_counted_to_the_edge() {
        assert_eq!(declared(&nested(15), 16).unwrap(), 15);
        let refused = declared(&nested(16), 16).unwrap_err();
        assert!(matches!(refused, LoadError::TooLarge { count: 17, .. }));
    }

    /// The parser's own way would overflow the stack of any thread.
    #[test]
    fn a_million_levels_need_no_stack() {
        assert!(declared(&nested(1_000_000), 16).is_err());
    }

    #[test]
    fn declarations_of_all_kinds_are_passed() {
        let text = r#"(component
            (type (instance
              (type $r (record (field "a" u8)))
              (export "r" (type (eq $r)))
              (core type (func (param i32)))
              (type (func (param "x" u32) (result string)))
              (export "f" (func (type 1)))))
            (type (component
              (import "i" (func))
              (type (instance (export "x" (type (sub resource)))))))
          )"#;
        let wasm = wat::parse_str(text).unwrap();
        let sections = wasmparser::Parser::new(0).parse_all(&wasm);
        let types: usize = sections
            .filter_map(|payload| match payload.unwrap() {
                wasmparser::Payload::ComponentTypeSection(section) => {
                    Some(declared(&wasm[section.range()], 16).unwrap())
                }
                _ => None,
            })
            .sum();
        // Two; the record and the function; the function and the instance.
        assert_eq!(types, 6);
    }
}
