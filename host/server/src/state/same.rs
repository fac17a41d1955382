//! Whether two JSON values mean the same.

use serde_json::{Value, value::RawValue};

/// Whether what is kept is what somebody expects there, by what it means.
pub fn is_as_expected(kept: Option<&str>, expected: Option<&RawValue>) -> serde_json::Result<bool> {
    match (kept, expected) {
        (None, None) => Ok(true),
        (Some(kept), Some(expected)) => Ok(same(
            &serde_json::from_str(kept)?,
            &serde_json::from_str(expected.get())?,
        )),
        _ => Ok(false),
    }
}

/// Objects are the same in any order of their keys, and numbers by what they are and not by how
/// they are written, as JavaScript has it.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            let in_right = |(key, l)| right.get(key).is_some_and(|r| same(l, r));
            left.len() == right.len() && left.iter().all(in_right)
        }
        (left, right) => left == right,
    }
}
