//! References to earlier results: a text such as `$ops.a.result.episode_id` stands for what is there.
//! A text that should begin so itself is written with two dollars.

use std::collections::HashMap;

use rmcp::model::JsonObject;
use serde_json::Value;

const REFERENCE: &str = "$ops.";
const LITERAL: &str = "$$ops.";

/// The ids that arguments refer to.
pub fn named<'a>(arguments: &'a JsonObject, ids: &mut Vec<&'a str>) {
    for value in arguments.values() {
        within(value, ids);
    }
}

fn within<'a>(value: &'a Value, ids: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix(REFERENCE) {
                ids.push(path.split('.').next().unwrap_or(path));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| within(value, ids)),
        Value::Object(members) => named(members, ids),
        _ => {}
    }
}

/// The arguments with what they refer to in its place.
///
/// # Errors
/// A reference leads nowhere.
pub fn resolved(
    arguments: &JsonObject,
    results: &HashMap<&str, Value>,
) -> Result<JsonObject, String> {
    let resolved = arguments.iter().map(|(name, value)| {
        let value = in_place(value, results)?;
        Ok((name.clone(), value))
    });
    resolved.collect()
}

fn in_place(value: &Value, results: &HashMap<&str, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix(REFERENCE) {
                return meant(path, results).ok_or_else(|| {
                    format!(
                        "`{text}` leads nowhere; a reference is `$ops.ID.result.FIELD`, with a field of that result"
                    )
                });
            }
            match text.starts_with(LITERAL) {
                true => Value::from(text.get(1..).unwrap_or_default()),
                false => value.clone(),
            }
        }
        Value::Array(values) => {
            let values = values.iter().map(|value| in_place(value, results));
            values.collect::<Result<_, _>>()?
        }
        Value::Object(members) => Value::Object(resolved(members, results)?),
        _ => value.clone(),
    })
}

fn meant(path: &str, results: &HashMap<&str, Value>) -> Option<Value> {
    let (id, rest) = path.split_once('.')?;
    let mut parts = rest.split('.');
    if parts.next() != Some("result") {
        return None;
    }
    let mut value = results.get(id)?;
    for part in parts {
        value = match value {
            Value::Object(members) => members.get(part)?,
            Value::Array(values) => values.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value.clone())
}

#[cfg(test)]
mod tests {
    use rmcp::model::object;
    use serde_json::json;

    use super::*;

    #[test]
    fn references_stand_for_what_is_there() {
        let results = HashMap::from([("a", json!({"id": "x", "list": [{"n": 1}]}))]);
        let arguments = object(json!({
            "one": "$ops.a.result.id",
            "deep": ["$ops.a.result.list.0.n", {"whole": "$ops.a.result"}],
            "text": "$$ops.a.result.id",
            "plain": "costs $ops.",
        }));
        let resolved = Value::Object(resolved(&arguments, &results).unwrap());
        insta::assert_snapshot!(resolved, @r#"{"one":"x","deep":[1,{"whole":{"id":"x","list":[{"n":1}]}}],"text":"$ops.a.result.id","plain":"costs $ops."}"#);
        let mut ids = Vec::new();
        named(&arguments, &mut ids);
        assert_eq!(ids, ["a", "a", "a"]);
        for wrong in [
            "$ops.a",
            "$ops.a.result.z",
            "$ops.a.output.id",
            "$ops.b.result.id",
        ] {
            let arguments = object(json!({"one": wrong}));
            let error = super::resolved(&arguments, &results).unwrap_err();
            assert!(error.contains("leads nowhere"), "{error}");
        }
    }
}
