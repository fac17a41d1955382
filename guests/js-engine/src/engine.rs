//! The booted runtime, and what of the prelude the rest of the engine calls.

use std::cell::OnceCell;

use javy::{Config, Runtime};
use rquickjs::{Ctx, Function, Object, Persistent, Value, qjs};

use crate::{class, event_loop, heap, natives, program};

/// Garbage is collected when the heap has grown by this much. Most programs never get there, and
/// a collection walks the whole boot heap, so that early ones cost more than they give.
const GC_THRESHOLD_BYTES: usize = 8 << 20;

/// How much of the stack JavaScript may use before a call throws `RangeError`. What lies beyond
/// is for native code between two checks.
pub const STACK_BYTES_MAX: usize = 3 << 20;

macro_rules! prelude {
    ($($name:literal,)*) => {
        &[$((concat!("vesicle:", $name), include_str!(concat!("../prelude/", $name, ".js"))),)*]
    };
}

/// The standard globals, in the order in which they build on each other.
const PRELUDE: &[(&str, &str)] = prelude! {
    "primordials",
    "webidl",
    "errors",
    "inspect-text",
    "inspect-layout",
    "inspect-names",
    "inspect-errors",
    "inspect-contents",
    "inspect-kinds",
    "inspect",
    "format",
    "console-table",
    "console",
    "encoding",
    "base64",
    "url-search-params",
    "url",
    "clone",
    "timers",
    "events",
    "abort",
    "crypto",
    "performance",
    "tools",
    "headers",
    "body",
    "request",
    "response",
    "fetch",
    "state",
    "memory",
    "caller",
    "fs",
    "entries",
};

thread_local! {
    static ENGINE: OnceCell<Engine> = const { OnceCell::new() };
}

struct Engine {
    runtime: Runtime,
    hooks: Hooks,
}

type Hook = Persistent<Function<'static>>;

/// The functions that the prelude leaves for the engine to call.
pub struct Hooks {
    tool_error: Hook,
    fetch_error: Hook,
    memory_error: Hook,
    caller_error: Hook,
    next_timer: Hook,
    live_timers: Hook,
    fire_timers: Hook,
    describe_error: Hook,
    map_entries: Hook,
    set_values: Hook,
}

macro_rules! hook {
    ($name:ident) => {
        /// The prelude's function of this name.
        pub fn $name<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
            self.$name.clone().restore(ctx)
        }
    };
}

impl Hooks {
    fn take<'js>(ctx: &Ctx<'js>, hooks: &Object<'js>) -> rquickjs::Result<Self> {
        let hook = |name: &str| -> rquickjs::Result<Hook> {
            Ok(Persistent::save(ctx, hooks.get::<_, Function>(name)?))
        };
        Ok(Self {
            tool_error: hook("toolError")?,
            fetch_error: hook("fetchError")?,
            memory_error: hook("memoryError")?,
            caller_error: hook("callerError")?,
            next_timer: hook("nextTimer")?,
            live_timers: hook("liveTimers")?,
            fire_timers: hook("fireTimers")?,
            describe_error: hook("describeError")?,
            map_entries: hook("mapEntries")?,
            set_values: hook("setValues")?,
        })
    }

    hook!(tool_error);
    hook!(fetch_error);
    hook!(memory_error);
    hook!(caller_error);
    hook!(next_timer);
    hook!(live_timers);
    hook!(fire_timers);
    hook!(describe_error);
    hook!(map_entries);
    hook!(set_values);
}

/// Makes the runtime and evaluates the prelude.
///
/// # Panics
/// If the prelude does not evaluate: then there is no engine to build.
pub fn boot() {
    let mut config = Config::default();
    config.gc_threshold(GC_THRESHOLD_BYTES).weak_ref(true);
    // None here: the stack of `boot` is small. `with` sets it for programs.
    config.max_stack_size(0);
    let runtime = Runtime::new(config).expect("QuickJS starts");
    event_loop::track_rejections(&runtime);
    program::prepare();
    runtime
        .context()
        .with(|ctx| prepare(&ctx))
        .expect("QuickJS evaluates");
    // No program touches much of the prelude.
    heap::close_front();
    let hooks = runtime.context().with(|ctx| {
        evaluate_prelude(&ctx).unwrap_or_else(|error| panic!("{error}: {:?}", ctx.catch()))
    });
    runtime
        .context()
        .with(|ctx| settle_tables(&ctx))
        .expect("there is memory for tables");
    ENGINE.with(|engine| {
        assert!(
            engine.set(Engine { runtime, hooks }).is_ok(),
            "booted twice"
        );
    });
}

/// The tables that every program uses, of atoms and of shapes, are larger than this.
const TABLE_BYTES_MIN: usize = 4096;

/// Makes QuickJS's tables grow once more, into the front of memory, and leaves it open.
///
/// They grew last while the prelude was evaluated, and lie among its objects. So do the last
/// elements of QuickJS's lists, which every new element is linked to: a new last one is left.
fn settle_tables(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    heap::set_front_bytes_min(TABLE_BYTES_MIN);
    // Each name is a new atom, and each prototype makes a new shape. They are freed again; tables
    // never shrink.
    ctx.eval::<(), _>(
        "{
           const all = [];
           for (let i = 0; i < 800; i++) all.push({ [`vesicle:${i}`]: i });
           for (let i = 0; i < 200; i++) all.push(Object.create([]));
         }",
    )?;
    heap::open_front();
    std::mem::forget(Object::new(ctx.clone())?);
    Ok(())
}

/// Makes what every program uses, while allocations still go to the front.
fn prepare(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    class::learn(ctx)?;
    // A program's input takes a place that is there.
    ctx.globals().set("input", Value::new_null(ctx.clone()))?;
    // The shapes of functions and promises are shared by all that are made later.
    let functions: Value = ctx.eval("[(async () => {})(), async () => {}, () => {}, {}, []]")?;
    std::mem::forget(functions);
    Ok(())
}

fn evaluate_prelude(ctx: &Ctx<'_>) -> rquickjs::Result<Hooks> {
    // What Javy puts there for its own scripts.
    ctx.globals().remove("Javy")?;
    let native = natives::object(ctx)?;
    let shared = Object::new(ctx.clone())?;
    for (name, source) in PRELUDE {
        let mut options = rquickjs::context::EvalOptions::default();
        options.filename = Some((*name).to_owned());
        let define: Function = ctx.eval_with_options(*source, options)?;
        define.call::<_, Value>((native.clone(), shared.clone()))?;
    }
    Hooks::take(ctx, &shared.get("hooks")?)
}

/// Hands the booted engine to `work`, with the stack measured from here.
pub fn with<T>(work: impl FnOnce(&Ctx<'_>, &Hooks) -> T) -> T {
    ENGINE.with(|engine| {
        let engine = engine
            .get()
            .expect("`boot` ran before the snapshot was taken");
        engine.runtime.context().with(|ctx| {
            // The snapshot holds the stack limit of `boot`, which ran on another stack.
            // SAFETY: the runtime lives as long as the context that was just entered.
            unsafe {
                let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
                qjs::JS_UpdateStackTop(runtime);
                qjs::JS_SetMaxStackSize(runtime, STACK_BYTES_MAX as _);
            }
            work(&ctx, &engine.hooks)
        })
    })
}

/// Hands the prelude's functions to `work`, which JavaScript called.
pub fn with_hooks<T>(work: impl FnOnce(&Hooks) -> T) -> T {
    ENGINE.with(|engine| {
        let engine = engine.get().expect("programs run after `boot`");
        work(&engine.hooks)
    })
}
