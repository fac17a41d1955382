//! Objects, arrays and tuples.

use std::collections::HashSet;

use serde_json::{Map as Keywords, Value};

use super::{
    limits,
    model::{Map, Notes, Object, Property, Type},
    reader::{Budget, Reader, members},
};

/// Whether only objects make sense here, though no `type` says so.
pub fn has_object_keywords(schema: &Keywords<String, Value>) -> bool {
    [
        "properties",
        "additionalProperties",
        "patternProperties",
        "required",
        "unevaluatedProperties",
    ]
    .iter()
    .any(|key| {
        schema
            .get(*key)
            .is_some_and(|value| value.is_object() || value.is_array())
    })
}

/// Whether only arrays make sense here, though no `type` says so.
pub fn has_array_keywords(schema: &Keywords<String, Value>) -> bool {
    ["items", "prefixItems"].iter().any(|key| {
        schema
            .get(*key)
            .is_some_and(|value| value.is_object() || value.is_array())
    })
}

/// Adds a property to `object` if there is room for it, and counts it otherwise.
pub fn push(
    object: &mut Object,
    budget: &mut Budget,
    name: &str,
    is: Type,
    required: bool,
    notes: Notes,
) {
    let fits =
        object.properties.len() < limits::PROPERTIES_MAX && name.len() <= limits::NAME_BYTES_MAX;
    match fits && budget.text(name.len()) {
        true => object.properties.push(Property {
            name: name.to_owned(),
            is,
            required,
            notes,
        }),
        false => object.left_out += 1,
    }
}

impl<'s> Reader<'s> {
    pub(super) fn object(&mut self, schema: &'s Keywords<String, Value>, depth: usize) -> Type {
        let mut object = Object::default();
        let required: HashSet<&str> = match schema.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => HashSet::new(),
        };
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, property) in properties {
                if object.properties.len() >= limits::PROPERTIES_MAX {
                    object.left_out += 1;
                    continue;
                }
                let notes = self.notes(property);
                let is = self.read(property, depth + 1);
                let required = required.contains(name.as_str());
                push(&mut object, &mut self.budget, name, is, required, notes);
            }
        }
        self.required_only(schema, &mut object);
        self.others(schema, &mut object, depth);
        Type::Object(object)
    }

    /// Names that must be there, though the schema does not say what they hold.
    fn required_only(&mut self, schema: &Keywords<String, Value>, object: &mut Object) {
        let Some(Value::Array(names)) = schema.get("required") else {
            return;
        };
        let known: HashSet<String> = match schema.get("properties") {
            Some(Value::Object(properties)) => properties.keys().cloned().collect(),
            _ => HashSet::new(),
        };
        let mut added = HashSet::new();
        for name in names.iter().filter_map(Value::as_str) {
            if !known.contains(name) && added.insert(name) {
                push(
                    object,
                    &mut self.budget,
                    name,
                    Type::Unknown,
                    true,
                    Notes::default(),
                );
            }
        }
    }

    fn others(&mut self, schema: &'s Keywords<String, Value>, object: &mut Object, depth: usize) {
        let mut values = vec![];
        let mut patterns = vec![];
        if let Some(Value::Object(by_pattern)) = schema.get("patternProperties") {
            for (pattern, inner) in by_pattern.iter().take(limits::MEMBERS_MAX) {
                let is = self.read(inner, depth + 1);
                if is != Type::Never {
                    values.push(is);
                    if pattern.len() <= limits::NAME_BYTES_MAX && self.budget.text(pattern.len()) {
                        patterns.push(pattern.clone());
                    }
                }
            }
        }
        let additional = schema
            .get("additionalProperties")
            .or_else(|| schema.get("unevaluatedProperties"));
        match additional {
            Some(Value::Bool(false)) => object.closed = true,
            Some(inner @ Value::Object(keywords)) if !keywords.is_empty() => {
                values.push(self.read(inner, depth + 1));
                patterns.clear();
            }
            _ => {}
        }
        if !values.is_empty() {
            let values = Box::new(Type::one_of(values));
            object.others = Some(Map { values, patterns });
            object.closed = false;
        }
    }

    pub(super) fn array(&mut self, schema: &'s Keywords<String, Value>, depth: usize) -> Type {
        // draft-07 writes tuples as a list under `items`, with the rest under `additionalItems`.
        let (first, rest) = match (schema.get("prefixItems"), schema.get("items")) {
            (Some(first @ Value::Array(_)), rest) => (Some(first), rest),
            (_, Some(first @ Value::Array(_))) => (Some(first), schema.get("additionalItems")),
            (_, rest) => (None, rest),
        };
        let (items, is_cut) = match first {
            Some(Value::Array(all)) => (
                members(first)
                    .map(|item| self.read(item, depth + 1))
                    .collect(),
                all.len() > limits::MEMBERS_MAX,
            ),
            _ => (vec![], false),
        };
        if items.is_empty() {
            return Type::Array(Box::new(match rest {
                Some(rest) => self.read(rest, depth + 1),
                None => Type::Unknown,
            }));
        }
        let count = |key: &str| {
            let count = schema.get(key).and_then(Value::as_u64);
            count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
        };
        let most = count("maxItems").unwrap_or(usize::MAX);
        let rest = match rest {
            _ if is_cut => Some(Type::Unknown),
            Some(Value::Bool(false)) => None,
            _ if most <= items.len() => None,
            Some(rest) => Some(self.read(rest, depth + 1)),
            None => Some(Type::Unknown),
        };
        Type::Tuple {
            // A schema that says nothing allows fewer; whoever writes a tuple means all of it.
            required: count("minItems").unwrap_or(items.len()).min(items.len()),
            items,
            rest: rest.filter(|rest| *rest != Type::Never).map(Box::new),
        }
    }
}
