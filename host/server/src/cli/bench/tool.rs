//! A tool that costs nothing, so that a call's time is the way out of the sandbox and back.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use vesicle_sandbox::{CapabilityError, Tool, ToolCall};

const NAME: &str = "bench.add";

/// `bench.add({ a, b })` gives `{ sum }`.
#[derive(Debug)]
pub struct AddTool;

#[derive(Deserialize)]
struct Arguments {
    a: f64,
    b: f64,
}

#[derive(Serialize)]
struct Sum {
    sum: f64,
}

#[async_trait]
impl ToolCall for AddTool {
    async fn search(&self, _: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let tool = self.describe(NAME).await?;
        Ok(std::iter::once(tool).take(limit).collect())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        known(name)?;
        let schema = serde_json::json!({
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            "required": ["a", "b"],
        });
        Ok(Tool {
            name: NAME.to_owned(),
            description: "Adds two numbers".to_owned(),
            input_schema: to_raw_value(&schema).map_err(failed)?,
            output_schema: None,
        })
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        known(name)?;
        let Arguments { a, b } = serde_json::from_str(arguments.get())
            .map_err(|error| CapabilityError::InvalidInput(error.to_string()))?;
        to_raw_value(&Sum { sum: a + b }).map_err(failed)
    }
}

fn known(name: &str) -> Result<(), CapabilityError> {
    match name {
        NAME => Ok(()),
        _ => Err(CapabilityError::NotFound(name.to_owned())),
    }
}

fn failed(error: serde_json::Error) -> CapabilityError {
    CapabilityError::Failed(error.to_string())
}
