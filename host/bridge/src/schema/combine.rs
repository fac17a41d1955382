//! Several types at once, and types that are nothing but themselves.

use std::collections::HashSet;

use super::limits;
use super::model::{Literal, Model, Object, Property, Type};

/// What is all of `parts`. Objects become one object; what says nothing is left out.
pub fn all_of(parts: Vec<Type>) -> Type {
    let mut merged: Vec<Type> = vec![];
    for part in flat(parts) {
        if part == Type::Never {
            return Type::Never;
        }
        if part == Type::Unknown || merged.contains(&part) {
            continue;
        }
        // An object that says nothing but that it is one adds nothing to what is told elsewhere.
        if part == Type::any_object() && merged.iter().any(is_shape) {
            continue;
        }
        if is_shape(&part) {
            merged.retain(|one| *one != Type::any_object());
        }
        if merged.iter().any(|one| within(one, &part)) {
            continue;
        }
        merged.retain(|one| !within(&part, one));
        match (
            part,
            merged.iter_mut().find(|one| matches!(one, Type::Object(_))),
        ) {
            (Type::Object(new), Some(Type::Object(old))) => merge(old, new),
            (part, _) => merged.push(part),
        }
    }
    match merged.len() {
        0 => Type::Unknown,
        1 => merged.swap_remove(0),
        _ => Type::All(merged),
    }
}

fn flat(parts: Vec<Type>) -> impl Iterator<Item = Type> {
    parts.into_iter().flat_map(|part| match part {
        Type::All(inner) => inner,
        one => vec![one],
    })
}

/// Whether this is an object whatever else it is.
fn is_shape(one: &Type) -> bool {
    match one {
        // Whoever writes `type: object` beside a reference points at an object.
        Type::Object(_) | Type::Named(_) => true,
        Type::Union(members) => members.iter().all(is_shape),
        _ => false,
    }
}

/// Whether every value of `narrow` is one of `wide`; for scalars only.
fn within(narrow: &Type, wide: &Type) -> bool {
    match (narrow, wide) {
        (Type::Union(members), _) => members.iter().all(|one| within(one, wide)),
        (_, Type::Union(members)) => members.iter().any(|one| within(narrow, one)),
        (Type::Literal(Literal::String(_)), Type::String)
        | (Type::Literal(Literal::Boolean(_)), Type::Boolean)
        | (Type::Literal(Literal::Number(_)) | Type::Integer, Type::Number) => true,
        (Type::Literal(Literal::Number(number)), Type::Integer) => {
            number.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        (
            Type::Null
            | Type::Boolean
            | Type::Integer
            | Type::Number
            | Type::String
            | Type::Literal(_),
            _,
        ) => narrow == wide,
        _ => false,
    }
}

fn merge(old: &mut Object, new: Object) {
    for property in new.properties {
        let has_room = old.properties.len() < limits::PROPERTIES_MAX;
        match old
            .properties
            .iter_mut()
            .find(|known| known.name == property.name)
        {
            Some(known) => both(known, property),
            None if has_room => old.properties.push(property),
            None => old.left_out += 1,
        }
    }
    old.left_out += new.left_out;
    old.closed |= new.closed;
    old.others = match (old.others.take(), new.others) {
        (Some(mut old), Some(new)) => {
            let values = vec![
                std::mem::replace(&mut *old.values, Type::Unknown),
                *new.values,
            ];
            *old.values = all_of(values);
            old.patterns.extend(new.patterns);
            Some(old)
        }
        (old, new) => old.or(new),
    };
    if old.others.is_some() {
        old.closed = false;
    }
}

fn both(known: &mut Property, other: Property) {
    let is = std::mem::replace(&mut known.is, Type::Unknown);
    known.is = all_of(vec![is, other.is]);
    known.required |= other.required;
    if known.notes.is_empty() {
        known.notes = other.notes;
    }
}

/// Takes out references that lead back to where they stand without an object or array between, such
/// as `type A = A | string`. They say nothing, and compilers refuse them.
pub fn end_cycles(model: &mut Model) {
    // Those that were met first come last, and stay whole.
    for start in (0..model.definitions.len()).rev() {
        let circular: HashSet<usize> = bare(model, start)
            .into_iter()
            .filter(|name| *name == start || bare(model, *name).contains(&start))
            .collect();
        if !circular.is_empty()
            && let Some(definition) = model.definitions.get_mut(start)
        {
            let is = std::mem::replace(&mut definition.is, Type::Unknown);
            definition.is = without(is, &circular);
        }
    }
}

/// The names that stand bare in the definition at `start`, or in one of those, and so on.
fn bare(model: &Model, start: usize) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut open: Vec<&Type> = model
        .definitions
        .get(start)
        .map(|one| &one.is)
        .into_iter()
        .collect();
    while let Some(one) = open.pop() {
        match one {
            Type::Named(index) if found.insert(*index) => {
                open.extend(model.definitions.get(*index).map(|one| &one.is));
            }
            Type::Union(members) | Type::All(members) => open.extend(members),
            _ => {}
        }
    }
    found
}

fn without(one: Type, names: &HashSet<usize>) -> Type {
    let is_bare = |one: &Type| matches!(one, Type::Named(index) if names.contains(index));
    match one {
        one if is_bare(&one) => Type::Unknown,
        Type::Union(members) => {
            let left: Vec<Type> = members.into_iter().filter(|one| !is_bare(one)).collect();
            Type::one_of(left.into_iter().map(|one| without(one, names)))
        }
        Type::All(members) => all_of(members.into_iter().map(|one| without(one, names)).collect()),
        one => one,
    }
}
