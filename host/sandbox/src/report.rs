//! From how a guest ended to the outcome that the caller reads.

use std::time::Duration;

use serde_json::value::RawValue;
use wasmtime::Trap;

use crate::guest::{Guest, Left, evaluate};
use crate::limit_kind::{self, TimeIsUp};
use crate::outcome::Exception;
use crate::source::{Rejection, Trace};
use crate::{ErrorType, ExecuteError, Execution, LimitKind, Outcome, Resources};

type Returned = Result<evaluate::Completion, evaluate::Failure>;

/// How a guest ended.
pub enum Ended<T = Returned> {
    /// It returned, or trapped.
    Returned(wasmtime::Result<T>),
    /// It was stopped when its time was up.
    TimedOut,
    /// It was stopped when it met another limit.
    Met(LimitKind),
}

/// A guest that has ended, or one call of a guest that stays.
pub struct Ran<T> {
    pub ended: Ended<T>,
    pub left: Left,
    /// Since its beginning, reading its source included.
    pub elapsed: Duration,
    pub resources: Resources,
}

impl<T> Ended<T> {
    /// How a guest ended that returned or was stopped in its code.
    pub fn returned(returned: wasmtime::Result<T>, guest: &Guest) -> Self {
        let error = match returned {
            Ok(_) => return Self::Returned(returned),
            Err(error) => error,
        };
        if error.is::<TimeIsUp>() {
            return Self::TimedOut;
        }
        match limit_kind::behind(&error) {
            Some(kind) => Self::Met(kind),
            None if guest.memory.was_refused() => Self::Returned(Err(error)),
            None if guest.memory.table_was_refused() => Self::Met(LimitKind::TableElements),
            None => Self::Returned(Err(error)),
        }
    }
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
            warnings: Vec::new(),
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

/// The outcome of a program that is not even read, if its text or its input is too long.
pub fn too_long(execution: &Execution) -> Option<Outcome> {
    let limits = &execution.limits;
    let (code, input) = (execution.code.len(), execution.input.get().len());
    if input > limits.input_bytes {
        let message = format!(
            "the input is {input} bytes of JSON, and at most {} are accepted (`input_bytes`)",
            limits.input_bytes
        );
        return Some(unread(ErrorType::InvalidInput, "InputError", message));
    }
    (code > limits.code_bytes).then(|| {
        let message = format!(
            "the code is {code} bytes long, and at most {} are accepted (`code_bytes`); pass data as input",
            limits.code_bytes
        );
        unread(ErrorType::Syntax, "SyntaxError", message)
    })
}

fn unread(error_type: ErrorType, name: &str, message: String) -> Outcome {
    Outcome::Error {
        error_type,
        name: name.to_owned(),
        message,
        location: None,
        stack: String::new(),
        warnings: Vec::new(),
        stdout: String::new(),
        stderr: String::new(),
        execution_time_us: 0,
        resources: Resources::default(),
    }
}

/// The outcome of a program whose time was up before it was run.
pub fn not_read_in_time(execution: &Execution, elapsed: Duration) -> Outcome {
    Outcome::Timeout {
        elapsed_ms: elapsed.as_millis() as u64,
        limit_ms: execution.limits.wall_time.as_millis() as u64,
        warnings: Vec::new(),
        stdout: String::new(),
        stderr: String::new(),
        resources: Resources::default(),
    }
}

/// Whether [`ended`] may have to read the program once more, to find places in it.
pub fn reads_source(ended: &Ended, left: &Left) -> bool {
    let plain = matches!(ended, Ended::TimedOut | Ended::Met(_))
        || matches!(ended, Ended::Returned(Ok(Ok(completion))) if completion.uncaught.is_empty());
    !(plain && left.stdout.is_empty() && left.stderr.is_empty())
}

/// The outcome of a program that was run.
pub fn ended(
    execution: &Execution,
    ended: Ended,
    left: Left,
    elapsed: Duration,
    resources: Resources,
) -> Result<Outcome, ExecuteError> {
    let trace = Trace::new(&execution.name, &execution.code);
    let Left {
        stdout,
        mut stderr,
        memory_refused,
    } = left;
    if matches!(ended, Ended::Returned(Err(_))) && memory_refused {
        stderr = without_allocation_failure(stderr);
    }
    let (stdout, stderr) = (trace.rewrite(stdout), trace.rewrite(stderr));
    let error = match ended {
        Ended::TimedOut => {
            return Ok(Outcome::Timeout {
                elapsed_ms: elapsed.as_millis() as u64,
                limit_ms: execution.limits.wall_time.as_millis() as u64,
                warnings: Vec::new(),
                stdout,
                stderr,
                resources,
            });
        }
        Ended::Met(limit) => {
            let limit_value = limit.value(&execution.limits);
            return Ok(Outcome::LimitExceeded {
                limit,
                limit_value,
                warnings: Vec::new(),
                message: limit.message(limit_value),
                stdout,
                stderr,
                execution_time_us: micros(elapsed),
                resources,
            });
        }
        Ended::Returned(Ok(Ok(completion)))
            if completion.value.len() > execution.limits.output_bytes =>
        {
            output_too_long(completion.value.len(), execution.limits.output_bytes)
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
                warnings: Vec::new(),
                stdout,
                stderr,
                execution_time_us: micros(elapsed),
                resources,
            });
        }
        Ended::Returned(Ok(Err(failure))) => Failed::new(failure).blamed(memory_refused, execution),
        Ended::Returned(Err(error)) => trapped(error, memory_refused, execution)?,
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
    } = match error.error_type {
        ErrorType::Syntax => syntax_error(&trace, error.thrown),
        _ => exception(&trace, error.thrown),
    };
    Ok(Outcome::Error {
        error_type: error.error_type,
        name,
        message,
        location,
        stack,
        warnings: Vec::new(),
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

    /// Names memory as the reason where it is one. The engine throws `null` when there is no room
    /// for an error.
    fn blamed(self, memory_refused: bool, execution: &Execution) -> Self {
        let Self {
            mut error_type,
            mut thrown,
        } = self;
        let thrown_null = thrown.name.is_empty() && thrown.message == "null";
        let speaks_of_it = thrown.message.starts_with("out of memory")
            || thrown.message == "the thrown value cannot be described";
        let blame = error_type == ErrorType::OutOfMemory
            || error_type == ErrorType::Runtime && memory_refused && (thrown_null || speaks_of_it);
        if blame {
            error_type = ErrorType::OutOfMemory;
            thrown.name = OUT_OF_MEMORY_NAME.to_owned();
            thrown.message = out_of_memory(execution);
        }
        Self { error_type, thrown }
    }
}

/// What the engine calls the error that it throws when memory is refused.
const OUT_OF_MEMORY_NAME: &str = "InternalError";

fn out_of_memory(execution: &Execution) -> String {
    let limit = execution.limits.memory_bytes >> 20;
    format!("out of memory: the code needs more than its {limit} MB")
}

/// The engine bounds what it hands over; what an engine says is an allegation until it is checked.
fn output_too_long(bytes: usize, bytes_max: usize) -> Failed {
    let message = format!(
        "the result is {bytes} bytes of JSON, and at most {bytes_max} are accepted (`output_bytes`); return less, or a part of it"
    );
    Failed {
        error_type: ErrorType::InvalidResult,
        thrown: plain("TypeError", message),
    }
}

/// Without what the guest's own allocator wrote before it gave up, which tells the caller nothing.
fn without_allocation_failure(stderr: String) -> String {
    let Some(at) = stderr.rfind("memory allocation of ") else {
        return stderr;
    };
    let (before, last) = stderr.split_at(at);
    let of_allocator = last
        .lines()
        .next()
        .is_some_and(|line| line.ends_with(" bytes failed"));
    match of_allocator && (before.is_empty() || before.ends_with('\n')) {
        true => before.to_owned(),
        false => stderr,
    }
}

/// A guest that trapped ran into one of its walls; what is no wall is a fault of the host.
fn trapped(
    error: wasmtime::Error,
    memory_refused: bool,
    execution: &Execution,
) -> Result<Failed, ExecuteError> {
    if memory_refused {
        return Ok(Failed {
            error_type: ErrorType::OutOfMemory,
            thrown: plain(OUT_OF_MEMORY_NAME, out_of_memory(execution)),
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
        message: trace.rewrite(thrown.message),
        stack: trace.rewrite(thrown.stack),
    }
}

fn syntax_error(trace: &Trace<'_>, thrown: evaluate::Exception) -> Exception {
    Exception {
        name: thrown.name,
        message: thrown.message,
        stack: trace.rewrite_syntax(thrown.stack),
    }
}

fn micros(elapsed: Duration) -> u64 {
    elapsed.as_micros() as u64
}
