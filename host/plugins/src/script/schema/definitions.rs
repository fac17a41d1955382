//! What a schema refers to: written in `$defs` where it has to be, and in its place where it can.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value};

/// What is no longer than a reference, in bytes, is written in its place however often it occurs.
const SHORT_BYTES_MAX: usize = 60;
/// What references begin with.
const PREFIX: &str = "#/$defs/";

/// A reference to the definition of this name.
pub fn reference(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{PREFIX}{name}") })
}

/// `schema` with those of `definitions` that it needs.
pub fn put(mut schema: Value, definitions: Map<String, Value>) -> Value {
    let mut uses = HashMap::new();
    count(&schema, &mut uses);
    definitions
        .values()
        .for_each(|definition| count(definition, &mut uses));
    let mut placing = Placing {
        uses,
        definitions,
        wanted: VecDeque::new(),
    };
    placing.place(&mut schema);
    let mut kept = Map::new();
    while let Some(name) = placing.wanted.pop_front() {
        if let Some(mut definition) = placing.definitions.remove(&name) {
            placing.place(&mut definition);
            kept.insert(name, definition);
        }
    }
    if let (Some(schema), false) = (schema.as_object_mut(), kept.is_empty()) {
        schema.insert("$defs".to_owned(), Value::Object(kept));
    }
    schema
}

struct Placing {
    uses: HashMap<String, usize>,
    definitions: Map<String, Value>,
    /// Those that stay, to be looked through.
    wanted: VecDeque<String>,
}

impl Placing {
    fn place(&mut self, value: &mut Value) {
        if let Some(name) = referred(value).map(str::to_owned) {
            match self.taken(&name) {
                None => self.wanted.push_back(name),
                Some(mut definition) => {
                    self.place(&mut definition);
                    // What is said where it is used says more than what is said of the type.
                    if let (Some(placed), Value::Object(beside)) =
                        (definition.as_object_mut(), value.take())
                    {
                        placed.extend(beside.into_iter().filter(|(key, _)| key != "$ref"));
                    }
                    *value = definition;
                }
            }
            return;
        }
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.place(value)),
            Value::Object(values) => values.values_mut().for_each(|value| self.place(value)),
            _ => {}
        }
    }

    /// The definition, if it is to be in the place of a reference.
    fn taken(&mut self, name: &str) -> Option<Value> {
        if self.uses.get(name) == Some(&1) {
            return self.definitions.remove(name);
        }
        let definition = self.definitions.get(name)?;
        let mut within = HashMap::new();
        count(definition, &mut within);
        let short = within.is_empty() && definition.to_string().len() <= SHORT_BYTES_MAX;
        short.then(|| definition.clone())
    }
}

fn referred(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

fn count(value: &Value, uses: &mut HashMap<String, usize>) {
    if let Some(name) = referred(value) {
        *uses.entry(name.to_owned()).or_default() += 1;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| count(value, uses)),
        Value::Object(values) => values.values().for_each(|value| count(value, uses)),
        _ => {}
    }
}
