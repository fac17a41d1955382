//! Arguments against the schema that was made of a function's types, at a bounded cost: unions within
//! unions can be made to cost anything, and the validator has no bound of its own. So each part of the
//! schema gets a keyword that counts, and ends the validation when it was too much.

use std::cell::Cell;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Map, Value};

use crate::values::is_plain;

/// How many looks at parts of the schema one validation may take; a plain object of ten properties takes
/// about as many.
pub const VALIDATION_STEPS_MAX: u64 = 2_000_000;
/// How many mistakes are told at once.
const MISTAKES_MAX: usize = 3;
/// How long a told mistake may be, in bytes: it may quote the value.
const MISTAKE_BYTES_MAX: usize = 300;
/// The keyword that counts.
const STEP: &str = "x-vesicle-step";

/// A schema that arguments can be checked against; all fit where it could not be read.
pub struct Checks(Option<Validator>);

thread_local! {
    static STEPS_LEFT: Cell<u64> = const { Cell::new(0) };
}

/// What ends a validation from within.
struct Exhausted;

impl Checks {
    /// Prepares a schema of ours.
    pub fn new(schema: &Value) -> Self {
        let mut counted = schema.clone();
        count_in(&mut counted);
        let built = jsonschema::options()
            .offline()
            .with_keyword(STEP, Step::make)
            .build(&counted);
        if let Err(error) = &built {
            tracing::warn!(%error, "arguments are not checked against a schema that is none");
        }
        Self(built.ok())
    }

    /// Checks arguments, which messages call `name`.
    ///
    /// # Errors
    /// What is wrong with them, with the path of each.
    pub fn check(&self, name: &str, given: &Value) -> Result<(), String> {
        let Some(validator) = &self.0 else {
            return Ok(());
        };
        STEPS_LEFT.set(VALIDATION_STEPS_MAX);
        let validate = || {
            let mistakes = validator.iter_errors(given).take(MISTAKES_MAX);
            let told: Vec<_> = mistakes.map(|mistake| told(name, &mistake)).collect();
            told.join("; ")
        };
        // Nothing that was left half done is looked at again.
        match catch_unwind(AssertUnwindSafe(validate)) {
            Ok(mistakes) if mistakes.is_empty() => Ok(()),
            Ok(mistakes) => Err(mistakes),
            Err(payload) if payload.is::<Exhausted>() => Err(format!(
                "{name}: checking takes more than {VALIDATION_STEPS_MAX} steps; pass less, or have the function take simpler types"
            )),
            Err(payload) => resume_unwind(payload),
        }
    }
}

/// Puts the keyword into a schema and all of its parts.
fn count_in(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    for (keyword, value) in schema.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => named.values_mut().for_each(count_in),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(parts)) => {
                parts.iter_mut().for_each(count_in);
            }
            ("items" | "additionalProperties" | "propertyNames" | "not", part) => count_in(part),
            _ => {}
        }
    }
    schema.insert(STEP.to_owned(), Value::Bool(true));
}

struct Step;

impl Step {
    fn make<'a>(
        _: &'a Map<String, Value>,
        _: &'a Value,
        _: Location,
    ) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
        Ok(Box::new(Self))
    }

    fn count() {
        match STEPS_LEFT.get().checked_sub(1) {
            Some(left) => STEPS_LEFT.set(left),
            // The one way out of the validator; this does not run the panic hook.
            None => resume_unwind(Box::new(Exhausted)),
        }
    }
}

impl<'i> Keyword<'i> for Step {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        Self::count();
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        Self::count();
        true
    }
}

/// Such as `arguments.items[3].price: expected number`.
fn told(name: &str, mistake: &ValidationError<'_>) -> String {
    let mut text = name.to_owned();
    for segment in mistake.instance_path() {
        match segment {
            LocationSegment::Property(property) => push_property(&mut text, &property),
            // Writing to a string does not fail.
            LocationSegment::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
        }
    }
    match mistake.kind() {
        ValidationErrorKind::Type { kind } => {
            let types = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(several) => {
                    let several: Vec<_> = several.iter().map(|one| one.to_string()).collect();
                    several.join(" or ")
                }
            };
            text += &format!(": expected {types}");
        }
        ValidationErrorKind::Required {
            property: Value::String(property),
        } => {
            push_property(&mut text, property);
            text += ": is missing";
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            if let Some(first) = unexpected.first() {
                push_property(&mut text, first);
            }
            text += ": is not one that there is";
        }
        ValidationErrorKind::Enum { options } => text += &format!(": expected one of {options}"),
        ValidationErrorKind::Constant { expected_value } => {
            text += &format!(": expected {expected_value}");
        }
        ValidationErrorKind::AnyOf { .. } => text += ": fits none of the types that it may have",
        _ => text += &format!(": {mistake}"),
    }
    if text.len() > MISTAKE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(MISTAKE_BYTES_MAX));
        text.push('…');
    }
    text
}

fn push_property(text: &mut String, name: &str) {
    match is_plain(name) {
        true => {
            text.push('.');
            text.push_str(name);
        }
        false => *text += &format!("[{name:?}]"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistakes(schema: Value, given: Value) -> String {
        Checks::new(&schema)
            .check("arguments", &given)
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn mistakes_have_their_paths() {
        let item = json!({
            "type": "object",
            "properties": { "price": { "type": "number" }, "kind": { "enum": ["a", "b"] } },
            "required": ["price"],
            "additionalProperties": false,
        });
        let schema = json!({
            "type": "object",
            "properties": { "items": { "type": "array", "items": { "$ref": "#/$defs/Item" } } },
            "$defs": { "Item": item },
        });
        for (given, expected) in [
            (json!({ "items": [{ "price": 1 }] }), ""),
            (
                json!({ "items": [{ "price": 1 }, { "price": "1" }] }),
                "arguments.items[1].price: expected number",
            ),
            (
                json!({ "items": [{}] }),
                "arguments.items[0].price: is missing",
            ),
            (
                json!({ "items": [{ "price": 1, "a b": 1 }] }),
                "arguments.items[0][\"a b\"]: is not one that there is",
            ),
            (
                json!({ "items": [{ "price": 1, "kind": "c" }] }),
                "arguments.items[0].kind: expected one of [\"a\",\"b\"]",
            ),
            (json!({ "items": 1 }), "arguments.items: expected array"),
        ] {
            assert_eq!(mistakes(schema.clone(), given.clone()), expected, "{given}");
        }
    }

    /// Each level is tried twice for each time that the level above it is.
    #[test]
    fn what_doubles_at_each_level_ends() {
        let branch = json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/T" } } });
        let schema = json!({
            "$ref": "#/$defs/T",
            "$defs": { "T": { "anyOf": [
                { "allOf": [branch, { "required": ["b"] }] },
                { "allOf": [branch, { "required": ["c"] }] },
                { "type": "null" },
            ] } },
        });
        let mut given = json!(1);
        for _ in 0..60 {
            given = json!({ "a": given });
        }
        let why = mistakes(schema, given);
        assert!(why.contains("steps"), "{why}");
    }
}
