//! What became of one execution. Whatever the guest did, the answer is one of five outcomes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{FilesUsed, LimitKind};

/// The end of one execution, with what it printed and what it used. `T` is its result: JSON for a
/// program, values of the component model for a call of a component's function.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome<T = Box<RawValue>> {
    /// The code ran to its end.
    Success {
        /// Its result; for a program JSON, `null` when it had none.
        output: T,
        /// Rejected promises that nobody handled, and errors thrown in timers and microtasks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        uncaught: Vec<Exception>,
        /// What the source check found and its policy does not deny: of each rule the first place.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Warning>,
        /// What it wrote to standard output; says so at its end when it was cut.
        stdout: String,
        /// What it wrote to standard error; says so at its end when it was cut.
        stderr: String,
        /// Microseconds from the source text to the value, time in the queue left out.
        execution_time_us: u64,
        /// What it used.
        resources: Resources,
    },
    /// The code is wrong, or went wrong.
    Error {
        /// What kind of wrong.
        error_type: ErrorType,
        /// The error's class, such as `TypeError`; empty when what was thrown is no error.
        name: String,
        /// What it said.
        message: String,
        /// Where, in the text that the caller sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<Location>,
        /// The calls that led there, innermost first, one a line, in the caller's own positions.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        stack: String,
        /// As in [`Outcome::Success`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Warning>,
        /// As in [`Outcome::Success`].
        stdout: String,
        /// As in [`Outcome::Success`].
        stderr: String,
        /// As in [`Outcome::Success`], up to the error.
        execution_time_us: u64,
        /// What it used.
        resources: Resources,
    },
    /// The code did not end in the time it was given.
    Timeout {
        /// How long it ran, in milliseconds.
        elapsed_ms: u64,
        /// The limit that it met, in milliseconds.
        limit_ms: u64,
        /// As in [`Outcome::Success`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Warning>,
        /// What it had written until then.
        stdout: String,
        /// What it had written until then.
        stderr: String,
        /// What it used.
        resources: Resources,
    },
    /// The code met a limit that is no error of its own, and was stopped.
    LimitExceeded {
        /// Which limit.
        limit: LimitKind,
        /// Its value, in the unit that its name or documentation says.
        limit_value: u64,
        /// What happened and what to do.
        message: String,
        /// As in [`Outcome::Success`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Warning>,
        /// What it had written until then.
        stdout: String,
        /// What it had written until then.
        stderr: String,
        /// As in [`Outcome::Success`], up to the end.
        execution_time_us: u64,
        /// What it used.
        resources: Resources,
    },
    /// The code asks for what it may not have, and was not run.
    SecurityViolation {
        /// Which rule.
        violation_type: ViolationType,
        /// What it asked for, and what would allow it.
        reason: String,
        /// Where, in the text that the caller sent.
        location: Location,
        /// What it used: nothing but the check.
        resources: Resources,
    },
}

/// The kinds of [`Outcome::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorType {
    /// The text is no program: empty, too long, not text, or not TypeScript.
    Syntax,
    /// The program threw and did not catch.
    Runtime,
    /// The program needed more memory than its limit.
    OutOfMemory,
    /// The program's calls went too deep.
    StackOverflow,
    /// The program waits for a promise that nothing can settle any more.
    NeverSettles,
    /// The result cannot be told as JSON.
    InvalidResult,
    /// The input is no JSON, or the arguments are not what the function takes.
    InvalidInput,
    /// The component broke the rules of WebAssembly or of the component model, or gave itself up.
    /// Not of programs.
    Trap,
}

/// The rules of the source check, behind [`Outcome::SecurityViolation`] and [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationType {
    /// The code imports a module, and no modules are granted.
    Import,
    /// The code asks for `child_process`, and no process can be started.
    ChildProcess,
    /// The code uses `require`, which is another way to ask for a module.
    Require,
    /// The code uses `process`, and there is none.
    Process,
    /// The code uses `fetch`, `WebSocket` or `XMLHttpRequest`, and no host is granted.
    Network,
    /// The code makes code from text, by `eval` or `Function`, which the engine does not do.
    Eval,
    /// A loop's condition is always true, and nothing in it leaves it.
    EndlessLoop,
}

