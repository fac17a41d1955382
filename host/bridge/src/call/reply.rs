//! What a call answers with.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::checks::{Checks, Mismatch};
use crate::error::ToolError;

/// How much of a server's own error text is passed on, in bytes.
pub const UPSTREAM_MESSAGE_BYTES_MAX: usize = 8 << 10;

/// A result, with where it comes from.
#[derive(Debug, Clone)]
pub struct CallReply {
    /// The value, as JSON.
    pub value: Arc<RawValue>,
    /// What of the server's answer it was made of.
    pub shape: Shape,
    /// From the cache, and as good as new.
    pub cached: bool,
    /// From the cache, since the server could not be reached: it may be out of date.
    pub stale: bool,
    /// The configured answer, since the server could not be reached.
    pub fallback: bool,
    /// How often the server was called: 0 for what it was not called for.
    pub attempts: u32,
    /// How long it all took.
    pub elapsed: Duration,
}

/// What a value was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The structured content.
    Structured,
    /// One text that is a JSON object or list.
    Json,
    /// One text.
    Text,
    /// The content blocks.
    Content,
    /// What is configured as a fallback.
    Configured,
}

/// Makes a value of a server's answer, or an error of what it calls one.
pub fn value_of(result: CallToolResult, qualified: &str) -> Result<(Value, Shape), ToolError> {
    if result.is_error == Some(true) {
        return Err(ToolError::upstream(format!(
            "`{qualified}` answered: {}",
            error_text(&result)
        )));
    }
    if let Some(value) = result.structured_content {
        return Ok((value, Shape::Structured));
    }
    if let [ContentBlock::Text(text)] = result.content.as_slice() {
        if text.text.trim_start().starts_with(['{', '['])
            && let Ok(value) = serde_json::from_str(&text.text)
        {
            return Ok((value, Shape::Json));
        }
        return Ok((Value::String(text.text.clone()), Shape::Text));
    }
    match serde_json::to_value(result.content) {
        Ok(content) => Ok((content, Shape::Content)),
        Err(error) => Err(ToolError::upstream(format!(
            "the answer of `{qualified}` cannot be passed on: {error}"
        ))),
    }
}

fn error_text(result: &CallToolResult) -> String {
    let mut text = String::new();
    for block in &result.content {
        if let ContentBlock::Text(block) = block {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(&block.text);
        }
    }
    if text.is_empty() {
        text = match &result.structured_content {
            Some(value) => value.to_string(),
            None => "an error without a text".to_owned(),
        };
    }
    bounded_message(text)
}

/// A server's text in a message, cut where it is too long.
pub fn bounded_message(mut text: String) -> String {
    if text.len() > UPSTREAM_MESSAGE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(UPSTREAM_MESSAGE_BYTES_MAX));
        text.push('…');
    }
    text
}

/// Checks a value's size and, where there is a schema, its form; gives its JSON.
pub fn checked(
    value: &Value,
    shape: Shape,
    schema: Option<&Checks>,
    bytes_max: usize,
    qualified: &str,
) -> Result<Arc<RawValue>, ToolError> {
    let raw = to_raw_value(value).map_err(|error| {
        ToolError::upstream(format!("the result of `{qualified}` is no JSON: {error}"))
    })?;
    let bytes = raw.get().len();
    if bytes > bytes_max {
        return Err(ToolError::upstream(format!(
            "the result of `{qualified}` has {bytes} bytes, and {bytes_max} are allowed: ask for less, or raise `result_bytes`"
        )));
    }
    if let Some(schema) = schema {
        // A tool with an output schema has to answer with structured content.
        if shape != Shape::Structured {
            return Err(ToolError::upstream(format!(
                "`{qualified}` declares an output schema and answered without structured content: that is a mistake of its server"
            )));
        }
        schema.check(value).map_err(|mismatch| {
            let what = match mismatch {
                Mismatch::Mistakes(mistakes) => {
                    format!("does not fit its output schema: {mistakes}")
                }
                Mismatch::TooCostly => {
                    "is too costly to check against its output schema".to_owned()
                }
            };
            ToolError::upstream(format!(
                "the result of `{qualified}` {what}. That is a mistake of its server"
            ))
        })?;
    }
    Ok(Arc::from(raw))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(result: Value) -> Result<(Value, Shape), ToolError> {
        value_of(serde_json::from_value(result).unwrap(), "s.t")
    }

    #[test]
    fn the_most_structured_form_is_the_value() {
        let text = |text: &str| json!({"type": "text", "text": text});
        for (result, expected, shape) in [
            (
                json!({"content": [text("x")], "structuredContent": {"a": 1}}),
                json!({"a": 1}),
                Shape::Structured,
            ),
            (
                json!({"content": [text("x")], "structuredContent": null}),
                Value::Null,
                Shape::Structured,
            ),
            (
                json!({"content": [text(" {\"a\": 1}")]}),
                json!({"a": 1}),
                Shape::Json,
            ),
            (json!({"content": [text("[1]")]}), json!([1]), Shape::Json),
            (
                json!({"content": [text("{ not json")]}),
                json!("{ not json"),
                Shape::Text,
            ),
            (json!({"content": [text("1")]}), json!("1"), Shape::Text),
            (json!({"content": []}), json!([]), Shape::Content),
            (
                json!({"content": [text("a"), text("b")]}),
                json!([text("a"), text("b")]),
                Shape::Content,
            ),
        ] {
            assert_eq!(value(result), Ok((expected, shape)));
        }
    }

    #[test]
    fn a_servers_error_is_an_error_with_its_text() {
        let error =
            value(json!({"isError": true, "content": [{"type": "text", "text": "no such file"}]}))
                .unwrap_err();
        assert_eq!(error, ToolError::upstream("`s.t` answered: no such file"));
        let error = value(json!({"isError": true, "content": [], "structuredContent": {"why": 1}}))
            .unwrap_err();
        assert_eq!(error.message, "`s.t` answered: {\"why\":1}");
        let long = json!({"type": "text", "text": "ü".repeat(UPSTREAM_MESSAGE_BYTES_MAX)});
        let error = value(json!({"isError": true, "content": [long]})).unwrap_err();
        assert!(error.message.len() < UPSTREAM_MESSAGE_BYTES_MAX + 50);
    }

    #[test]
    fn results_are_checked_for_size_and_form() {
        let schema = Checks::new(
            json!({"type": "object", "required": ["a"]})
                .as_object()
                .unwrap(),
        )
        .unwrap();
        let check = |value: Value, shape, bytes| {
            checked(&value, shape, Some(&schema), bytes, "s.t").map(|raw| raw.get().len())
        };
        assert_eq!(check(json!({"a": 1}), Shape::Structured, 7), Ok(7));
        assert!(
            check(json!({"a": 1}), Shape::Structured, 6)
                .unwrap_err()
                .message
                .contains("has 7 bytes")
        );
        assert!(
            check(json!({}), Shape::Structured, 7)
                .unwrap_err()
                .message
                .contains("\"a\" is a required property")
        );
        assert!(
            check(json!({"a": 1}), Shape::Json, 7)
                .unwrap_err()
                .message
                .contains("without structured content")
        );
    }
}
