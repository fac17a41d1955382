//! Names and comments from WIT, put to types that Wasmtime told. Both read the same bytes; should they
//! differ, the type stays as it is, without words.

use std::sync::Arc;

use wit_parser::{Docs, Resolve, Type, TypeDefKind, TypeId};

use super::{Kind, Member, Members, Named, Shape};

/// Puts the words of `ty` to `shape`.
pub(crate) fn annotate(shape: &mut Shape, resolve: &Resolve, ty: &Type) {
    let Type::Id(id) = ty else { return };
    let id = without_aliases(resolve, *id);
    let definition = &resolve.types[id];
    if let Some(name) = &definition.name {
        shape.named = Some(Arc::new(Named {
            id: id.index(),
            name: name.clone(),
            docs: text(&definition.docs),
        }));
    }
    match (&mut shape.kind, &definition.kind) {
        (Kind::Record(members), TypeDefKind::Record(record)) => {
            let fields = record.fields.iter();
            put(
                members,
                fields.map(|field| (&field.docs, Some(&field.ty))),
                resolve,
            );
        }
        (Kind::Variant(members), TypeDefKind::Variant(variant)) => {
            let cases = variant.cases.iter();
            put(
                members,
                cases.map(|case| (&case.docs, case.ty.as_ref())),
                resolve,
            );
        }
        (Kind::Enum(members), TypeDefKind::Enum(names)) => {
            put(
                members,
                names.cases.iter().map(|case| (&case.docs, None)),
                resolve,
            );
        }
        (Kind::Flags(members), TypeDefKind::Flags(names)) => {
            put(
                members,
                names.flags.iter().map(|flag| (&flag.docs, None)),
                resolve,
            );
        }
        (Kind::Tuple(types), TypeDefKind::Tuple(tuple)) => {
            for (shape, ty) in types.iter_mut().zip(&tuple.types) {
                annotate(shape, resolve, ty);
            }
        }
        (Kind::List(items), TypeDefKind::List(ty))
        | (Kind::FixedList(items, _), TypeDefKind::FixedLengthList(ty, _))
        | (Kind::Option(items), TypeDefKind::Option(ty)) => annotate(items, resolve, ty),
        (Kind::Map(key, value), TypeDefKind::Map(key_ty, value_ty)) => {
            annotate(key, resolve, key_ty);
            annotate(value, resolve, value_ty);
        }
        (Kind::Result(ok, err), TypeDefKind::Result(result)) => {
            for (shape, ty) in [(ok, &result.ok), (err, &result.err)] {
                if let (Some(shape), Some(ty)) = (shape, ty) {
                    annotate(shape, resolve, ty);
                }
            }
        }
        _ => {}
    }
}

fn put<'a>(
    members: &mut Members,
    words: impl Iterator<Item = (&'a Docs, Option<&'a Type>)>,
    resolve: &Resolve,
) {
    for (Member { shape, docs }, (written, ty)) in members.members.iter_mut().zip(words) {
        *docs = text(written);
        if let (Some(shape), Some(ty)) = (shape, ty) {
            annotate(shape, resolve, ty);
        }
    }
}

/// A type that is another by name is that other; of the names the first definition's counts.
fn without_aliases(resolve: &Resolve, mut id: TypeId) -> TypeId {
    while let TypeDefKind::Type(Type::Id(of)) = &resolve.types[id].kind {
        id = *of;
    }
    id
}

pub(crate) fn text(docs: &Docs) -> Option<String> {
    let text = docs.contents.as_deref()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
