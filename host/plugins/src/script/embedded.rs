//! The text of a module in the component that was made of it, in a section of our own. So one file is
//! the whole plugin, and its tools can be read without running anything.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::{Chunk, Encoding, Parser, Payload};

use super::Script;

/// The section's name.
const SECTION: &str = "vesicle:script";
/// The longest section that is read, in bytes: a text of the greatest length, each character of it
/// written as six.
const SECTION_BYTES_MAX: usize = 8 * vesicle_sandbox::CODE_BYTES_MAX;

/// A module's text, as a component has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded<'a> {
    /// The name of its file.
    pub file: Cow<'a, str>,
    /// Its text.
    pub source: Cow<'a, str>,
}

impl Embedded<'static> {
    /// The text in a component; `None` where there is none that can be read. Only the top level is
    /// looked at, and what lies within modules is passed over.
    pub fn find(wasm: &[u8]) -> Option<Self> {
        let mut parser = Parser::new(0);
        let mut rest = wasm;
        loop {
            let Chunk::Parsed { consumed, payload } = parser.parse(rest, true).ok()? else {
                return None;
            };
            let mut passed = consumed;
            match payload {
                Payload::Version {
                    encoding: Encoding::Module,
                    ..
                }
                | Payload::End(_) => return None,
                Payload::ModuleSection {
                    unchecked_range, ..
                }
                | Payload::ComponentSection {
                    unchecked_range, ..
                } => passed += unchecked_range.len(),
                Payload::CustomSection(section) if section.name() == SECTION => {
                    let data = section.data();
                    if data.len() > SECTION_BYTES_MAX {
                        return None;
                    }
                    let found: Embedded<'_> = serde_json::from_slice(data).ok()?;
                    return Some(Embedded {
                        file: Cow::Owned(found.file.into_owned()),
                        source: Cow::Owned(found.source.into_owned()),
                    });
                }
                _ => {}
            }
            rest = rest.get(passed..)?;
        }
    }
}

/// The component with the module's text.
pub fn with_script(mut component: Vec<u8>, script: &Script) -> Vec<u8> {
    let embedded = Embedded {
        file: Cow::Borrowed(&script.name),
        source: Cow::Borrowed(&script.source),
    };
    // Two strings are always JSON.
    let data = serde_json::to_vec(&embedded).unwrap_or_default();
    let section = CustomSection {
        name: Cow::Borrowed(SECTION),
        data: Cow::Owned(data),
    };
    section.append_to_component(&mut component);
    component
}
