//! What was thrown, as the contract tells it.

use rquickjs::{Ctx, Function, Object, Value};

use crate::engine::Hooks;
use crate::exports::vesicle::plugin::evaluate::{Exception, Failure, Position};
use crate::text;

/// What QuickJS says when `malloc` fails; more may follow.
const OUT_OF_MEMORY: (&str, &str) = ("InternalError", "out of memory");
/// What QuickJS says when its stack limit is reached.
const STACK_OVERFLOW: (&str, &str) = ("RangeError", "Maximum call stack size exceeded");

/// Takes the pending exception, which a `Result` said is there.
pub fn pending(ctx: &Ctx<'_>, hooks: &Hooks, program: &str) -> Exception {
    let thrown = ctx.catch();
    describe(ctx, hooks, program, thrown)
}

/// Describes a thrown value. Never fails: a value that defeats its own description gets a plain one.
pub fn describe<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    program: &str,
    thrown: Value<'js>,
) -> Exception {
    try_describe(ctx, hooks, program, thrown).unwrap_or_else(|_| {
        // Most likely there is no memory left to describe it in.
        let again = ctx.catch();
        let message = text::of_value(ctx, &again).unwrap_or_default();
        match message.contains(OUT_OF_MEMORY.1) || message.is_empty() {
            true => plain(OUT_OF_MEMORY.0, OUT_OF_MEMORY.1),
            false => plain("Error", "the thrown value cannot be described"),
        }
    })
}

fn try_describe<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    program: &str,
    thrown: Value<'js>,
) -> rquickjs::Result<Exception> {
    let describe: Function = hooks.describe_error(ctx)?;
    let description: Object = describe.call((thrown,))?;
    let field = |name: &str| -> rquickjs::Result<String> {
        text::of_value(ctx, &description.get::<_, Value>(name)?).map(text::told)
    };
    let stack = field("stack")?;
    let is_error: bool = description.get("isError")?;
    Ok(Exception {
        name: if is_error {
            field("name")?
        } else {
            String::new()
        },
        message: field("message")?,
        position: position(&stack, program),
        stack,
    })
}

fn plain(name: &str, message: &str) -> Exception {
    Exception {
        name: name.to_owned(),
        message: message.to_owned(),
        stack: String::new(),
        position: None,
    }
}

/// The failure that an uncaught exception means.
pub fn into_failure(exception: Exception) -> Failure {
    let (name, message) = (exception.name.as_str(), exception.message.as_str());
    if name == OUT_OF_MEMORY.0 && message.starts_with(OUT_OF_MEMORY.1) {
        Failure::OutOfMemory(exception)
    } else if (name, message) == STACK_OVERFLOW {
        Failure::StackOverflow(exception)
    } else {
        Failure::Thrown(exception)
    }
}

/// Where the innermost frame of the program itself is: `…name:LINE:COLUMN…` in the stack.
fn position(stack: &str, program: &str) -> Option<Position> {
    stack.lines().find_map(|frame| {
        let after = &frame[frame.rfind(&format!("{program}:"))? + program.len() + 1..];
        let (line, rest) = after.split_once(':')?;
        let column = rest.trim_end_matches(')');
        Some(Position {
            line: line.parse().ok()?,
            column: column.parse().ok()?,
        })
    })
}
