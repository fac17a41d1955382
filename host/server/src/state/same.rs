//! Whether two JSON values mean the same.

use serde_json::Value;

/// Objects are the same in any order of their keys, and numbers by what they are and not by how
/// they are written, as JavaScript has it.
pub fn same(left: &Value, right: &Value) -> bool {
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
