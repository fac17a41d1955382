//! A plugin's module: evaluated once, before the snapshot, and called in the instances made of that.

use std::cell::{OnceCell, RefCell};

use rquickjs::{Function, Persistent, Value};

use crate::exports::vesicle::plugin::evaluate::{Completion, Exception, Failure, Program};
use crate::exports::vesicle::plugin::tools::{Definition, Error};
use crate::natives::json_string;
use crate::{class, engine, event_loop, exception, keeping, program};

struct Kept {
    /// The name of the module, as in stacks.
    name: String,
    /// Its default export, which calls its tools.
    dispatch: Persistent<Function<'static>>,
}

thread_local! {
    static KEPT: OnceCell<Kept> = const { OnceCell::new() };
    static TOOLS: RefCell<Vec<Definition>> = const { RefCell::new(Vec::new()) };
}

/// Evaluates the module and keeps it.
pub fn keep(program: Program, tools: Vec<Definition>) -> Result<(), Failure> {
    program::check_language(&program)?;
    keeping::during(|| {
        let kept = evaluate(&program)?;
        TOOLS.set(tools);
        KEPT.with(|place| place.set(kept))
            .map_err(|_| refused("this engine has a module already".to_owned()))
    })
}

fn evaluate(program: &Program) -> Result<Kept, Failure> {
    engine::with(|ctx, hooks| {
        let module = program::evaluate_module(ctx, hooks, program)?;
        let uncaught = event_loop::uncaught(ctx, hooks, &program.name, &module.main.promise);
        if let Some(thrown) = uncaught.into_iter().next() {
            return Err(exception::into_failure(thrown));
        }
        let dispatch = module
            .default
            .filter(|default| class::of(default) == "Function");
        let dispatch = dispatch.and_then(|default| Function::from_value(default).ok());
        let dispatch =
            dispatch.ok_or_else(|| refused("its default export is no function".to_owned()))?;
        Ok(Kept {
            name: program.name.clone(),
            dispatch: Persistent::save(ctx, dispatch),
        })
    })
}

/// In the names of what a module offers beside tools, and in no tool's.
const BESIDE: char = '/';

/// Calls one of its tools, or what it offers beside them.
pub fn call(tool: &str, arguments: &str) -> Result<Completion, Failure> {
    let kept = KEPT.with(|kept| {
        let kept = kept.get()?;
        Some((kept.name.clone(), kept.dispatch.clone()))
    });
    let is_known = tool.contains(BESIDE)
        || TOOLS.with_borrow(|tools| tools.iter().any(|known| known.name == tool));
    let Some((name, dispatch)) = kept.filter(|_| is_known) else {
        return Err(Failure::InvalidInput(unknown(tool)));
    };
    engine::with(|ctx, hooks| {
        let thrown = |_| exception::into_failure(exception::pending(ctx, hooks, &name));
        let input = format!(
            r#"{{"tool":{},"arguments":{arguments}}}"#,
            json_string(tool)
        );
        let input = program::parse_input(ctx, hooks, &name, &input)?;
        let dispatch = dispatch.restore(ctx).map_err(thrown)?;
        let returned: Value = dispatch.call((input,)).map_err(thrown)?;
        let main = program::settle(ctx, hooks, &name, returned)?;
        program::complete(ctx, hooks, &name, &main)
    })
}

/// Its tools.
pub fn tools() -> Vec<Definition> {
    TOOLS.with_borrow(Clone::clone)
}

/// Calls one of its tools, for hosts that know no more than `vesicle:plugin/tools`.
pub fn call_tool(tool: &str, arguments: &str) -> Result<String, Error> {
    let is_known = TOOLS.with_borrow(|tools| tools.iter().any(|known| known.name == tool));
    if !is_known {
        return Err(Error::NotFound(unknown(tool)));
    }
    match call(tool, arguments) {
        Ok(completion) => Ok(completion.value),
        Err(Failure::InvalidInput(why)) => Err(Error::InvalidInput(why)),
        Err(
            Failure::Syntax(thrown)
            | Failure::Thrown(thrown)
            | Failure::OutOfMemory(thrown)
            | Failure::StackOverflow(thrown),
        ) => Err(Error::Failed(told(&thrown))),
        Err(
            Failure::NeverSettles(why)
            | Failure::Unserializable(why)
            | Failure::UnknownLanguage(why),
        ) => Err(Error::Failed(why)),
    }
}

fn told(thrown: &Exception) -> String {
    let mut text = match thrown.name.as_str() {
        "" => thrown.message.clone(),
        name => format!("{name}: {}", thrown.message),
    };
    if !thrown.stack.is_empty() {
        text.push('\n');
        text.push_str(&thrown.stack);
    }
    text
}

fn unknown(tool: &str) -> String {
    let names = TOOLS.with_borrow(|tools| {
        let names: Vec<_> = tools.iter().map(|known| known.name.clone()).collect();
        names.join("`, `")
    });
    match names.is_empty() {
        true => "this engine has no module whose tools could be called".to_owned(),
        false => format!("there is no tool {tool:?}; there are `{names}`"),
    }
}

/// The module cannot be kept.
fn refused(message: String) -> Failure {
    Failure::Thrown(Exception {
        name: "TypeError".to_owned(),
        message,
        stack: String::new(),
        position: None,
    })
}
