//! One program, from its text to its result.

use std::cell::OnceCell;
use std::ffi::CString;

use rquickjs::{Ctx, Function, Module, Promise, Value, qjs};

use crate::engine::{self, Hooks};
use crate::event_loop::{self, End};
use crate::exports::vesicle::plugin::evaluate::{Completion, Exception, Failure, Form, Program};
use crate::serialize::{self, Unserializable};
use crate::{class, exception};

/// The language that this engine knows; what TypeScript adds is gone before it comes here.
const LANGUAGE: &str = "javascript";

thread_local! {
    static WRAPPER: OnceCell<Wrapper> = const { OnceCell::new() };
}

/// A body becomes a function. Its own lines are numbered from 1: the prefix begins on line -1,
/// because QuickJS takes 0 for "not given".
///
/// On the heap, because that is where `boot` can place what every program reads.
struct Wrapper {
    prefix: Box<[u8]>,
    /// Without an `await` in it, a plain function gives the same and is made in less time.
    prefix_without_await: Box<[u8]>,
    suffix: Box<[u8]>,
}

const BODY_FIRST_LINE: i32 = -1;

/// Makes what every program needs; part of `boot`.
pub fn prepare() {
    WRAPPER.with(|wrapper| {
        wrapper.get_or_init(|| Wrapper {
            prefix: b"(async()=>{\n\n".to_vec().into(),
            prefix_without_await: b"(()=>{\n\n".to_vec().into(),
            suffix: b"\n})()".to_vec().into(),
        });
    });
}

/// The source of the function that a body becomes. A NUL follows, which is no part of the length.
fn wrap(body: &[u8]) -> (Vec<u8>, usize) {
    WRAPPER.with(|wrapper| {
        let wrapper = wrapper
            .get()
            .expect("`boot` ran before the snapshot was taken");
        let awaits = body.windows(5).any(|window| window == b"await");
        let prefix = match awaits {
            true => &wrapper.prefix,
            false => &wrapper.prefix_without_await,
        };
        let length = prefix.len() + body.len() + wrapper.suffix.len();
        let mut source = Vec::with_capacity(length + 1);
        source.extend_from_slice(prefix);
        source.extend_from_slice(body);
        source.extend_from_slice(&wrapper.suffix);
        // QuickJS reads up to it.
        source.push(0);
        (source, length)
    })
}

/// Runs a program to its end.
pub fn run(program: Program) -> Result<Completion, Failure> {
    check_language(&program)?;
    engine::with(|ctx, hooks| {
        set_input(ctx, hooks, &program)?;
        let main = match program.form {
            Form::Body => evaluate_body(ctx, hooks, &program)?,
            Form::Module => run_module(ctx, hooks, &program)?,
        };
        complete(ctx, hooks, &program.name, &main)
    })
}

/// Refuses what is of another language.
pub fn check_language(program: &Program) -> Result<(), Failure> {
    match program.language == LANGUAGE {
        true => Ok(()),
        false => Err(Failure::UnknownLanguage(format!(
            "this engine runs `{LANGUAGE}`, not `{}`",
            program.language
        ))),
    }
}

/// What a program came to: its result, and the promise that brought it.
pub struct Main<'js> {
    pub promise: Value<'js>,
    result: Value<'js>,
}

/// A module that was evaluated.
pub struct Evaluated<'js> {
    pub main: Main<'js>,
    pub default: Option<Value<'js>>,
}

/// The end of a program, with its result as JSON.
pub fn complete<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    name: &str,
    main: &Main<'js>,
) -> Result<Completion, Failure> {
    let uncaught = event_loop::uncaught(ctx, hooks, name, &main.promise);
    let value = serialize::to_json(ctx, hooks, &main.result).map_err(|error| match error {
        Unserializable::Because(why) => Failure::Unserializable(why),
        Unserializable::Thrown => exception::into_failure(exception::pending(ctx, hooks, name)),
    })?;
    Ok(Completion { value, uncaught })
}

fn set_input(ctx: &Ctx<'_>, hooks: &Hooks, program: &Program) -> Result<(), Failure> {
    match program.input.as_str() {
        // As it was left by `boot`.
        "null" => Ok(()),
        json => {
            let input = parse_input(ctx, hooks, &program.name, json)?;
            let set = ctx.globals().set("input", input);
            set.map_err(|_| invalid_input(ctx, hooks, &program.name))
        }
    }
}

/// What a program or a tool is given.
pub fn parse_input<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    name: &str,
    json: &str,
) -> Result<Value<'js>, Failure> {
    let parsed = ctx.json_parse(json);
    parsed.map_err(|_| invalid_input(ctx, hooks, name))
}

fn invalid_input(ctx: &Ctx<'_>, hooks: &Hooks, name: &str) -> Failure {
    match exception::into_failure(exception::pending(ctx, hooks, name)) {
        Failure::Thrown(thrown) => Failure::InvalidInput(thrown.message),
        exhausted => exhausted,
    }
}

fn evaluate_body<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    program: &Program,
) -> Result<Main<'js>, Failure> {
    let failed = |kind: fn(Exception) -> Failure| {
        move |_| kind(exception::pending(ctx, hooks, &program.name))
    };
    let function = compile_body(ctx, program).map_err(failed(syntax))?;
    let returned = evaluate(ctx, function)
        .and_then(|returned| adopt(ctx, returned))
        .map_err(failed(exception::into_failure))?;
    settle(ctx, hooks, &program.name, returned)
}

