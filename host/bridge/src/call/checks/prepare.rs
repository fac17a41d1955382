//! Makes of a server's schema one whose validation can be bounded.
//!
//! Every schema in it is found from the root, as a validator would find it, and marked with the counting keyword. What
//! would lead a validator elsewhere is taken out (`$id`, anchors) or refused (references that leave the schema).

use std::collections::HashSet;

use jsonschema::Draft;
use serde_json::{Map, Value};

/// The name of the counting keyword.
pub const STEP: &str = "x-vesicle-step";
/// How many schemas one schema may hold.
pub const SUBSCHEMAS_MAX: usize = 20_000;
/// How many patterns it may hold: compiled ones take memory.
pub const PATTERNS_MAX: usize = 200;
/// How many schemas it may come to when each reference is replaced by what it stands for.
pub const EXPANDED_MAX: u64 = 100_000;

/// Keywords whose value is a schema.
const ONE: [&str; 13] = [
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "extends",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 5] = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/// Keywords whose value is an object of schemas.
const MAP: [&str; 6] = [
    "$defs",
    "definitions",
    "dependencies",
    "dependentSchemas",
    "patternProperties",
    "properties",
];
/// Keywords that refer to a schema.
const REFERENCES: [&str; 3] = ["$dynamicRef", "$recursiveRef", "$ref"];
/// Keywords that change what references mean.
const BASES: [&str; 7] = [
    "$anchor",
    "$dynamicAnchor",
    "$id",
    "$recursiveAnchor",
    "$schema",
    "$vocabulary",
    "id",
];

/// The marked schema and the draft that it is written in.
pub fn prepare(schema: &Map<String, Value>) -> Result<(Value, Draft), String> {
    let draft = draft(schema);
    let mut root = Value::Object(schema.clone());
    let mut found = HashSet::from([String::new()]);
    let mut open = vec![String::new()];
    let mut patterns = 0;
    while let Some(pointer) = open.pop() {
        let Some(Value::Object(object)) = root.pointer_mut(&pointer) else {
            continue;
        };
        let mut next = parts(object, &pointer);
        for key in REFERENCES {
            if let Some(target) = object.get(key) {
                next.push(target_of(key, target)?);
            }
        }
        patterns += usize::from(object.contains_key("pattern")) + len(object, "patternProperties");
        mark(object);
        // A reference to what is not there is the validator's to refuse.
        open.extend(
            next.into_iter()
                .filter(|pointer| found.insert(pointer.clone())),
        );
        if found.len() > SUBSCHEMAS_MAX {
            return Err(format!("it has more than {SUBSCHEMAS_MAX} parts"));
        }
        if patterns > PATTERNS_MAX {
            return Err(format!("it has more than {PATTERNS_MAX} patterns"));
        }
    }
    expansion::check(&root)?;
    Ok((root, draft))
}

/// The draft that `$schema` names; 2020-12 otherwise, as MCP has it.
fn draft(schema: &Map<String, Value>) -> Draft {
    let uri = schema
        .get("$schema")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let known = [
        ("draft-04", Draft::Draft4),
        ("draft-06", Draft::Draft6),
        ("draft-07", Draft::Draft7),
        ("2019-09", Draft::Draft201909),
    ];
    known
        .iter()
        .find(|(part, _)| uri.contains(part))
        .map_or(Draft::Draft202012, |(_, draft)| *draft)
}

/// The pointers of the schemas that this one holds.
fn parts(object: &Map<String, Value>, pointer: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for key in ONE {
        if object.get(key).is_some_and(Value::is_object) {
            parts.push(format!("{pointer}/{key}"));
        }
    }
    for key in LIST {
        if let Some(Value::Array(items)) = object.get(key) {
            parts.extend((0..items.len()).map(|at| format!("{pointer}/{key}/{at}")));
        }
    }
    for key in MAP {
        if let Some(Value::Object(entries)) = object.get(key) {
            let escaped = entries
                .keys()
                .map(|name| name.replace('~', "~0").replace('/', "~1"));
            parts.extend(escaped.map(|name| format!("{pointer}/{key}/{name}")));
        }
    }
    parts
}

fn target_of(key: &str, target: &Value) -> Result<String, String> {
    let text = target
        .as_str()
        .ok_or_else(|| format!("its `{key}` is no text"))?;
    let pointer = text
        .strip_prefix('#')
        .filter(|pointer| pointer.is_empty() || pointer.starts_with('/'));
    match pointer {
        Some(pointer) if !pointer.contains('%') => Ok(pointer.to_owned()),
        _ => {
            let shown: String = text
                .chars()
                .take(100)
                .flat_map(char::escape_debug)
                .collect();
            Err(format!(
                "its `{key}` is `{shown}`; only references within the schema are followed, as `#/$defs/name`"
            ))
        }
    }
}

fn mark(object: &mut Map<String, Value>) {
    for key in BASES {
        object.remove(key);
    }
    let own: usize = [
        "enum",
        "required",
        "patternProperties",
        "properties",
        "type",
        "dependentRequired",
    ]
    .iter()
    .map(|key| len(object, key))
    .sum();
    let pattern = if object.contains_key("pattern") { 4 } else { 0 };
    let unique = if object.contains_key("uniqueItems") {
        8
    } else {
        0
    };
    object.insert(STEP.to_owned(), Value::from(1 + own + pattern + unique));
}

fn len(object: &Map<String, Value>, key: &str) -> usize {
    match object.get(key) {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Object(entries)) => entries.len(),
        _ => 0,
    }
}

/// How large a schema is when references are followed. A validator follows them when it is made, so that this has to be
/// known before.
mod expansion {
    use std::collections::HashMap;

    use super::{EXPANDED_MAX, REFERENCES, Value, parts};

    /// How deep schemas may lie in each other, references included.
    const DEPTH_MAX: usize = 500;

    pub fn check(root: &Value) -> Result<(), String> {
        let mut known = HashMap::new();
        let mut path = Vec::new();
        let size = size(root, "", &mut known, &mut path)?;
        if size > EXPANDED_MAX {
            return Err(format!(
                "it comes to more than {EXPANDED_MAX} parts when its references are followed"
            ));
        }
        Ok(())
    }

    fn size(
        root: &Value,
        pointer: &str,
        known: &mut HashMap<String, u64>,
        path: &mut Vec<String>,
    ) -> Result<u64, String> {
        if let Some(size) = known.get(pointer) {
            return Ok(*size);
        }
        let Some(Value::Object(object)) = root.pointer(pointer) else {
            return Ok(1);
        };
        // A loop ends where it begins anew: the validator makes that part once.
        if path.iter().any(|open| open == pointer) {
            return Ok(1);
        }
        if path.len() == DEPTH_MAX {
            return Err(format!(
                "its parts lie more than {DEPTH_MAX} deep in each other"
            ));
        }
        path.push(pointer.to_owned());
        let mut next = parts(object, pointer);
        let references = REFERENCES
            .iter()
            .filter_map(|key| object.get(*key)?.as_str()?.strip_prefix('#'));
        next.extend(references.map(str::to_owned));
        let mut total = 1_u64;
        for pointer in next {
            total = total.saturating_add(stacker::maybe_grow(64 << 10, 1 << 20, || {
                size(root, &pointer, known, path)
            })?);
        }
        path.pop();
        known.insert(pointer.to_owned(), total);
        Ok(total)
    }
}
