//! Answers of which a caller may want only parts.

use std::{borrow::Cow, marker::PhantomData};

use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use vesicle_memory::{Error, memory::selected};

use super::episodes::json;

/// An answer, or the parts of it that were asked for.
#[derive(Serialize)]
#[serde(transparent, bound = "")]
pub struct Selected<T>(JsonObject, PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Selected<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    /// Any part may be left out, so that none can be promised.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.remove("required");
        schema
    }
}

/// The parts of an answer at these paths; all of it where there are none.
pub fn of_answer<T: Serialize>(answer: &T, fields: &[String]) -> Result<Selected<T>, Error> {
    match selected(&json(answer)?, fields)? {
        serde_json::Value::Object(members) => Ok(Selected(members, PhantomData)),
        _ => Err(Error::Store("the answer is no object".to_owned())),
    }
}
