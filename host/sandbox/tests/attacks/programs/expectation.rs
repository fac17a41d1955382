//! What must become of a program: one line, one kind of outcome.

use vesicle_sandbox::{ErrorType, Outcome};

/// How much is shown of what came instead.
const SHOWN_CHARS_MAX: usize = 1_500;

pub enum Expectation {
    /// Success, with this JSON.
    Value(String),
    /// The wall time was up.
    Timeout,
    /// An error of this type.
    Error(ErrorType),
    /// An error of the program, as `Name: message`.
    Thrown(String),
    /// This limit, by its name.
    Limit(String),
}

impl Expectation {
    /// `value JSON`, `timeout`, `limit NAME`, `error Name: message`, or a type of error.
    pub fn read(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        Ok(match (kind, rest) {
            ("value", json) if !json.is_empty() => Self::Value(json.to_owned()),
            ("limit", name) if !name.is_empty() => Self::Limit(name.to_owned()),
            ("error", thrown) if !thrown.is_empty() => Self::Thrown(thrown.to_owned()),
            ("timeout", "") => Self::Timeout,
            ("runtime", "") => Self::Error(ErrorType::Runtime),
            ("out_of_memory", "") => Self::Error(ErrorType::OutOfMemory),
            ("stack_overflow", "") => Self::Error(ErrorType::StackOverflow),
            ("never_settles", "") => Self::Error(ErrorType::NeverSettles),
            ("invalid_result", "") => Self::Error(ErrorType::InvalidResult),
            _ => return Err(format!("nobody knows what `expect: {text}` is")),
        })
    }

    pub fn check(&self, outcome: &Outcome) -> Result<(), String> {
        let met = match (self, outcome) {
            (Self::Value(expected), Outcome::Success { output, .. }) => output.get() == expected,
            (Self::Timeout, Outcome::Timeout { .. }) => true,
            (Self::Error(expected), Outcome::Error { error_type, .. }) => error_type == expected,
            (
                Self::Thrown(expected),
                Outcome::Error {
                    error_type: ErrorType::Runtime,
                    name,
                    message,
                    ..
                },
            ) => format!("{name}: {message}") == *expected,
            (Self::Limit(expected), Outcome::LimitExceeded { limit, .. }) => {
                serde_json::to_value(limit).unwrap() == expected.as_str()
            }
            _ => false,
        };
        match met {
            true => Ok(()),
            false => Err(abridged(&format!("{outcome:?}"))),
        }
    }
}

/// The beginning of a text that a guest made.
pub fn abridged(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}
