//! Comments of a component's WIT. The format has none; WIT packages carry them in a section of its
//! makers, `package-docs`, which toolchains leave out of components. Where a component has one, it is
//! read; and [`with_docs`] puts one in, from WIT's text, under a name of our own: other readers refuse
//! comments of another package than that of the component's world, which has no name.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use wit_parser::{Docs, PackageMetadata, Resolve, TypeDefKind, TypeId, WorldId, WorldItem};

use super::wit::guarded;

/// How long one section of comments may be, in bytes; longer ones are not read.
const SECTION_BYTES_MAX: usize = 1 << 20;
/// What stands before the first section.
const HEADER_BYTES: usize = 8;
const CUSTOM_SECTION: u8 = 0;
/// Comments that [`with_docs`] put there, in the form of `package-docs`.
const OWN_SECTION: &str = "vesicle-docs";

/// The comments of one package: what of `package-docs` is of use here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Comments {
    worlds: HashMap<String, World>,
    interfaces: HashMap<String, Interface>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct World {
    docs: Option<String>,
    funcs: HashMap<String, Comment>,
    func_exports: HashMap<String, Comment>,
    types: HashMap<String, Type>,
    interfaces: HashMap<String, Interface>,
    interface_exports: HashMap<String, Interface>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interface {
    docs: Option<String>,
    funcs: HashMap<String, Comment>,
    types: HashMap<String, Type>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Type {
    docs: Option<String>,
    items: HashMap<String, Comment>,
}

/// In the format's first version a text, and later more.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Comment {
    Text(String),
    More { docs: Option<String> },
}

/// A component without its own custom sections, and the comments that were in them.
pub(crate) fn apart(wasm: &[u8]) -> (Vec<u8>, Vec<Comments>) {
    let mut bare = wasm.get(..HEADER_BYTES).unwrap_or(wasm).to_vec();
    let mut comments = Vec::new();
    let mut at = HEADER_BYTES;
    while let Some((id, contents)) = section(wasm, at) {
        match id {
            CUSTOM_SECTION => comments.extend(read(&wasm[contents.clone()])),
            _ => bare.extend_from_slice(&wasm[at..contents.end]),
        }
        at = contents.end;
    }
    // What is no section is left for the reader to refuse.
    bare.extend_from_slice(wasm.get(at..).unwrap_or_default());
    (bare, comments)
}

/// The section that begins at `at`: its kind and where its contents are.
fn section(wasm: &[u8], at: usize) -> Option<(u8, std::ops::Range<usize>)> {
    let mut reader = wasmparser::BinaryReader::new(wasm.get(at..)?, at);
    let id = reader.read_u8().ok()?;
    let length = reader.read_var_u32().ok()? as usize;
    let begin = reader.original_position();
    let end = begin.checked_add(length)?;
    (end <= wasm.len()).then_some((id, begin..end))
}

fn read(custom: &[u8]) -> Option<Comments> {
    let mut reader = wasmparser::BinaryReader::new(custom, 0);
    let name = reader.read_string().ok()?;
    let contents = custom.get(reader.original_position()..)?;
    if ![PackageMetadata::SECTION_NAME, OWN_SECTION].contains(&name)
        || contents.len() > SECTION_BYTES_MAX
    {
        return None;
    }
    // A version, then JSON.
    let (_, json) = contents.split_first()?;
    serde_json::from_slice(json).ok()
}

impl Comments {
    /// Puts them to what they are of. Interfaces are found by name, in whichever package they are.
    pub fn put(&self, resolve: &mut Resolve, world: WorldId) {
        let inline = self
            .worlds
            .values()
            .flat_map(|world| world.interfaces.iter().chain(&world.interface_exports));
        for (name, comments) in self.interfaces.iter().chain(inline) {
            let named: Vec<_> = resolve
                .interfaces
                .iter()
                .filter(|(id, interface)| {
                    interface.name.as_deref() == Some(name) || is_inline(resolve, world, name, *id)
                })
                .map(|(id, _)| id)
                .collect();
            for id in named {
                let interface = &mut resolve.interfaces[id];
                set(&mut interface.docs, comments.docs.as_deref());
                for (name, comment) in &comments.funcs {
                    if let Some(function) = interface.functions.get_mut(name) {
                        set(&mut function.docs, comment.text());
                    }
                }
                let types: Vec<_> = interface
                    .types
                    .iter()
                    .map(|(name, id)| (name.clone(), *id))
                    .collect();
                comments.put_types(resolve, &types);
            }
        }
        for comments in self.worlds.values() {
            set(&mut resolve.worlds[world].docs, comments.docs.as_deref());
            let exports = &mut resolve.worlds[world].exports;
            for (key, item) in exports.iter_mut() {
                let (wit_parser::WorldKey::Name(name), WorldItem::Function(function)) = (key, item)
                else {
                    continue;
                };
                let comment = comments
                    .func_exports
                    .get(name)
                    .or_else(|| comments.funcs.get(name));
                set(&mut function.docs, comment.and_then(Comment::text));
            }
            let of_world = resolve.worlds[world]
                .imports
                .iter()
                .chain(&resolve.worlds[world].exports);
            let types: Vec<_> = of_world
                .filter_map(|(key, item)| match (key, item) {
                    (wit_parser::WorldKey::Name(name), WorldItem::Type { id, .. }) => {
                        Some((name.clone(), *id))
                    }
                    _ => None,
                })
                .collect();
            put_types(&comments.types, resolve, &types);
        }
    }
}

fn is_inline(resolve: &Resolve, world: WorldId, name: &str, id: wit_parser::InterfaceId) -> bool {
    let key = wit_parser::WorldKey::Name(name.to_owned());
    let item = resolve.worlds[world].exports.get(&key);
    matches!(item, Some(WorldItem::Interface { id: found, .. }) if *found == id)
}

impl Interface {
    fn put_types(&self, resolve: &mut Resolve, types: &[(String, TypeId)]) {
        put_types(&self.types, resolve, types);
    }
}

fn put_types(comments: &HashMap<String, Type>, resolve: &mut Resolve, types: &[(String, TypeId)]) {
    for (name, id) in types {
        let Some(comments) = comments.get(name) else {
            continue;
        };
        let definition = &mut resolve.types[*id];
        set(&mut definition.docs, comments.docs.as_deref());
        let of = |name: &str| comments.items.get(name).and_then(Comment::text);
        match &mut definition.kind {
            TypeDefKind::Record(record) => {
                record
                    .fields
                    .iter_mut()
                    .for_each(|field| set(&mut field.docs, of(&field.name)));
            }
            TypeDefKind::Variant(variant) => {
                variant
                    .cases
                    .iter_mut()
                    .for_each(|case| set(&mut case.docs, of(&case.name)));
            }
            TypeDefKind::Enum(names) => {
                names
                    .cases
                    .iter_mut()
                    .for_each(|case| set(&mut case.docs, of(&case.name)));
            }
            TypeDefKind::Flags(names) => {
                names
                    .flags
                    .iter_mut()
                    .for_each(|flag| set(&mut flag.docs, of(&flag.name)));
            }
            _ => {}
        }
    }
}

impl Comment {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::More { docs } => docs.as_deref(),
        }
    }
}

