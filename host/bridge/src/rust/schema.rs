//! A model as the JSON Schema that typify reads: draft-07, every named type a definition.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::names::{pascal, snake};
use crate::schema::{Literal, Model, Notes, Object, Type};

/// Definitions of several models side by side.
#[derive(Default)]
pub struct Definitions(Map<String, Value>);

impl Definitions {
    /// Adds `model`, its root as `name`, its other types as `name` and theirs.
    pub fn add(&mut self, name: &str, model: &Model) {
        let names: Vec<String> = model
            .definitions
            .iter()
            .map(|definition| format!("{name}{}", definition.name))
            .collect();
        for (definition, name) in model.definitions.iter().zip(&names) {
            let schema = noted(schema(&definition.is, &names), &definition.notes);
            self.0.insert(name.clone(), schema);
        }
        self.0.insert(name.to_owned(), schema(&model.root, &names));
    }

    /// The whole document.
    pub fn finish(self) -> Value {
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": self.0})
    }
}

fn noted(mut schema: Value, notes: &Notes) -> Value {
    // The words of `$ref` belong to its target.
    if let (Value::Object(keywords), false) = (&mut schema, notes.description.is_empty()) {
        keywords.insert(
            "description".to_owned(),
            Value::from(notes.description.as_str()),
        );
    }
    schema
}

fn schema(one: &Type, names: &[String]) -> Value {
    match one {
        Type::Unknown | Type::Never => json!({}),
        Type::Null => json!({"type": "null"}),
        Type::Boolean | Type::Literal(Literal::Boolean(_)) => json!({"type": "boolean"}),
        Type::Integer => json!({"type": "integer"}),
        Type::Number | Type::Literal(Literal::Number(_)) => json!({"type": "number"}),
        Type::String => json!({"type": "string"}),
        Type::Literal(Literal::String(text)) => json!({"type": "string", "enum": [text]}),
        Type::Array(items) => json!({"type": "array", "items": schema(items, names)}),
        Type::Tuple {
            items,
            required,
            rest,
        } => tuple(items, *required, rest.as_deref(), names),
        Type::Object(object) => self::object(object, names),
        Type::Union(members) => union(members, names),
        // Rust has no type for all of several at once.
        Type::All(_) => json!({}),
        Type::Named(index) => match names.get(*index) {
            Some(name) => json!({"$ref": format!("#/definitions/{name}")}),
            None => json!({}),
        },
    }
}

fn union(members: &[Type], names: &[String]) -> Value {
    let texts: Option<Vec<&str>> = members
        .iter()
        .map(|one| match one {
            Type::Literal(Literal::String(text)) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if let Some(texts) = texts {
        return match distinct(texts.iter().copied(), |text| pascal(text, "")) {
            true => json!({"type": "string", "enum": texts}),
            false => json!({"type": "string"}),
        };
    }
    let (nulls, others): (Vec<_>, Vec<_>) =
        members.iter().partition(|one| matches!(one, Type::Null));
    if let ([_], [other]) = (nulls.as_slice(), others.as_slice()) {
        return json!({"oneOf": [schema(other, names), {"type": "null"}]});
    }
    // Unions of anything else become enums whose variants have made-up names: any JSON reads better.
    json!({})
}

/// Whether these stay different as identifiers. typify panics where they do not, such as for the
/// reactions `+1` and `-1`.
fn distinct<'t>(
    mut names: impl Iterator<Item = &'t str>,
    identifier: impl Fn(&str) -> String,
) -> bool {
    let mut used = BTreeSet::new();
    names.all(|name| {
        let identifier = identifier(name);
        !identifier.is_empty() && used.insert(identifier)
    })
}

fn tuple(items: &[Type], required: usize, rest: Option<&Type>, names: &[String]) -> Value {
    if required < items.len() || rest.is_some() {
        return json!({"type": "array"});
    }
    let told: Vec<Value> = items.iter().map(|item| schema(item, names)).collect();
    json!({"type": "array", "items": told, "minItems": told.len(), "maxItems": told.len()})
}

fn object(object: &Object, names: &[String]) -> Value {
    let values = object.others.as_ref().map(|map| schema(&map.values, names));
    if object.properties.is_empty() {
        return match values {
            Some(values) => json!({"type": "object", "additionalProperties": values}),
            None if object.closed => json!({"type": "object", "additionalProperties": false}),
            None => json!({"type": "object"}),
        };
    }
    let names_of = object
        .properties
        .iter()
        .map(|property| property.name.as_str());
    if !distinct(names_of, |name| snake(name, "")) {
        return json!({"type": "object"});
    }
    let mut properties = Map::new();
    let mut required = vec![];
    for property in &object.properties {
        properties.insert(
            property.name.clone(),
            noted(schema(&property.is, names), &property.notes),
        );
        if property.required {
            required.push(property.name.as_str());
        }
    }
    json!({"type": "object", "properties": properties, "required": required})
}
