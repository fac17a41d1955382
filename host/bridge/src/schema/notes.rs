//! What a schema says beside the type: words, and facts that no type system here can tell.

use serde_json::{Map, Value};

use super::{limits, model::Notes, reader::Budget};
use crate::hygiene;

/// Facts that are told, in the order in which they are told. `default` comes last: it may be long.
const FACTS: [&str; 17] = [
    "format",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "contentEncoding",
    "contentMediaType",
    "default",
];

/// How long a fact may be, in bytes; longer ones are left out.
const FACT_BYTES_MAX: usize = 256;

/// What `schema` says of its values. Titles are left out: most are made from the property's name.
pub fn notes(schema: &Map<String, Value>, budget: &mut Budget) -> Notes {
    let mut notes = Notes::default();
    let mut facts = vec![];
    // By what is there and not by what might be: most properties have two or three keywords.
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("type", _) => {}
            ("description", Value::String(text)) => {
                notes.description = budget.words(text);
            }
            ("deprecated", Value::Bool(true)) => notes.deprecated = true,
            (key, value) => {
                let place = FACTS.iter().position(|fact| *fact == key);
                facts.extend(place.map(|place| (place, value)));
            }
        }
    }
    facts.sort_unstable_by_key(|(place, _)| *place);
    for (place, value) in facts {
        if let Some(key) = FACTS.get(place)
            && let Some(text) = fact(key, value)
            && budget.text(text.len())
        {
            notes.facts.push((key, text));
        }
    }
    notes
}

/// A fact's text; for one that says nothing, none.
fn fact(key: &str, value: &Value) -> Option<String> {
    let said = match value {
        Value::Bool(false) if key == "uniqueItems" => return None,
        // One of these is what a string or a list is anyway.
        Value::Number(number)
            if number.as_u64() == Some(0) && key.starts_with("min") && key != "minimum" =>
        {
            return None;
        }
        Value::String(text) if key != "default" => text.clone(),
        Value::String(_) | Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null if key == "default" => "null".to_owned(),
        Value::Array(_) | Value::Object(_) if key == "default" => short(value)?,
        _ => return None,
    };
    let said = hygiene::strip(&said).replace(['\n', '\r'], " ");
    (said.len() <= FACT_BYTES_MAX).then_some(said)
}

/// The text of a small value, without writing out a large one to find that it is large.
fn short(value: &Value) -> Option<String> {
    (size(value, 0) <= FACT_BYTES_MAX).then(|| value.to_string())
}

fn size(value: &Value, depth: usize) -> usize {
    if depth > limits::DEPTH_MAX {
        return FACT_BYTES_MAX;
    }
    let mut sum = 1;
    match value {
        Value::String(text) => sum += text.len(),
        Value::Array(items) => {
            for item in items {
                sum += size(item, depth + 1);
                if sum > FACT_BYTES_MAX {
                    break;
                }
            }
        }
        Value::Object(object) => {
            for (key, item) in object {
                sum += key.len() + size(item, depth + 1);
                if sum > FACT_BYTES_MAX {
                    break;
                }
            }
        }
        _ => {}
    }
    sum
}
