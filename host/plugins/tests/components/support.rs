//! Components made of WIT and a few lines of WebAssembly, and calls of them.

use std::path::PathBuf;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use vesicle_plugins::{Answer, Invocation, Tools};
use vesicle_sandbox::{CompileLimits, Config, Grants, Limits, Outcome, Sandbox};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, WorldItem, WorldKey};

static SHARED: OnceCell<Sandbox> = OnceCell::const_new();

/// The sandbox that all tests share.
pub async fn sandbox() -> &'static Sandbox {
    let made = SHARED.get_or_init(|| async {
        let config = Config {
            cache_dir: Some(
                PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vesicle-plugins-cache"),
            ),
            ..Config::default()
        };
        Sandbox::new(config).await.expect("the sandbox starts")
    });
    made.await
}

/// Limits that a machine with other work keeps.
pub fn limits() -> Limits {
    Limits {
        wall_time: std::time::Duration::from_secs(60),
        cpu_percent: 100,
        ..Limits::default()
    }
}

/// A component of this WIT, whose world's functions have these bodies; others trap. Bodies are found
/// by the end of the function's name in the module.
pub fn component(wit: &str, bodies: &[(&str, &str)]) -> Vec<u8> {
    ComponentEncoder::default()
        .module(&module(wit, bodies))
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

/// The core module of [`component`], which says what its functions take and give.
pub fn module(wit: &str, bodies: &[(&str, &str)]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("test.wit", wit)
        .unwrap_or_else(|error| panic!("{error:#}\n{wit}"));
    let world = resolve.select_world(&[package], None).unwrap();
    let mut text = String::from(MEMORY);
    for (key, item) in &resolve.worlds[world].exports {
        match item {
            WorldItem::Function(function) => text += &exported(&resolve, None, function, bodies),
            WorldItem::Interface { id, .. } => {
                for function in resolve.interfaces[*id].functions.values() {
                    text += &exported(&resolve, Some(key), function, bodies);
                }
            }
            WorldItem::Type { .. } => {}
        }
    }
    let mut module = wat::parse_str(format!("(module {text})")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    module
}

/// A memory that grows as far as it may, and an allocator that frees nothing.
const MEMORY: &str = r#"
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32) (local $end i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
    (local.set $end (i32.add (local.get $at) (local.get 3)))
    (block $fits (loop $more
      (br_if $fits (i32.le_u (local.get $end) (i32.mul (memory.size) (i32.const 65536))))
      (if (i32.lt_s (memory.grow (i32.const 16)) (i32.const 0)) (then unreachable))
      (br $more)))
    (global.set $free (local.get $end))
    (local.get $at))
"#;

fn exported(
    resolve: &Resolve,
    interface: Option<&WorldKey>,
    function: &Function,
    bodies: &[(&str, &str)],
) -> String {
    let name = match interface {
        Some(key) => format!("{}#{}", resolve.name_world_key(key), function.name),
        None => function.name.clone(),
    };
    let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
    let types = |types: &[WasmType]| -> String {
        let types = types.iter().map(|ty| match ty {
            WasmType::I64 | WasmType::PointerOrI64 => " i64",
            WasmType::F32 => " f32",
            WasmType::F64 => " f64",
            _ => " i32",
        });
        types.collect()
    };
    let body = bodies.iter().find(|(of, _)| name.ends_with(of));
    let body = body.map_or("unreachable", |(_, body)| body);
    let (parameters, results) = (types(&signature.params), types(&signature.results));
    format!("(func (export {name:?}) (param{parameters}) (result{results}) {body})\n")
}

/// The tools of this component.
pub async fn tools(wasm: &[u8]) -> Tools {
    tools_in(sandbox().await, wasm).await
}

/// The same, loaded by this sandbox.
pub async fn tools_in(sandbox: &Sandbox, wasm: &[u8]) -> Tools {
    let component = sandbox.load(wasm, CompileLimits::default()).await;
    Tools::read(&component.unwrap_or_else(|error| panic!("{error}")), wasm)
}

/// Calls a tool.
pub async fn call(tools: &Tools, tool: &str, arguments: &str) -> Outcome<Answer> {
    call_with(tools, tool, arguments, limits(), Grants::default()).await
}

/// Calls a tool within these limits, with these grants.
pub async fn call_with(
    tools: &Tools,
    tool: &str,
    arguments: &str,
    limits: Limits,
    grants: Grants,
) -> Outcome<Answer> {
    let arguments: &RawValue = serde_json::from_str(arguments).unwrap();
    let invocation = Invocation {
        tool,
        arguments,
        limits,
        grants,
        session: None,
        residence: None,
    };
    tools.call(sandbox().await, invocation).await.unwrap()
}

/// What an outcome comes to, in a line.
pub fn told(outcome: &Outcome<Answer>) -> String {
    match outcome {
        Outcome::Success {
            output: Answer::Result(json),
            ..
        } => json.get().to_owned(),
        Outcome::Success {
            output: Answer::Failure(json),
            ..
        } => format!("failure {json}"),
        Outcome::Error {
            error_type,
            message,
            ..
        } => format!("{error_type:?}: {message}"),
        other => format!("{other:?}"),
    }
}

/// What a call comes to.
pub async fn answered(tools: &Tools, tool: &str, arguments: &str) -> String {
    told(&call(tools, tool, arguments).await)
}

/// The result of a call that has to succeed.
pub async fn result(tools: &Tools, tool: &str, arguments: &str) -> Value {
    match call(tools, tool, arguments).await {
        Outcome::Success {
            output: Answer::Result(json),
            ..
        } => serde_json::from_str(json.get()).unwrap(),
        other => panic!("{other:?}"),
    }
}