/// The function, not yet run. It is [`evaluate`]'s to free.
fn compile_body(ctx: &Ctx<'_>, program: &Program) -> rquickjs::Result<qjs::JSValue> {
    let (source, length) = wrap(program.source.as_bytes());
    let name = CString::new(program.name.as_str())?;
    let flags =
        qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_STRICT | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
    let mut options = qjs::JSEvalOptions {
        version: qjs::JS_EVAL_OPTIONS_VERSION as _,
        eval_flags: flags as _,
        filename: name.as_ptr(),
        line_num: BODY_FIRST_LINE,
    };
    // SAFETY: source and options outlive the call.
    unsafe {
        let raw = ctx.as_raw().as_ptr();
        let compiled = qjs::JS_Eval2(raw, source.as_ptr().cast(), length as _, &mut options);
        match qjs::JS_IsException(compiled) {
            true => Err(rquickjs::Error::Exception),
            false => Ok(compiled),
        }
    }
}

/// Runs what was compiled, up to its first `await`.
fn evaluate<'js>(ctx: &Ctx<'js>, compiled: qjs::JSValue) -> rquickjs::Result<Value<'js>> {
    // SAFETY: the function is of this context, and freed by the call; the result is owned.
    unsafe {
        let returned = qjs::JS_EvalFunction(ctx.as_raw().as_ptr(), compiled);
        match qjs::JS_IsException(returned) {
            true => Err(rquickjs::Error::Exception),
            false => Ok(Value::from_raw(ctx.clone(), returned)),
        }
    }
}

/// Makes a promise of an object that is none and has a `then`, as an async function does with what
/// it returns.
fn adopt<'js>(ctx: &Ctx<'js>, returned: Value<'js>) -> rquickjs::Result<Value<'js>> {
    let then = match returned.as_object() {
        Some(object) if class::of(&returned) != "Promise" => object.get::<_, Value>("then")?,
        _ => return Ok(returned),
    };
    if !then.is_function() {
        return Ok(returned);
    }
    let (promise, resolve, _) = ctx.promise()?;
    resolve.call::<_, ()>((returned,))?;
    Ok(promise.into_value())
}

/// Evaluates a module to its end.
pub fn evaluate_module<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    program: &Program,
) -> Result<Evaluated<'js>, Failure> {
    let failed = |kind: fn(Exception) -> Failure| {
        move |_| kind(exception::pending(ctx, hooks, &program.name))
    };
    let module = Module::declare(ctx.clone(), program.name.as_str(), program.source.as_str())
        .map_err(failed(syntax))?;
    let (module, evaluation) = module.eval().map_err(failed(exception::into_failure))?;
    let main = settle(ctx, hooks, &program.name, evaluation.into_value())?;

    let namespace = module
        .namespace()
        .map_err(failed(exception::into_failure))?;
    let default: Option<Value> = namespace
        .get("default")
        .map_err(failed(exception::into_failure))?;
    Ok(Evaluated { main, default })
}

fn run_module<'js>(ctx: &Ctx<'js>, hooks: &Hooks, program: &Program) -> Result<Main<'js>, Failure> {
    let failed = |kind: fn(Exception) -> Failure| {
        move |_| kind(exception::pending(ctx, hooks, &program.name))
    };
    let Evaluated { main, default } = evaluate_module(ctx, hooks, program)?;
    match default {
        None => Ok(main),
        Some(default)
            if class::of(&default) == "Function" && !serialize::is_class(ctx, &default) =>
        {
            let function =
                Function::from_value(default).map_err(failed(exception::into_failure))?;
            let input: Value = ctx
                .globals()
                .get("input")
                .map_err(failed(exception::into_failure))?;
            let returned: Value = function
                .call((input,))
                .map_err(failed(exception::into_failure))?;
            settle(ctx, hooks, &program.name, returned)
        }
        Some(default) => settle(ctx, hooks, &program.name, default),
    }
}

/// Runs the event loop until `main` is settled, and takes its result out.
pub fn settle<'js>(
    ctx: &Ctx<'js>,
    hooks: &Hooks,
    name: &str,
    main: Value<'js>,
) -> Result<Main<'js>, Failure> {
    let failed = |_| exception::into_failure(exception::pending(ctx, hooks, name));
    match event_loop::run(ctx, hooks, &main).map_err(failed)? {
        End::Settled => {}
        End::Stuck => {
            return Err(Failure::NeverSettles(
                "the code awaits a promise that nothing can settle: no timer, call or microtask is left"
                    .to_owned(),
            ));
        }
        End::Later => {
            return Err(Failure::NeverSettles(
                "the code waits for answers that come in another call".to_owned(),
            ));
        }
    }
    let Ok(promise) = Promise::from_value(main.clone()) else {
        return Ok(Main {
            result: main.clone(),
            promise: main,
        });
    };
    match promise.result::<Value>() {
        Some(Ok(result)) => Ok(Main {
            promise: main,
            result,
        }),
        Some(Err(_)) => Err(failed(rquickjs::Error::Exception)),
        // `run` ends only when the promise is settled.
        None => Ok(Main {
            result: Value::new_undefined(ctx.clone()),
            promise: main,
        }),
    }
}

/// The exception came from reading the source and not from running it.
fn syntax(exception: Exception) -> Failure {
    match exception::into_failure(exception) {
        Failure::Thrown(exception) => Failure::Syntax(exception),
        exhausted => exhausted,
    }
}
