//! Schemas from types, cut down to what a reader needs: a model pays for every token of them, and
//! clients differ in what they make of references and of types that may be null.

use rmcp::model::JsonObject;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// What a tool takes: names, types, and one line on each.
pub fn input<A: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut root = generated::<A>(settings);
    root.remove("description");
    let mut schema = compact(Value::Object(root));
    if let Some(members) = schema.as_object_mut() {
        members
            .entry("type")
            .or_insert_with(|| Value::from("object"));
    }
    object(schema)
}

/// What a tool answers with: the names at the top, and their types. What lies deeper is told by the
/// answers themselves.
pub fn output<R: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let root = generated::<R>(settings);
    let mut properties = Map::new();
    if let Some(Value::Object(members)) = root.get("properties") {
        for (name, member) in members {
            let mut types = Vec::new();
            let is_known = types_of(member, &mut types);
            types.dedup();
            let shown = match (is_known, types.as_slice()) {
                (true, [one]) => json!({"type": one}),
                (true, [_, ..]) => json!({"type": types}),
                _ => json!({}),
            };
            properties.insert(name.clone(), shown);
        }
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if let Some(required) = root.get("required") {
        schema["required"] = required.clone();
    }
    object(schema)
}

fn generated<T: JsonSchema>(settings: SchemaSettings) -> JsonObject {
    let mut settings = settings;
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    object(
        settings
            .into_generator()
            .into_root_schema_for::<T>()
            .to_value(),
    )
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(members) => members,
        _ => JsonObject::new(),
    }
}

/// The JSON types that a schema lets through; false where it does not say.
fn types_of(schema: &Value, types: &mut Vec<String>) -> bool {
    let add = |types: &mut Vec<String>, name: &str| {
        if !types.iter().any(|known| known == name) {
            types.push(name.to_owned());
        }
    };
    match schema.get("type") {
        Some(Value::String(name)) => {
            add(types, name);
            return true;
        }
        Some(Value::Array(names)) => {
            for name in names.iter().filter_map(Value::as_str) {
                add(types, name);
            }
            return true;
        }
        _ => {}
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(Value::Array(choices)) = schema.get(choice) {
            return choices.iter().all(|one| types_of(one, types));
        }
    }
    match schema.get("const") {
        Some(Value::String(_)) => add(types, "string"),
        Some(Value::Null) => add(types, "null"),
        _ => return false,
    }
    true
}

/// The schema without what only a generator needs.
fn compact(schema: Value) -> Value {
    let Value::Object(mut members) = schema else {
        return schema;
    };
    for key in ["title", "format", "default", "additionalProperties"] {
        // What may have any names says so by the type of their values.
        let is_map =
            key == "additionalProperties" && members.get(key).is_some_and(Value::is_object);
        if !is_map {
            members.remove(key);
        }
    }
    // Unsigned numbers say that they begin at 0.
    if members.get("minimum") == Some(&json!(0)) {
        members.remove("minimum");
    }
    members.remove("maximum");
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            members.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(names)) = members.get_mut("enum") {
        names.retain(|name| !name.is_null());
        members.remove("type");
    }
    for choice in ["anyOf", "oneOf"] {
        let Some(Value::Array(choices)) = members.remove(choice) else {
            continue;
        };
        return chosen(members, choice, choices);
    }
    let members = members.into_iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties
                .into_iter()
                .map(|(name, property)| (name, compact(property)))
                .collect(),
            ("items" | "additionalProperties", value) => compact(value),
            (_, value) => value,
        };
        (key, value)
    });
    Value::Object(members.collect())
}

/// A choice of one is that one, and a choice of names is an `enum`.
fn chosen(mut members: JsonObject, choice: &str, choices: Vec<Value>) -> Value {
    let choices: Vec<Value> = choices
        .into_iter()
        .filter(|one| one.get("type") != Some(&json!("null")))
        .collect();
    let names: Option<Vec<Value>> = choices
        .iter()
        .map(|one| one.get("const").cloned())
        .collect();
    match (names, choices.as_slice()) {
        (Some(names), _) => {
            members.insert("enum".to_owned(), Value::Array(names));
        }
        (None, [Value::Object(one)]) => {
            // What is said where it is used says more than what is said of the type.
            for (key, value) in one {
                members.entry(key).or_insert_with(|| value.clone());
            }
        }
        (None, _) => {
            let choices = choices.into_iter().map(|mut one| {
                if let Some(one) = one.as_object_mut() {
                    one.remove("description");
                }
                let mut one = compact(one);
                if let Some(Value::Object(properties)) = one.get_mut("properties") {
                    for property in properties.values_mut().filter_map(Value::as_object_mut) {
                        property.remove("description");
                    }
                }
                one
            });
            let choices: Vec<Value> = choices.collect();
            let mut whole = JsonObject::new();
            if let Some(description) = members.remove("description") {
                whole.insert("description".to_owned(), description);
            }
            whole.insert("type".to_owned(), json!("object"));
            whole.insert(choice.to_owned(), Value::Array(choices));
            return Value::Object(whole);
        }
    }
    compact(Value::Object(members))
}
