//! What texts, numbers and lists have to be. Each refusal names the field, the bound, and what was sent.

use serde_json::Value;

use crate::limits::JSON_DEPTH_MAX;
use crate::{Error, Result};

/// A text of at most so many bytes, without NUL.
pub fn text(field: &str, text: &str, bytes_max: usize) -> Result<()> {
    if text.len() > bytes_max {
        return Err(Error::Limit(format!(
            "{field} has {} bytes, and {bytes_max} are the most; shorten it",
            text.len()
        )));
    }
    if text.contains('\0') {
        return Err(Error::Invalid(format!(
            "{field} has a NUL character in it; leave it out"
        )));
    }
    Ok(())
}

/// A text that is not empty.
pub fn filled(field: &str, value: &str, bytes_max: usize) -> Result<()> {
    if value.trim().is_empty() {
        return Err(Error::Invalid(format!(
            "{field} is empty; say something there"
        )));
    }
    text(field, value, bytes_max)
}

/// At most so many entries.
pub fn count(field: &str, count: usize, max: usize) -> Result<()> {
    if count > max {
        return Err(Error::Limit(format!(
            "{field} has {count} entries, and {max} are the most"
        )));
    }
    Ok(())
}

/// A number within bounds.
pub fn within(field: &str, number: usize, min: usize, max: usize) -> Result<()> {
    if (min..=max).contains(&number) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "{field} is {number}; send a number from {min} to {max}"
    )))
}

/// A share from 0 to 1.
pub fn share(field: &str, number: f64) -> Result<()> {
    if (0.0..=1.0).contains(&number) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "{field} is {number}; send a number from 0 to 1"
    )))
}

/// JSON that is not too deep and has no NUL in its texts, which PostgreSQL cannot keep.
pub fn json(field: &str, value: &Value) -> Result<()> {
    nested(field, value, JSON_DEPTH_MAX)
}

fn nested(field: &str, value: &Value, levels: usize) -> Result<()> {
    let Some(levels) = levels.checked_sub(1) else {
        return Err(Error::Limit(format!(
            "{field} is nested deeper than {JSON_DEPTH_MAX} levels; make it flatter"
        )));
    };
    match value {
        Value::String(value) => text(field, value, usize::MAX),
        Value::Array(values) => values
            .iter()
            .try_for_each(|value| nested(field, value, levels)),
        Value::Object(members) => members.iter().try_for_each(|(key, value)| {
            text(field, key, usize::MAX)?;
            nested(field, value, levels)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