impl ViolationType {
    /// All of them, by name, in the order of their declaration. Where two find the same place, the
    /// first is told.
    pub const ALL: [(&'static str, Self); 7] = [
        ("import", Self::Import),
        ("child_process", Self::ChildProcess),
        ("require", Self::Require),
        ("process", Self::Process),
        ("network", Self::Network),
        ("eval", Self::Eval),
        ("endless_loop", Self::EndlessLoop),
    ];
}

/// What the source check found in code that was run all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which rule.
    pub violation_type: ViolationType,
    /// What will not work, and what to do instead.
    pub reason: String,
    /// Where, in the text that the caller sent.
    pub location: Location,
}

/// A place in the text that the caller sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode characters.
    pub column: u32,
    /// The lines around it with a mark below, as compilers print them; without colours.
    pub excerpt: String,
}

/// Something thrown that nobody caught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The error's class; empty when what was thrown is no error.
    pub name: String,
    /// What it said.
    pub message: String,
    /// The calls that led there, in the caller's own positions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stack: String,
}

/// What one execution used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Microseconds during which guest code ran or the host ran for it; waiting is not counted.
    pub cpu_time_us: u64,
    /// The most linear memory it had, in bytes; 0 when no guest was made.
    pub memory_peak_bytes: u64,
    /// How many capability calls it made; refused ones are none.
    pub host_calls: u64,
    /// How much fuel it took, where it had a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// What it did with the files that it was granted.
    #[serde(default, skip_serializing_if = "FilesUsed::is_none")]
    pub files: FilesUsed,
    /// How many capability calls were answered that they are not granted. No part of a result.
    #[serde(skip)]
    pub denied: u64,
    /// Where its time went. No part of a result.
    #[serde(skip)]
    pub phases: Phases,
}

/// Where the time of an execution went, beside its time of processors. What is left is waiting for a timer or a processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// Waiting for a place.
    pub queue: Duration,
    /// Reading, checking and transforming its source.
    pub check: Duration,
    /// Making its sandbox.
    pub instantiate: Duration,
    /// Waiting while calls of the host were in flight. Calls beside each other count once.
    pub host_calls: Duration,
}

impl<T> Outcome<T> {
    /// This outcome with its result read by `read`, which says why where it cannot: what kind of
    /// wrong, the error's class and what to do.
    pub fn try_map<U>(
        self,
        read: impl FnOnce(T) -> Result<U, (ErrorType, String, String)>,
    ) -> Outcome<U> {
        match self {
            Self::Success {
                output,
                uncaught,
                warnings,
                stdout,
                stderr,
                execution_time_us,
                resources,
            } => match read(output) {
                Ok(output) => Outcome::Success {
                    output,
                    uncaught,
                    warnings,
                    stdout,
                    stderr,
                    execution_time_us,
                    resources,
                },
                Err((error_type, name, message)) => Outcome::Error {
                    error_type,
                    name,
                    message,
                    location: None,
                    stack: String::new(),
                    warnings,
                    stdout,
                    stderr,
                    execution_time_us,
                    resources,
                },
            },
            Self::Error {
                error_type,
                name,
                message,
                location,
                stack,
                warnings,
                stdout,
                stderr,
                execution_time_us,
                resources,
            } => Outcome::Error {
                error_type,
                name,
                message,
                location,
                stack,
                warnings,
                stdout,
                stderr,
                execution_time_us,
                resources,
            },
            Self::Timeout {
                elapsed_ms,
                limit_ms,
                warnings,
                stdout,
                stderr,
                resources,
            } => Outcome::Timeout {
                elapsed_ms,
                limit_ms,
                warnings,
                stdout,
                stderr,
                resources,
            },
            Self::LimitExceeded {
                limit,
                limit_value,
                message,
                warnings,
                stdout,
                stderr,
                execution_time_us,
                resources,
            } => Outcome::LimitExceeded {
                limit,
                limit_value,
                message,
                warnings,
                stdout,
                stderr,
                execution_time_us,
                resources,
            },
            Self::SecurityViolation {
                violation_type,
                reason,
                location,
                resources,
            } => Outcome::SecurityViolation {
                violation_type,
                reason,
                location,
                resources,
            },
        }
    }