fn set(docs: &mut Docs, text: Option<&str>) {
    if let Some(text) = text {
        docs.contents = Some(text.to_owned());
    }
}

/// The component with the comments of its WIT's text in it, where [`Tools::read`](crate::Tools::read)
/// finds them. `wit` is the text of one package.
///
/// # Errors
/// When the text is no WIT; why.
pub fn with_docs(wasm: &[u8], wit: &str) -> Result<Vec<u8>, String> {
    let metadata = guarded(|| {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("plugin.wit", wit)?;
        PackageMetadata::extract(&resolve, package).encode()
    })?;
    Ok(put(wasm, metadata))
}

/// The same, with the WIT of a file, or of a directory and the packages in its `deps`.
///
/// # Errors
/// When it cannot be read, or is no WIT; why.
pub fn with_docs_from(wasm: &[u8], path: &Path) -> Result<Vec<u8>, String> {
    let metadata = guarded(|| {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(path)?;
        PackageMetadata::extract(&resolve, package).encode()
    })?;
    Ok(put(wasm, metadata))
}

fn put(wasm: &[u8], metadata: Vec<u8>) -> Vec<u8> {
    let mut documented = wasm.to_vec();
    let section = wasm_encoder::CustomSection {
        name: Cow::Borrowed(OWN_SECTION),
        data: Cow::Owned(metadata),
    };
    wasm_encoder::ComponentSection::append_to_component(&section, &mut documented);
    documented
}
