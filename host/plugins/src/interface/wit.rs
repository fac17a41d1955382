//! A component's WIT, as its bytes tell it.
//!
//! The reader is the makers' of the format. It asserts what its own validation lets through with all
//! proposals switched on, so it is kept from ending the host: what it gives up on has no words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{Function, Handle, Resolve, Type, TypeDefKind, WorldId, WorldItem, WorldKey};

use super::docs;

/// The WIT of a component.
pub(crate) struct Wit {
    resolve: Resolve,
    world: WorldId,
}

impl Wit {
    /// Reads it. The bytes have passed [`vesicle_sandbox::CompileLimits::check`]: the reader recurses.
    ///
    /// # Errors
    /// Why there is none.
    pub fn read(wasm: &[u8]) -> Result<Self, String> {
        // Sections of comments that the reader does not expect would have it refuse the whole.
        let (bare, comments) = docs::apart(wasm);
        let decoded = guarded(|| wit_component::decode(&bare))?;
        let DecodedWasm::Component(mut resolve, world) = decoded else {
            return Err(
                "it is a WIT package and no component: it has interfaces and no code".to_owned(),
            );
        };
        for comments in comments {
            comments.put(&mut resolve, world);
        }
        Ok(Self { resolve, world })
    }

    pub fn resolve(&self) -> &Resolve {
        &self.resolve
    }

    /// What the component exports under these names.
    pub fn function(&self, interface: Option<&str>, name: &str) -> Option<&Function> {
        let exports = &self.resolve.worlds[self.world].exports;
        let Some(interface) = interface else {
            let item = exports.get(&WorldKey::Name(name.to_owned()))?;
            return match item {
                WorldItem::Function(function) => Some(function),
                _ => None,
            };
        };
        let named = |key: &WorldKey| self.resolve.name_world_key(key) == interface;
        let (_, item) = exports.iter().find(|(key, _)| named(key))?;
        match item {
            WorldItem::Interface { id, .. } => self.resolve.interfaces[*id].functions.get(name),
            _ => None,
        }
    }

    /// The name of a resource that a function takes or gives.
    pub fn resource_of(&self, function: &Function) -> Option<&str> {
        let types = function.params.iter().map(|parameter| &parameter.ty);
        let mut types: Vec<_> = types.chain(&function.result).collect();
        let mut seen = std::collections::HashSet::new();
        while let Some(ty) = types.pop() {
            let Type::Id(id) = ty else { continue };
            if !seen.insert(*id) {
                continue;
            }
            match &self.resolve.types[*id].kind {
                TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => {
                    return self.resolve.types[*id].name.as_deref();
                }
                TypeDefKind::Type(ty)
                | TypeDefKind::Option(ty)
                | TypeDefKind::List(ty)
                | TypeDefKind::FixedLengthList(ty, _) => types.push(ty),
                TypeDefKind::Record(record) => {
                    types.extend(record.fields.iter().map(|field| &field.ty))
                }
                TypeDefKind::Tuple(tuple) => types.extend(&tuple.types),
                TypeDefKind::Variant(variant) => {
                    types.extend(variant.cases.iter().filter_map(|case| case.ty.as_ref()));
                }
                TypeDefKind::Result(result) => types.extend(result.ok.iter().chain(&result.err)),
                TypeDefKind::Map(key, value) => types.extend([key, value]),
                _ => {}
            }
        }
        None
    }

    /// The names of what it imports and of what it exports.
    pub fn imports_and_exports(&self) -> (Vec<String>, Vec<String>) {
        let world = &self.resolve.worlds[self.world];
        let names = |items: &wit_parser::IndexMap<WorldKey, WorldItem>| {
            let items = items
                .iter()
                .filter(|(_, item)| !matches!(item, WorldItem::Type { .. }));
            items
                .map(|(key, _)| self.resolve.name_world_key(key))
                .collect()
        };
        (names(&world.imports), names(&world.exports))
    }

    /// Its text, with all packages that it takes from.
    ///
    /// # Errors
    /// Why there is none.
    pub fn text(&self) -> Result<String, String> {
        let package = self.resolve.worlds[self.world].package;
        let package = package.ok_or_else(|| "its world is in no package".to_owned())?;
        let others = self.resolve.packages.iter().map(|(id, _)| id);
        let others: Vec<_> = others.filter(|id| *id != package).collect();
        guarded(|| {
            let mut printer = WitPrinter::default();
            printer.print(&self.resolve, package, &others)?;
            Ok(printer.output.to_string())
        })
    }
}

/// Runs a reader of others' bytes, which may panic.
pub(crate) fn guarded<T>(work: impl FnOnce() -> anyhow::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| crate::types::cut(&format!("{error:#}"))),
        Err(_) => Err("its reader gave up on it".to_owned()),
    }
}
