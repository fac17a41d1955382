//! From how a guest ended to the outcome that the caller reads.

use std::time::Duration;

use serde_json::value::RawValue;
use wasmtime::Trap;

use crate::guest::{Guest, evaluate};
use crate::outcome::Exception;
use crate::source::{Rejection, Trace};
use crate::{ErrorType, ExecuteError, Execution, INPUT_BYTES_MAX, Outcome, Resources};

type Returned = Result<evaluate::Completion, evaluate::Failure>;

/// How a guest ended.
pub enum Ended {
    /// It returned, or trapped.
    Returned(wasmtime::Result<Returned>),
    /// It was stopped when its time was up.
    TimedOut,
}

/// The outcome of a program that was not run.
pub fn rejected(rejection: Rejection, elapsed: Duration) -> Outcome {
    match rejection {
        Rejection::Invalid {
            error_type,
            message,
            location,
        } => Outcome::Error {
            error_type,
            name: "SyntaxError".to_owned(),
            message,
            location,
            stack: String::new(),
            stdout: String::new(),
            stderr: String::new(),
            execution_time_us: micros(elapsed),
            resources: Resources::default(),
        },
        Rejection::Violation {
            violation_type,
            reason,
            location,
        } => Outcome::SecurityViolation {
            violation_type,
            reason,
            location,
            resources: Resources::default(),
        },
    }
}

/// The outcome of a program whose input is too long.
pub fn input_too_long(bytes: usize) -> Outcome {
    Outcome::Error {
        error_type: ErrorType::InvalidInput,
        name: "InputError".to_owned(),
        message: format!(
            "the input is {bytes} bytes of JSON, and at most {INPUT_BYTES_MAX} are accepted"
        ),
        location: None,
        stack: String::new(),
        stdout: String::new(),
        stderr: String::new(),
        execution_time_us: 0,
        resources: Resources::default(),
    }
}

/// The outcome of a program that was run.
pub fn ended(
    execution: &Execution,
    ended: Ended,
    guest: &Guest,
    elapsed: Duration,
    resources: Resources,
) -> Result<Outcome, ExecuteError> {
    let trace = Trace::new(&execution.name, &execution.code);
    let (stdout, stderr) = guest.streams();
    let (stdout, stderr) = (trace.rewrite(stdout), trace.rewrite(stderr));
    let error = match ended {
        Ended::TimedOut => {
            return Ok(Outcome::Timeout {
                elapsed_ms: elapsed.as_millis() as u64,
                limit_ms: execution.limits.wall_time.as_millis() as u64,
                stdout,
                stderr,
                resources,
            });
        }
        Ended::Returned(Ok(Ok(completion))) => {
            let output = RawValue::from_string(completion.value)
                .map_err(|error| ExecuteError::Internal(error.into()))?;
            let uncaught = completion
                .uncaught
                .into_iter()
                .map(|thrown| exception(&trace, thrown));
            return Ok(Outcome::Success {
                output,
                uncaught: uncaught.collect(),
                stdout,
                stderr,
                execution_time_us: micros(elapsed),
                resources,
            });
        }
        Ended::Returned(Ok(Err(failure))) => Failed::new(failure),
        Ended::Returned(Err(error)) => trapped(error, guest, execution)?,
    };
    let location = error
        .thrown
        .position
        .as_ref()
        .and_then(|position| trace.location(position.line, position.column));
    let Exception {
        name,
        message,
        stack,
    } = exception(&trace, error.thrown);
    Ok(Outcome::Error {
        error_type: error.error_type,
        name,
        message,
        location,
        stack,
        stdout,
        stderr,
        execution_time_us: micros(elapsed),
        resources,
    })
}

struct Failed {
    error_type: ErrorType,
    thrown: evaluate::Exception,
}

impl Failed {
    fn new(failure: evaluate::Failure) -> Self {
        use evaluate::Failure;
        let (error_type, thrown) = match failure {
            Failure::Syntax(thrown) => (ErrorType::Syntax, thrown),
            Failure::Thrown(thrown) => (ErrorType::Runtime, thrown),
            Failure::OutOfMemory(thrown) => (ErrorType::OutOfMemory, thrown),
            Failure::StackOverflow(thrown) => (ErrorType::StackOverflow, thrown),
            Failure::NeverSettles(message) => (ErrorType::NeverSettles, plain("Error", message)),
            Failure::Unserializable(message) => {
                (ErrorType::InvalidResult, plain("TypeError", message))
            }
            Failure::UnknownLanguage(message) => (ErrorType::Syntax, plain("SyntaxError", message)),
            Failure::InvalidInput(message) => {
                (ErrorType::InvalidInput, plain("InputError", message))
            }
        };
        Self { error_type, thrown }
    }
}

/// A guest that trapped ran into one of its walls; what is no wall is a fault of the host.
fn trapped(
    error: wasmtime::Error,
    guest: &Guest,
    execution: &Execution,
) -> Result<Failed, ExecuteError> {
    if guest.memory.was_refused() {
        let limit = execution.limits.memory_bytes >> 20;
        let message = format!("out of memory: the code needs more than its {limit} MB");
        return Ok(Failed {
            error_type: ErrorType::OutOfMemory,
            thrown: plain("InternalError", message),
        });
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => Ok(Failed {
            error_type: ErrorType::StackOverflow,
            thrown: plain("RangeError", "Maximum call stack size exceeded".to_owned()),
        }),
        _ => Err(ExecuteError::Internal(error)),
    }
}

fn plain(name: &str, message: String) -> evaluate::Exception {
    evaluate::Exception {
        name: name.to_owned(),
        message,
        stack: String::new(),
        position: None,
    }
}

fn exception(trace: &Trace<'_>, thrown: evaluate::Exception) -> Exception {
    Exception {
        name: thrown.name,
        message: thrown.message,
        stack: trace.rewrite(thrown.stack),
    }
}

fn micros(elapsed: Duration) -> u64 {
    elapsed.as_micros() as u64
}
