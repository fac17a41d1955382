//! Reading arguments, one field at a time: a model can only correct itself when the message names
//! the field and what belongs there.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;

/// Takes a field out of `sent`. One that is null counts as absent.
///
/// # Errors
/// A value of another type.
pub fn take<T: DeserializeOwned>(
    sent: &mut JsonObject,
    field: &'static str,
) -> Result<Option<T>, String> {
    let value = sent.remove(field).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| format!("`{field}` does not fit: {error}"))
}

/// The same for a field that has to be there; `example` shows it.
///
/// # Errors
/// None, or a value of another type.
pub fn require<T: DeserializeOwned>(
    sent: &mut JsonObject,
    field: &'static str,
    example: &str,
) -> Result<T, String> {
    let value = take(sent, field)?;
    value.ok_or_else(|| format!("`{field}` is missing; send {example}"))
}

/// Refuses what nobody took.
///
/// # Errors
/// There is something left.
pub fn none_left(sent: &JsonObject, known: &str) -> Result<(), String> {
    match sent.keys().next() {
        None => Ok(()),
        Some(field) => Err(format!(
            "there is no argument `{field}`; the arguments are {known}"
        )),
    }
}

/// How long the result may be, in bytes.
///
/// # Errors
/// Another type, or nothing at all.
pub fn result_bytes_max(sent: &mut JsonObject, default: usize) -> Result<usize, String> {
    match take(sent, "max_result_bytes")? {
        Some(0) => Err("`max_result_bytes` does not fit: a result has at least 1 byte".to_owned()),
        Some(bytes) => Ok(bytes),
        None => Ok(default),
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::object;
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_name_the_field() {
        let mut sent = object(json!({"a": 1, "b": null, "max_result_bytes": 0}));
        assert_eq!(take::<u8>(&mut sent, "a"), Ok(Some(1)));
        let missing = require::<String>(&mut sent, "b", "{\"b\": \"x\"}").unwrap_err();
        assert_eq!(missing, "`b` is missing; send {\"b\": \"x\"}");
        assert!(
            none_left(&sent, "`a`")
                .unwrap_err()
                .contains("`max_result_bytes`; the arguments are `a`")
        );
        assert!(
            result_bytes_max(&mut sent, 9)
                .unwrap_err()
                .contains("at least 1")
        );
        assert_eq!(result_bytes_max(&mut sent, 9), Ok(9));
        assert!(
            take::<u8>(&mut object(json!({"a": "x"})), "a")
                .unwrap_err()
                .contains("`a` does not fit")
        );
    }
}
