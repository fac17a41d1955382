//! An answer as a tool result: structured for programs, and the same JSON as text.

use std::fmt::Write as _;

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use super::tool::Failure;
use crate::{
    harmless::{harmless, is_harmless},
    secrets::Secrets,
};

/// What came of a call. Secrets are taken out of it.
pub fn of(answer: Result<Value, Failure>, secrets: &Secrets) -> CallToolResult {
    match answer {
        Ok(value) => told(value, secrets),
        Err(failure) => {
            // Without structured content: clients hold that against the schema of a success.
            let message = secrets.redact(failure.to_string());
            CallToolResult::error(vec![ContentBlock::text(harmless(&message))])
        }
    }
}

/// An answer without secrets.
pub fn redacted(value: Value, secrets: &Secrets) -> Value {
    let text = secrets.redact_json(value.to_string());
    serde_json::from_str(&text).unwrap_or_default()
}

/// The answer, as structured content and as text, without secrets.
pub fn told(value: Value, secrets: &Secrets) -> CallToolResult {
    let text = secrets.redact_json(value.to_string());
    let structured = serde_json::from_str(&text).unwrap_or_default();
    let mut result = CallToolResult::success(vec![ContentBlock::text(seen(&text))]);
    result.structured_content = Some(structured);
    result
}

/// The same JSON, with what nobody sees written out as escapes, which mean the same.
fn seen(json: &str) -> String {
    let mut seen = String::with_capacity(json.len());
    for c in json.chars() {
        if is_harmless(c) {
            seen.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(seen, "\\u{unit:04x}");
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_is_the_same_json_and_hides_nothing() {
        let value = json!({"a": "x\u{202e}y\u{e0041}", "b": [1, null]});
        let result = told(value.clone(), &Secrets::default());
        assert_eq!(result.structured_content, Some(value.clone()));
        let text = json!(result)["content"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
