//! Answers of which a caller may want only parts.

use std::borrow::Cow;

use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use vesicle_memory::{Error, memory::selected};

use super::episodes::json;

/// An answer, or the parts of it that were asked for.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Selected(JsonObject);

impl JsonSchema for Selected {
    fn schema_name() -> Cow<'static, str> {
        "Selected".into()
    }

    /// Any part may be left out, so that none can be promised.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}

/// The parts of an answer at these paths; all of it where there are none.
pub fn of_answer(answer: &impl Serialize, fields: &[String]) -> Result<Selected, Error> {
    match selected(&json(answer)?, fields)? {
        serde_json::Value::Object(members) => Ok(Selected(members)),
        _ => Err(Error::Store("the answer is no object".to_owned())),
    }
}
