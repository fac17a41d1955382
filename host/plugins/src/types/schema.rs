//! JSON Schema (2020-12) of types. [`crate::values`] reads and writes by the same rules, which
//! [`crate::types`]' documentation has in a table.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::{Integer, Kind, Members, Shape};

/// Whether a schema is of what is given or of what comes back. What is read may be written in more
/// forms than the schema asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Given,
    Answered,
}

/// What a description may be long, in bytes; the rest of a comment is left out.
const DESCRIPTION_BYTES_MAX: usize = 2_000;
/// The decimal digits of a 64-bit integer.
const DIGITS: &str = "^(0|-?[1-9][0-9]*)$";
/// What JSON has no numbers for.
const NO_NUMBERS: &str = "^(NaN|-?Infinity)$";

/// The schema of one value.
pub(crate) fn schema(shape: &Shape, direction: Direction) -> Value {
    whole([shape], direction, |writer| writer.shape(shape))
}

/// The schema of a function's arguments: an object with a property for each parameter.
pub(crate) fn arguments_schema(parameters: &Members) -> Value {
    let shapes = parameters.members.iter();
    let shapes = shapes.filter_map(|parameter| parameter.shape.as_ref());
    whole(shapes, Direction::Given, |writer| writer.record(parameters))
}

/// Types with a name that occur more than once are written once, in `$defs`.
fn whole<'a>(
    shapes: impl IntoIterator<Item = &'a Shape>,
    direction: Direction,
    write: impl FnOnce(&mut Writer) -> Value,
) -> Value {
    let mut found = BTreeMap::new();
    shapes
        .into_iter()
        .for_each(|shape| count(shape, &mut found));
    let mut taken = HashMap::<&str, usize>::new();
    let mut names = HashMap::new();
    for (id, (name, uses)) in found {
        if uses < 2 {
            continue;
        }
        let same = taken.entry(name).or_default();
        *same += 1;
        let name = match same {
            1 => name.to_owned(),
            same => format!("{name}-{same}"),
        };
        names.insert(id, name);
    }
    let mut writer = Writer {
        direction,
        names,
        definitions: Map::new(),
    };
    let mut schema = write(&mut writer);
    if let (Some(schema), false) = (schema.as_object_mut(), writer.definitions.is_empty()) {
        schema.insert("$defs".to_owned(), Value::Object(writer.definitions));
    }
    schema
}

fn count<'a>(shape: &'a Shape, found: &mut BTreeMap<usize, (&'a str, usize)>) {
    if let (Some(named), true) = (&shape.named, is_composed(shape)) {
        let (_, uses) = found.entry(named.id).or_insert((&named.name, 0));
        *uses += 1;
        // What lies within is written once.
        if *uses > 1 {
            return;
        }
    }
    match &shape.kind {
        Kind::List(within) | Kind::FixedList(within, _) | Kind::Option(within) => {
            count(within, found);
        }
        Kind::Map(key, value) => [key, value]
            .into_iter()
            .for_each(|shape| count(shape, found)),
        Kind::Record(members) | Kind::Variant(members) => {
            let shapes = members.members.iter();
            let shapes = shapes.filter_map(|member| member.shape.as_ref());
            shapes.for_each(|shape| count(shape, found));
        }
        Kind::Tuple(types) => types.iter().for_each(|shape| count(shape, found)),
        Kind::Result(ok, err) => {
            let shapes = [ok, err].into_iter().flatten();
            shapes.for_each(|shape| count(shape, found));
        }
        _ => {}
    }
}

/// Whether its schema is longer than a reference.
fn is_composed(shape: &Shape) -> bool {
    matches!(
        shape.kind,
        Kind::Record(_) | Kind::Variant(_) | Kind::Enum(_) | Kind::Flags(_)
    )
}

struct Writer {
    direction: Direction,
    /// Of types that are written in `$defs`.
    names: HashMap<usize, String>,
    definitions: Map<String, Value>,
}

