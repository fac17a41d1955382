//! The first lines of a component's text: a sentence, and what the runner checks.

use std::time::Duration;

use vesicle_sandbox::{CompileLimits, ErrorType, Limits, Outcome};

use super::Became;
use crate::programs::abridged;

/// What must become of a component.
pub enum Expectation {
    /// It is called and gives this, as Rust prints it.
    Value(String),
    /// It is not loaded; the reason says this.
    Refused(String),
    /// It breaks a rule; the reason says this.
    Trap(String),
    /// It ends at this limit.
    Limit(String),
    Timeout,
    OutOfMemory,
    StackOverflow,
}

/// What the comments say.
pub struct Header {
    expectation: Expectation,
    function: String,
    limits: Vec<(String, u64)>,
}

impl Header {
    pub fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map_while(|line| line.strip_prefix(";; "));
        let sentence = lines.next().unwrap_or_default();
        if !sentence.ends_with('.') {
            return Err("the first line is no sentence".to_owned());
        }
        let (mut expectation, mut function) = (None, "f".to_owned());
        let mut limits = Vec::new();
        for line in lines {
            let (key, value) = line.split_once(": ").ok_or(line)?;
            match key {
                "expect" => expectation = Some(Expectation::read(value)?),
                "call" => value.clone_into(&mut function),
                "limits" => {
                    for limit in value.split(' ') {
                        let (name, number) = limit.split_once('=').ok_or(line)?;
                        let number = number.parse().map_err(|_| line)?;
                        limits.push((name.to_owned(), number));
                    }
                }
                _ => return Err(format!("nobody reads `{line}`")),
            }
        }
        Ok(Self {
            expectation: expectation.ok_or("there is no `;; expect: …`")?,
            function,
            limits,
        })
    }

    pub fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    pub fn function(&self) -> &str {
        &self.function
    }

    pub fn wall_time(&self) -> Duration {
        CompileLimits::default().wall_time
    }

    pub fn apply(&self, compile: &mut CompileLimits, limits: &mut Limits) -> Result<(), String> {
        for (name, value) in &self.limits {
            let (time, value) = (Duration::from_millis(*value), *value as usize);
            match name.as_str() {
                "compile_ms" => compile.wall_time = time,
                "compile_memory_mb" => compile.memory_bytes = value << 20,
                "wall_time_ms" => limits.wall_time = time,
                "cpu_time_ms" => limits.cpu_time = Some(time),
                "memory_bytes" => limits.memory_bytes = value,
                "table_elements" => limits.table_elements = value,
                "host_calls" => limits.host_calls = value as u64,
                _ => return Err(format!("there is no limit `{name}`")),
            }
        }
        Ok(())
    }

    pub fn check(&self, became: &Became) -> Result<(), String> {
        let error = |expected: ErrorType, part: &str, outcome: &Outcome<_>| {
            matches!(outcome, Outcome::Error { error_type, message, .. }
                if *error_type == expected && message.contains(part))
        };
        let met = match (&self.expectation, became) {
            (Expectation::Refused(part), Became::Refused(refused)) => {
                refused.to_string().contains(part)
            }
            (Expectation::Value(expected), Became::Ran(Outcome::Success { output, .. })) => {
                format!("{output:?}") == *expected
            }
            (Expectation::Trap(part), Became::Ran(ran)) => error(ErrorType::Trap, part, ran),
            (Expectation::OutOfMemory, Became::Ran(ran)) => error(ErrorType::OutOfMemory, "", ran),
            (Expectation::StackOverflow, Became::Ran(ran)) => {
                error(ErrorType::StackOverflow, "", ran)
            }
            (Expectation::Timeout, Became::Ran(ran)) => matches!(ran, Outcome::Timeout { .. }),
            (Expectation::Limit(expected), Became::Ran(Outcome::LimitExceeded { limit, .. })) => {
                serde_json::to_value(limit).unwrap() == expected.as_str()
            }
            _ => false,
        };
        match (met, became) {
            (true, _) => Ok(()),
            (false, Became::Refused(refused)) => Err(abridged(&format!("refused: {refused}"))),
            (false, Became::Ran(ran)) => Err(abridged(&format!("{ran:?}"))),
        }
    }
}

impl Expectation {
    fn read(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        Ok(match kind {
            "value" => Self::Value(rest.to_owned()),
            "refused" if !rest.is_empty() => Self::Refused(rest.to_owned()),
            "trap" if !rest.is_empty() => Self::Trap(rest.to_owned()),
            "limit" => Self::Limit(rest.to_owned()),
            "timeout" => Self::Timeout,
            "out_of_memory" => Self::OutOfMemory,
            "stack_overflow" => Self::StackOverflow,
            _ => return Err(format!("nobody knows what `expect: {text}` is")),
        })
    }
}
