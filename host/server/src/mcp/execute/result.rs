//! An outcome as a tool result: structured for programs, text for models.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::json;
use vesicle_sandbox::{Exception, Outcome};

use crate::{harmless::harmless, mcp::cut::cut};

/// The result of a call whose code ended as `outcome`. What it returned is cut at `bytes_max`.
pub fn of(outcome: &Outcome, bytes_max: usize) -> CallToolResult {
    let mut structured = match serde_json::to_value(outcome) {
        Ok(structured) => structured,
        Err(error) => return untellable(&error),
    };
    // The result or the explanation stands alone in the first block, so that a client which only
    // reads that one has what it needs.
    let mut texts = match outcome {
        Outcome::Success {
            output, uncaught, ..
        } => {
            let mut texts = match cut(output.get(), bytes_max) {
                None => vec![output.get().to_owned()],
                Some(cut) => {
                    structured["output"] = cut.shown.into();
                    structured["output_cut"] =
                        json!({"bytes": cut.bytes, "shown": cut.shown.len()});
                    vec![cut.shown.to_owned(), cut.note()]
                }
            };
            texts.extend(uncaught.iter().map(uncaught_exception));
            texts
        }
        failure => vec![failure.explanation()],
    };
    let warnings = outcome.warnings().iter();
    texts.extend(warnings.map(|warning| format!("warning:\n{}", warning.explanation())));
    let (stdout, stderr) = outcome.streams();
    for (name, stream) in [("stdout", stdout), ("stderr", stderr)] {
        if !stream.is_empty() {
            texts.push(format!("{name}:\n{stream}"));
        }
    }
    // For a model; programs have the exact values in the structured content.
    let content = texts
        .iter()
        .map(|text| ContentBlock::text(harmless(text)))
        .collect();
    let mut result = match outcome.is_success() {
        true => CallToolResult::success(content),
        false => CallToolResult::error(content),
    };
    result.structured_content = Some(structured);
    result
}

fn uncaught_exception(exception: &Exception) -> String {
    format!("uncaught:\n{}", exception.explanation())
}

/// The one thing that is JSON and cannot be sent: clients of this protocol, this server's library
/// among them, refuse documents nested more than about 128 deep.
fn untellable(error: &serde_json::Error) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(format!(
        "the result cannot be sent ({error}); return something flatter, or JSON.stringify(…) of it"
    ))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, value::RawValue};
    use vesicle_sandbox::{ErrorType, Location, Resources};

    /// More than any of these results has.
    const BYTES_MAX: usize = 10_000;

    fn success(output: &str, stdout: &str) -> Outcome {
        Outcome::Success {
            output: RawValue::from_string(output.to_owned()).unwrap(),
            uncaught: vec![],
            warnings: vec![],
            stdout: stdout.to_owned(),
            stderr: String::new(),
            execution_time_us: 38,
            resources: Resources::default(),
        }
    }

    fn texts(result: &CallToolResult) -> Vec<String> {
        json!(result)["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block["text"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_success_is_its_output_and_then_what_was_printed() {
        let result = of(&success(r#"{"b":1,"a":2}"#, "working\n"), BYTES_MAX);
        assert_eq!(result.is_error, Some(false));
        assert_eq!(texts(&result), [r#"{"b":1,"a":2}"#, "stdout:\nworking\n"]);
        let structured = result.structured_content.unwrap();
        assert_eq!(structured["status"], "success");
        assert_eq!(structured["output"].to_string(), r#"{"b":1,"a":2}"#);
    }

    #[test]
    fn a_result_that_is_too_long_is_cut_and_says_so() {
        let output = format!("\"{}\"", "x".repeat(98));
        assert_eq!(texts(&of(&success(&output, ""), 100)), [output.as_str()]);
        let result = of(&success(&output, "printed"), 99);
        let told = texts(&result);
        assert_eq!(told[0], output[..99]);
        assert!(told[1].contains("the first 99 of 100 bytes"), "{told:?}");
        assert_eq!(told[2], "stdout:\nprinted");
        let structured = result.structured_content.unwrap();
        assert_eq!(structured["output"], output[..99]);
        assert_eq!(structured["output_cut"], json!({"bytes": 100, "shown": 99}));
    }

    #[test]
    fn a_failure_is_its_explanation() {
        let result = of(
            &Outcome::Error {
                error_type: ErrorType::Runtime,
                name: "TypeError".to_owned(),
                message: "not a function".to_owned(),
                location: Some(Location {
                    line: 1,
                    column: 1,
                    excerpt: "1 | x()\n  | ^".to_owned(),
                }),
                stack: String::new(),
                warnings: vec![],
                stdout: String::new(),
                stderr: "careful\n".to_owned(),
                execution_time_us: 40,
                resources: Resources::default(),
            },
            BYTES_MAX,
        );
        assert_eq!(result.is_error, Some(true));
        assert_eq!(
            texts(&result),
            [
                "TypeError: not a function\n1 | x()\n  | ^",
                "stderr:\ncareful\n"
            ]
        );
        assert_eq!(
            result.structured_content.unwrap()["error_type"],
            Value::from("runtime")
        );
    }

    #[test]
    fn a_model_gets_no_character_that_it_cannot_see_and_a_program_gets_all() {
        let result = of(
            &success(r#""a\u001b[31mb""#, "\u{1b}[2Jc\u{202e}d\0\u{e0041}"),
            BYTES_MAX,
        );
        assert_eq!(
            texts(&result),
            [r#""a\u001b[31mb""#, "stdout:\nc\\u{202e}d\\u{e0041}"]
        );
        let structured = result.structured_content.unwrap();
        assert_eq!(structured["output"], "a\u{1b}[31mb");
        assert_eq!(structured["stdout"], "\u{1b}[2Jc\u{202e}d\0\u{e0041}");
    }

    #[test]
    fn a_result_too_deep_to_send_says_so() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let result = of(&success(&deep, ""), BYTES_MAX);
        assert_eq!(result.is_error, Some(true));
        insta::assert_snapshot!(texts(&result)[0], @"the result cannot be sent (recursion limit exceeded at line 1 column 128); return something flatter, or JSON.stringify(…) of it");
    }
}