impl Writer {
    fn shape(&mut self, shape: &Shape) -> Value {
        let Some(named) = &shape.named else {
            return self.kind(&shape.kind);
        };
        let Some(name) = self.names.get(&named.id).cloned() else {
            let schema = self.kind(&shape.kind);
            return described(schema, named.docs.as_deref());
        };
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        if !self.definitions.contains_key(&name) {
            // Holds its place before those of the types within it.
            self.definitions.insert(name.clone(), Value::Null);
            let schema = described(self.kind(&shape.kind), named.docs.as_deref());
            self.definitions.insert(name, schema);
        }
        reference
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Integer(integer) => self::integer(*integer),
            Kind::Float32 | Kind::Float64 => match self.direction {
                Direction::Given => json!({ "type": "number" }),
                Direction::Answered => {
                    json!({ "type": ["number", "string"], "pattern": NO_NUMBERS })
                }
            },
            Kind::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::List(items) => json!({ "type": "array", "items": self.shape(items) }),
            Kind::FixedList(items, length) => json!({
                "type": "array", "items": self.shape(items), "minItems": length, "maxItems": length,
            }),
            Kind::Map(key, value) => match key.kind {
                Kind::String => {
                    json!({ "type": "object", "additionalProperties": self.shape(value) })
                }
                _ => {
                    let pair = [self.shape(key), self.shape(value)];
                    json!({ "type": "array", "items": tuple(pair.into()) })
                }
            },
            Kind::Record(members) => self.record(members),
            Kind::Tuple(types) => tuple(types.iter().map(|shape| self.shape(shape)).collect()),
            Kind::Variant(members) => self.variant(members),
            Kind::Enum(members) => names(members),
            Kind::Flags(members) => {
                json!({ "type": "array", "items": names(members), "uniqueItems": true })
            }
            Kind::Option(within) => {
                json!({ "anyOf": [self.some(within), { "type": "null" }] })
            }
            Kind::Result(ok, err) => {
                let sides = [("ok", ok), ("err", err)];
                let sides = sides.map(|(name, shape)| {
                    let carried = match shape {
                        Some(shape) => self.shape(shape),
                        None => json!({ "type": "null" }),
                    };
                    carrying(name, carried)
                });
                json!({ "oneOf": sides })
            }
        }
    }

    /// What an option has that is not none.
    fn some(&mut self, within: &Shape) -> Value {
        let schema = self.shape(within);
        match within.has_null() {
            true => carrying("some", schema),
            false => schema,
        }
    }

    fn record(&mut self, members: &Members) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, field) in members.names.json().iter().zip(&members.members) {
            let Some(shape) = &field.shape else { continue };
            let schema = match (&shape.kind, self.direction) {
                // It may be left out: models write what they read of.
                (Kind::Option(within), Direction::Given) if shape.named.is_none() => {
                    self.some(within)
                }
                _ => self.shape(shape),
            };
            if !shape.has_null() {
                required.push(name.clone());
            }
            properties.insert(name.clone(), described(schema, field.docs.as_deref()));
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if let (Some(schema), false) = (schema.as_object_mut(), required.is_empty()) {
            schema.insert("required".to_owned(), required.into());
        }
        closed(schema)
    }

    fn variant(&mut self, members: &Members) -> Value {
        let cases = members.names.json().iter().zip(&members.members);
        let cases = cases.map(|(name, case)| {
            let schema = match &case.shape {
                None => json!({ "const": name }),
                Some(shape) => carrying(name, self.shape(shape)),
            };
            described(schema, case.docs.as_deref())
        });
        json!({ "oneOf": cases.collect::<Vec<_>>() })
    }
}

fn integer(integer: Integer) -> Value {
    let (least, most) = integer.range();
    if integer.is_wide() {
        return json!({ "type": ["integer", "string"], "pattern": DIGITS });
    }
    // Both fit: no wide integer comes here.
    json!({ "type": "integer", "minimum": least as i64, "maximum": most as i64 })
}

/// Names, with what each means where that is written.
fn names(members: &Members) -> Value {
    let names = members.names.json();
    let told = names.iter().zip(&members.members);
    let told = told.filter_map(|(name, member)| Some(format!("{name}: {}", member.docs.as_ref()?)));
    let meanings = told.collect::<Vec<_>>().join("\n");
    let schema = json!({ "type": "string", "enum": names });
    described(
        schema,
        Some(meanings.as_str()).filter(|text| !text.is_empty()),
    )
}

fn tuple(types: Vec<Value>) -> Value {
    let length = types.len();
    json!({
        "type": "array", "prefixItems": types, "items": false, "minItems": length, "maxItems": length,
    })
}

/// An object with this one property.
fn carrying(name: &str, schema: Value) -> Value {
    closed(json!({ "type": "object", "properties": { name: schema }, "required": [name] }))
}

fn closed(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    schema
}

/// A schema with a description, in place of the one that it may have.
fn described(mut schema: Value, docs: Option<&str>) -> Value {
    if let (Some(schema), Some(docs)) = (schema.as_object_mut(), docs) {
        let text = match schema.get("description").and_then(Value::as_str) {
            Some(own) => format!("{docs}\n{own}"),
            None => docs.to_owned(),
        };
        schema.insert("description".to_owned(), cut(&text).into());
    }
    schema
}

/// The beginning of a comment.
pub(crate) fn cut(text: &str) -> String {
    match text.len() > DESCRIPTION_BYTES_MAX {
        false => text.to_owned(),
        true => format!(
            "{}…",
            &text[..text.floor_char_boundary(DESCRIPTION_BYTES_MAX)]
        ),
    }
}