    /// What the execution used.
    pub fn resources(&self) -> &Resources {
        match self {
            Self::Success { resources, .. }
            | Self::Error { resources, .. }
            | Self::Timeout { resources, .. }
            | Self::LimitExceeded { resources, .. }
            | Self::SecurityViolation { resources, .. } => resources,
        }
    }

    pub(crate) fn resources_mut(&mut self) -> &mut Resources {
        match self {
            Self::Success { resources, .. }
            | Self::Error { resources, .. }
            | Self::Timeout { resources, .. }
            | Self::LimitExceeded { resources, .. }
            | Self::SecurityViolation { resources, .. } => resources,
        }
    }

    /// What it wrote to standard output and standard error.
    pub fn streams(&self) -> (&str, &str) {
        match self {
            Self::Success { stdout, stderr, .. }
            | Self::Error { stdout, stderr, .. }
            | Self::Timeout { stdout, stderr, .. }
            | Self::LimitExceeded { stdout, stderr, .. } => (stdout, stderr),
            Self::SecurityViolation { .. } => ("", ""),
        }
    }

    /// What the source check found in code that was run.
    pub fn warnings(&self) -> &[Warning] {
        match self {
            Self::Success { warnings, .. }
            | Self::Error { warnings, .. }
            | Self::Timeout { warnings, .. }
            | Self::LimitExceeded { warnings, .. } => warnings,
            Self::SecurityViolation { .. } => &[],
        }
    }

    /// This outcome, with what the source check found.
    pub(crate) fn with_warnings(mut self, found: Vec<Warning>) -> Self {
        match &mut self {
            Self::Success { warnings, .. }
            | Self::Error { warnings, .. }
            | Self::Timeout { warnings, .. }
            | Self::LimitExceeded { warnings, .. } => *warnings = found,
            Self::SecurityViolation { .. } => {}
        }
        self
    }

    /// Whether the code ran to its end.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success { .. })
    }

    /// What to tell a person or a model about a failure: the message, the excerpt and the stack.
    /// Empty for a success.
    pub fn explanation(&self) -> String {
        match self {
            Self::Success { .. } => String::new(),
            Self::Error {
                name,
                message,
                location,
                stack,
                ..
            } => {
                let excerpt = location.as_ref().map(|location| location.excerpt.as_str());
                explain(name, message, excerpt, stack)
            }
            Self::Timeout { limit_ms, .. } => format!(
                "the code did not end within its {limit_ms} ms; do less per call, or ask for more time"
            ),
            Self::LimitExceeded { message, .. } => message.clone(),
            Self::SecurityViolation {
                reason, location, ..
            } => format!("{reason}\n{}", location.excerpt),
        }
    }
}

impl Warning {
    /// What to tell a person or a model about it: the reason and the excerpt.
    pub fn explanation(&self) -> String {
        format!("{}\n{}", self.reason, self.location.excerpt)
    }
}

impl Exception {
    /// What to tell a person or a model about it: what was thrown, and the stack.
    pub fn explanation(&self) -> String {
        explain(&self.name, &self.message, None, &self.stack)
    }
}

fn explain(name: &str, message: &str, excerpt: Option<&str>, stack: &str) -> String {
    let mut text = match (name, message) {
        ("", _) => format!("Uncaught {message}"),
        (_, "") => name.to_owned(),
        _ => format!("{name}: {message}"),
    };
    for part in excerpt
        .into_iter()
        .chain([stack])
        .filter(|part| !part.is_empty())
    {
        text.push('\n');
        text.push_str(part);
    }
    text
}
