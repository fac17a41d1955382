//! Checks values against the schemas of tools, at a bounded cost.
//!
//! Schemas come from servers, and a schema can be made to cost anything: references that double at each level, loops,
//! patterns that backtrack. The validator itself has no bound. So the schema is prepared first ([`prepare`]): each part
//! of it gets a keyword of our own, which counts what is done and ends the validation when it was too much.

mod prepare;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use jsonschema::paths::Location;
use jsonschema::{Keyword, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

/// How much one validation may do; a plain object of ten properties takes some fifty.
pub const VALIDATION_STEPS_MAX: u64 = 5_000_000;
/// How long one validation may take. It holds up a thread, and nothing can interrupt it from outside.
pub const VALIDATION_TIME_MAX: Duration = Duration::from_millis(200);
/// After how many looks at a schema the clock is looked at.
const LOOKS_PER_CLOCK: u32 = 32;
/// How much stack a validation must leave, in bytes.
const STACK_LEFT_BYTES: usize = 192 << 10;
/// Below how much stack a validation gets one of its own, in bytes.
const STACK_NEEDED_BYTES: usize = 768 << 10;
/// How large that is.
const STACK_BYTES: usize = 4 << 20;
/// What one pattern may take compiled, in bytes.
const PATTERN_BYTES_MAX: usize = 256 << 10;
/// How often a pattern may backtrack in one text.
const BACKTRACKS_MAX: usize = 20_000;
/// How many mistakes are told at once.
const MISTAKES_MAX: usize = 3;
/// How long a told mistake may be, in characters: it may quote the value.
const MISTAKE_CHARS_MAX: usize = 300;

/// A schema that values can be checked against.
#[derive(Debug)]
pub struct Checks(Validator);

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// These things, in words.
    Mistakes(String),
    /// It could not be found out at a reasonable cost.
    TooCostly,
}

thread_local! {
    static BUDGET: Cell<Budget> = const { Cell::new(Budget { steps: 0, looks: 0, until: None }) };
}

/// What the validation on this thread may still do.
#[derive(Clone, Copy)]
struct Budget {
    steps: u64,
    looks: u32,
    until: Option<Instant>,
}

impl Budget {
    /// What is left after one look at a schema, if anything is.
    fn less(mut self, cost: u64) -> Option<Self> {
        self.steps = self.steps.checked_sub(cost)?;
        self.looks = self.looks.wrapping_add(1);
        let late = self.looks.is_multiple_of(LOOKS_PER_CLOCK)
            && self.until.is_some_and(|until| Instant::now() > until);
        (!late).then_some(self)
    }
}

/// What ends a validation from within.
struct Exhausted;

impl Checks {
    /// Prepares a schema. The error is a sentence without its end.
    pub fn new(schema: &Map<String, Value>) -> Result<Self, String> {
        let (schema, draft) = prepare::prepare(schema)?;
        let build = || {
            jsonschema::options()
                .with_draft(draft)
                .offline()
                .should_validate_formats(false)
                .with_pattern_options(
                    PatternOptions::fancy_regex()
                        .backtrack_limit(BACKTRACKS_MAX)
                        .size_limit(PATTERN_BYTES_MAX)
                        .dfa_size_limit(PATTERN_BYTES_MAX),
                )
                .with_keyword(prepare::STEP, Step::make)
                .build(&schema)
        };
        stacker::maybe_grow(STACK_NEEDED_BYTES, STACK_BYTES, build)
            .map(Self)
            .map_err(|error| shortened(&error.to_string()))
    }

    /// Checks a value.
    pub fn check(&self, value: &Value) -> Result<(), Mismatch> {
        BUDGET.set(Budget {
            steps: VALIDATION_STEPS_MAX,
            looks: 0,
            until: Some(Instant::now() + VALIDATION_TIME_MAX),
        });
        bounded(|| self.0.is_valid(value)).map_or(Err(Mismatch::TooCostly), |valid| {
            if valid {
                Ok(())
            } else {
                Err(self.mistakes(value))
            }
        })
    }

    fn mistakes(&self, value: &Value) -> Mismatch {
        let tell = |error: ValidationError<'_>| {
            let path = error.instance_path().to_string();
            let place = if path.is_empty() {
                String::new()
            } else {
                format!("at {path}: ")
            };
            place + &shortened(&error.to_string())
        };
        let told = bounded(|| {
            self.0
                .iter_errors(value)
                .take(MISTAKES_MAX)
                .map(tell)
                .collect::<Vec<_>>()
        });
        told.map_or(Mismatch::TooCostly, |told| {
            Mismatch::Mistakes(told.join("; "))
        })
    }
}

/// Runs a validation with the budget of this thread; `None` if that was not enough.
fn bounded<T>(validate: impl FnOnce() -> T) -> Option<T> {
    // Nothing that was left half done is looked at again: the validator keeps no state between values.
    match catch_unwind(AssertUnwindSafe(|| {
        stacker::maybe_grow(STACK_NEEDED_BYTES, STACK_BYTES, validate)
    })) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<Exhausted>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

/// The keyword that counts; its value is what one look at its schema costs.
struct Step(u64);

impl Step {
    fn make<'a>(
        _: &'a Map<String, Value>,
        weight: &'a Value,
        _: Location,
    ) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
        Ok(Box::new(Self(weight.as_u64().unwrap_or(1))))
    }

    fn count(&self, instance: &Value) {
        let size = match instance {
            Value::Array(items) => items.len(),
            Value::Object(object) => object.len(),
            Value::String(text) => text.len() / 64,
            _ => 0,
        };
        let cost = self.0.saturating_mul(1 + size as u64);
        let stack_is_short = stacker::remaining_stack().is_some_and(|left| left < STACK_LEFT_BYTES);
        match BUDGET.get().less(cost) {
            Some(left) if !stack_is_short => BUDGET.set(left),
            // Unwinding is the one way out of the validator; this does not run the panic hook.
            _ => resume_unwind(Box::new(Exhausted)),
        }
    }
}

impl<'i> Keyword<'i> for Step {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        self.count(instance);
        Ok(())
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        self.count(instance);
        true
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MISTAKE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
