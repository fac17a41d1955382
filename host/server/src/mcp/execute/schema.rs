//! The schemas of what goes in and what comes out. Written out rather than derived: models pay for
//! every token of them, and clients differ in what they make of `oneOf`, `$ref` and null types.

use serde_json::{Value, json};
use vesicle_sandbox::{CODE_BYTES_MAX, ViolationType};

use crate::limits::{Asker, Policy};

/// What [`Arguments::read`](super::arguments::Arguments::read) reads.
pub fn input(policy: &Policy) -> Value {
    let names: Vec<&str> = policy
        .open_to(Asker::Caller)
        .map(|profile| profile.name.as_str())
        .collect();
    json!({
        "type": "object",
        "properties": {
            "code": text(&format!(
                "TypeScript or JavaScript, at most {} KB: the body of an async function, or a module with a default export",
                CODE_BYTES_MAX >> 10
            )),
            "context": {
                "type": "object",
                "properties": {
                    "task": text("What the code is for, in a few words"),
                    "input": {"description": "Any JSON; the code sees it as `input`"},
                },
                "additionalProperties": false,
            },
            "profile": {
                "type": "string",
                "enum": names,
                "default": policy.default_profile().name,
                "description": format!("How much the code may use: {}", profiles(policy)),
            },
            "timeout_ms": {
                "type": "integer",
                "minimum": 1,
                "description": "A time limit shorter than the profile's, in milliseconds",
            },
            "max_result_bytes": {
                "type": "integer",
                "minimum": 1,
                "description": "Where the result is cut",
            },
        },
        "required": ["code"],
        "additionalProperties": false,
    })
}

/// Whether a run is kept.
pub fn record() -> Value {
    json!({"type": "boolean", "description": "Keep this run as an episode of the memory"})
}

/// What [`Outcome`](vesicle_sandbox::Outcome) looks like as JSON. One flat object, because the
/// protocol wants an object at the root. With `files` where callers can have some.
pub fn output(files: bool) -> Value {
    let mut schema = without_files();
    if files {
        schema["properties"]["resources"]["properties"]["files"] = json!({
            "type": "object",
            "properties": {
                "bytes_read": count("Bytes read"),
                "bytes_written": count("Bytes written"),
                "files_made": count("Files and directories made"),
            },
            "required": ["bytes_read", "bytes_written", "files_made"],
        });
    }
    schema
}

fn without_files() -> Value {
    json!({
        "type": "object",
        "properties": {
            "status": {
                "type": "string",
                "enum": ["success", "error", "timeout", "limit_exceeded", "security_violation"],
                "description": "How the code ended; the other fields depend on it",
            },
            "output": {"description": "success: the result"},
            "output_cut": {
                "type": "object",
                "description": "success: the result was too long; `output` is the beginning of its text",
                "properties": {"bytes": count("Of the whole"), "shown": count("Of the beginning")},
                "required": ["bytes", "shown"],
            },
            "uncaught": {
                "type": "array",
                "description": "success: rejections and errors in callbacks that nobody caught",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": text("The error's class"),
                        "message": text("What it said"),
                        "stack": text("The calls that led there"),
                    },
                    "required": ["name", "message"],
                },
            },
            "warnings": {
                "type": "array",
                "description": "success, error, timeout: what in the code will not work",
                "items": {
                    "type": "object",
                    "properties": {
                        "violation_type": text("Which rule"),
                        "reason": text("What will not work, and what to do instead"),
                        "location": {"type": "object", "description": "Where, with line, column and excerpt"},
                    },
                    "required": ["violation_type", "reason", "location"],
                },
            },
            "error_type": {
                "type": "string",
                "enum": ["syntax", "runtime", "out_of_memory", "stack_overflow", "never_settles", "invalid_result", "invalid_input"],
                "description": "error: its kind",
            },
            "name": text("error: its class, such as TypeError"),
            "message": text("error: what it said"),
            "stack": text("error: the calls that led there"),
            "violation_type": {
                "type": "string",
                "enum": ViolationType::ALL.map(|(name, _)| name),
                "description": "security_violation: which rule",
            },
            "reason": text("security_violation: what is not allowed, and what would be"),
            "location": {
                "type": "object",
                "description": "error, security_violation: where in the code that was sent",
                "properties": {
                    "line": count("From 1"),
                    "column": count("From 1"),
                    "excerpt": text("The lines around it"),
                },
                "required": ["line", "column", "excerpt"],
            },
            "elapsed_ms": count("timeout: how long the code ran"),
            "limit_ms": count("timeout: how long it was allowed to"),
            "limit": text("limit_exceeded: which limit; `message` says more"),
            "limit_value": count("limit_exceeded: the limit's value"),
            "stdout": text("What the code wrote to standard output"),
            "stderr": text("What the code wrote to standard error"),
            "execution_time_us": count("success, error: microseconds from source text to result"),
            "resources": {
                "type": "object",
                "properties": {
                    "cpu_time_us": count("Microseconds of computing"),
                    "memory_peak_bytes": count("The most memory that the code had"),
                    "host_calls": count("Calls out of the sandbox"),
                    "fuel": count("Units of fuel, where they are counted"),
                },
                "required": ["cpu_time_us", "memory_peak_bytes", "host_calls"],
            },
        },
        "required": ["status", "resources"],
    })
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn count(description: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "description": description})
}

