//! From how a component ended to the outcome that the caller reads.

use wasmtime::component::Val;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use super::errors::told;
use crate::guest::Left;
use crate::report::{Ended, Ran};
use crate::{ErrorType, ExecuteError, Limits, Outcome};

/// The outcome of a call that was run.
pub fn outcome<T>(limits: &Limits, ran: Ran<T>) -> Result<Outcome<T>, ExecuteError> {
    let Ran {
        ended,
        left,
        elapsed,
        resources,
    } = ran;
    let Left {
        stdout,
        stderr,
        memory_refused,
    } = left;
    let (warnings, execution_time_us) = (Vec::new(), elapsed.as_micros() as u64);
    Ok(match ended {
        Ended::TimedOut => Outcome::Timeout {
            elapsed_ms: elapsed.as_millis() as u64,
            limit_ms: limits.wall_time.as_millis() as u64,
            warnings,
            stdout,
            stderr,
            resources,
        },
        Ended::Met(limit) => {
            let limit_value = limit.value(limits);
            Outcome::LimitExceeded {
                limit,
                limit_value,
                message: limit.message(limit_value),
                warnings,
                stdout,
                stderr,
                execution_time_us,
                resources,
            }
        }
        Ended::Returned(Ok(output)) => Outcome::Success {
            output,
            uncaught: Vec::new(),
            warnings,
            stdout,
            stderr,
            execution_time_us,
            resources,
        },
        Ended::Returned(Err(error)) => {
            let (error_type, name, message) = if is_fault_of_host(&error) {
                return Err(ExecuteError::Internal(error));
            } else if memory_refused {
                let megabytes = limits.memory_bytes >> 20;
                let message =
                    format!("out of memory: the component needs more than its {megabytes} MB");
                (ErrorType::OutOfMemory, "InternalError", message)
            } else {
                fault(&error)
            };
            Outcome::Error {
                error_type,
                name: name.to_owned(),
                message,
                location: None,
                stack: String::new(),
                warnings,
                stdout,
                stderr,
                execution_time_us,
                resources,
            }
        }
    })
}

/// The status that a program ended with, which returns or ends itself.
pub fn status(returned: wasmtime::Result<Vec<Val>>) -> wasmtime::Result<i32> {
    match returned {
        Ok(results) => Ok(i32::from(matches!(results[..], [Val::Result(Err(_))]))),
        Err(error) => match error.downcast_ref() {
            Some(I32Exit(status)) => Ok(*status),
            None => Err(error),
        },
    }
}

/// Whether it is the pool or the system that has no more.
fn is_fault_of_host(error: &wasmtime::Error) -> bool {
    error.is::<PoolConcurrencyLimitError>()
        || error.is::<std::io::Error>()
        || error.is::<rustix::io::Errno>()
}

/// What a component did wrong. Frames of its own are not told: their names are its own.
fn fault(error: &wasmtime::Error) -> (ErrorType, &'static str, String) {
    if let Some(Trap::StackOverflow) = error.downcast_ref() {
        let message = "the component's calls went too deep".to_owned();
        return (ErrorType::StackOverflow, "RangeError", message);
    }
    if let Some(I32Exit(status)) = error.downcast_ref() {
        let message = format!("the component ended itself with status {status}");
        return (ErrorType::Trap, "Exit", message);
    }
    (
        ErrorType::Trap,
        "Trap",
        told(&error.root_cause().to_string()),
    )
}
