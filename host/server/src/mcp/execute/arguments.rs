//! What a caller may send. Read by hand, one field at a time: a model can only correct itself when
//! the message names the field and what belongs there.

use std::{num::NonZeroUsize, time::Duration};

use crate::limits::{Asker, LimitsError, Policy, Profile};
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

/// The arguments, checked as far as they can be by themselves.
#[derive(Debug)]
pub struct Arguments<'p> {
    /// The program.
    pub code: String,
    /// What it is for, in the caller's words.
    pub task: Option<String>,
    /// What it sees as `input`.
    pub input: Box<RawValue>,
    /// How much it may use.
    pub profile: &'p Profile,
    /// The time that the caller gives it.
    pub timeout: Option<Duration>,
    /// How long its result may be, in bytes.
    pub result_bytes_max: usize,
    /// Whether it is kept as an episode; where nothing is said, its profile decides.
    pub record: Option<bool>,
}

/// Why arguments were refused.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentError {
    /// No code.
    #[error("`code` is missing; send the program as a string: {{\"code\": \"return 1 + 1\"}}")]
    NoCode,
    /// A value of another type than the schema says.
    #[error("`{field}` does not fit: {reason}")]
    Misfit {
        /// Which.
        field: &'static str,
        /// As serde has it.
        reason: String,
    },
    /// A field that there is not.
    #[error("there is no argument `{field}`; {known}")]
    Unknown {
        /// Which, quoted from the caller.
        field: String,
        /// What there is.
        known: &'static str,
    },
    /// No such profile, or not for callers.
    #[error("`profile`: {0}")]
    Profile(#[from] LimitsError),
}

impl<'p> Arguments<'p> {
    /// Reads what a caller sent, who may have the profiles that `policy` offers. Fields that are
    /// null count as absent. Who says nothing of the result gets `result_bytes_max`.
    pub fn read(
        mut sent: JsonObject,
        policy: &'p Policy,
        result_bytes_max: usize,
    ) -> Result<Self, ArgumentError> {
        let code = field(&mut sent, "code", "code")?.ok_or(ArgumentError::NoCode)?;
        let mut context: JsonObject = field(&mut sent, "context", "context")?.unwrap_or_default();
        let profile: Option<String> = field(&mut sent, "profile", "profile")?;
        let timeout_ms: Option<u64> = field(&mut sent, "timeout_ms", "timeout_ms")?;
        let asked: Option<NonZeroUsize> = field(&mut sent, "max_result_bytes", "max_result_bytes")?;
        let record: Option<bool> = field(&mut sent, "record", "record")?;
        none_left(
            &sent,
            "the arguments are `code`, `context`, `profile`, `timeout_ms`, `max_result_bytes` and `record`",
        )?;

        let task = field(&mut context, "task", "context.task")?;
        let input = context.remove("input").unwrap_or_default();
        let input = to_raw_value(&input).map_err(|error| misfit("context.input", &error))?;
        none_left(&context, "`context` has `task` and `input`")?;

        let profile = policy.profile(profile.as_deref(), Asker::Caller)?;
        Ok(Self {
            code,
            task,
            input,
            profile,
            timeout: timeout_ms.map(Duration::from_millis),
            result_bytes_max: asked.map_or(result_bytes_max, NonZeroUsize::get),
            record,
        })
    }
}

fn field<T: DeserializeOwned>(
    object: &mut JsonObject,
    key: &str,
    path: &'static str,
) -> Result<Option<T>, ArgumentError> {
    let value = object.remove(key).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| misfit(path, &error))
}

fn none_left(object: &JsonObject, known: &'static str) -> Result<(), ArgumentError> {
    match object.keys().next() {
        None => Ok(()),
        Some(field) => Err(ArgumentError::Unknown {
            field: field.clone(),
            known,
        }),
    }
}

fn misfit(field: &'static str, error: &serde_json::Error) -> ArgumentError {
    ArgumentError::Misfit {
        field,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::sync::LazyLock;

    fn read(sent: Value) -> Result<Arguments<'static>, String> {
        static POLICY: LazyLock<Policy> = LazyLock::new(Policy::default);
        let Value::Object(sent) = sent else {
            panic!("arguments are an object")
        };
        Arguments::read(sent, &POLICY, 1_000).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_sent_has_a_default() {
        let read = read(json!({"code": "return 1", "profile": null, "context": null})).unwrap();
        assert_eq!(read.code, "return 1");
        assert_eq!(read.input.get(), "null");
        assert_eq!(read.profile.name, "default");
        assert_eq!(read.timeout, None);
        assert_eq!(read.result_bytes_max, 1_000);
    }

    #[test]
    fn everything_arrives_in_the_order_it_was_sent() {
        let read = read(json!({
            "code": "return input",
            "context": {"task": "echo", "input": {"z": 0.30000000000000004, "a": 1}},
            "profile": "restrictive",
            "timeout_ms": 20,
            "max_result_bytes": 1,
        }))
        .unwrap();
        assert_eq!(read.task.as_deref(), Some("echo"));
        assert_eq!(read.input.get(), r#"{"z":0.30000000000000004,"a":1}"#);
        assert_eq!(read.profile.name, "restrictive");
        assert_eq!(read.timeout, Some(Duration::from_millis(20)));
        assert_eq!(read.result_bytes_max, 1);
    }

    #[test]
    fn refusals_name_the_field_and_what_belongs_there() {
        let refused = |sent| read(sent).unwrap_err();
        insta::assert_snapshot!(refused(json!({})), @r#"`code` is missing; send the program as a string: {"code": "return 1 + 1"}"#);
        insta::assert_snapshot!(refused(json!({"code": 5})), @"`code` does not fit: invalid type: integer `5`, expected a string");
        insta::assert_snapshot!(refused(json!({"code": "", "timeout": 5})), @"there is no argument `timeout`; the arguments are `code`, `context`, `profile`, `timeout_ms`, `max_result_bytes` and `record`");
        insta::assert_snapshot!(refused(json!({"code": "", "timeout_ms": -5})), @"`timeout_ms` does not fit: invalid value: integer `-5`, expected u64");
        insta::assert_snapshot!(refused(json!({"code": "", "max_result_bytes": 0})), @"`max_result_bytes` does not fit: invalid value: integer `0`, expected a nonzero usize");
        insta::assert_snapshot!(refused(json!({"code": "", "context": "x"})), @r#"`context` does not fit: invalid type: string "x", expected a map"#);
        insta::assert_snapshot!(refused(json!({"code": "", "context": {"data": 1}})), @"there is no argument `data`; `context` has `task` and `input`");
        insta::assert_snapshot!(refused(json!({"code": "", "profile": "fast"})), @r#"`profile`: there is no profile `fast`; take one of restrictive, default, permissive; `inherits = "default"` under [profiles.fast] and `profiles = ["restrictive", "default", "permissive", "fast"]` under [serve] in vesicle.toml would make it"#);
    }
}