fn profiles(policy: &Policy) -> String {
    let told: Vec<String> = policy
        .open_to(Asker::Caller)
        .map(|profile| {
            let seconds = profile.limits.wall_time.as_secs_f64();
            let megabytes = profile.limits.memory_bytes >> 20;
            format!("{} {seconds} s and {megabytes} MB", profile.name)
        })
        .collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vesicle_sandbox::{ErrorType, Location, Outcome, Resources, Warning};

    /// Every key of `value` is told by `schema`, and every required one is there.
    fn check(value: &Value, schema: &Value) {
        let properties = &schema["properties"];
        for (key, value) in value.as_object().unwrap() {
            let told = &properties[key];
            assert!(told.is_object(), "{key} is not in the schema");
            if let Some(allowed) = told["enum"].as_array() {
                assert!(allowed.contains(value), "{key}: {value} is not allowed");
            }
            if told["type"] == "object" {
                check(value, told);
            }
        }
        for key in schema["required"].as_array().unwrap() {
            assert!(
                value.get(key.as_str().unwrap()).is_some(),
                "{key} is missing"
            );
        }
    }

    fn location() -> Location {
        Location {
            line: 1,
            column: 1,
            excerpt: String::new(),
        }
    }

    #[test]
    fn files_are_in_the_schema_where_they_can_be_in_the_outcome() {
        let files = vesicle_sandbox::FilesUsed {
            files_made: 1,
            ..Default::default()
        };
        let resources = Resources {
            files,
            ..Resources::default()
        };
        check(&json!(resources), &output(true)["properties"]["resources"]);
    }

    #[test]
    fn outcomes_look_as_the_schema_says() {
        let (stdout, stderr) = (String::new(), String::new());
        let resources = Resources::default();
        let warnings = vec![Warning {
            violation_type: ViolationType::Eval,
            reason: String::new(),
            location: location(),
        }];
        let outcomes = [
            Outcome::Success {
                output: serde_json::value::RawValue::NULL.to_owned(),
                uncaught: vec![],
                warnings: warnings.clone(),
                stdout: stdout.clone(),
                stderr: stderr.clone(),
                execution_time_us: 0,
                resources,
            },
            Outcome::Error {
                error_type: ErrorType::OutOfMemory,
                name: String::new(),
                message: String::new(),
                location: Some(location()),
                stack: "at".to_owned(),
                warnings: warnings.clone(),
                stdout: stdout.clone(),
                stderr: stderr.clone(),
                execution_time_us: 0,
                resources,
            },
            Outcome::Timeout {
                elapsed_ms: 0,
                limit_ms: 0,
                warnings,
                stdout,
                stderr,
                resources,
            },
            Outcome::SecurityViolation {
                violation_type: ViolationType::Import,
                reason: String::new(),
                location: location(),
                resources,
            },
        ];
        for outcome in outcomes {
            check(&json!(outcome), &output(false));
        }
    }
}
