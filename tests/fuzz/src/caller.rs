//! A guest that calls every function of some interfaces with whatever a script says: numbers as they
//! cross the boundary, so that pointers, lengths, handles and discriminants may all be wrong.
//!
//! It is made from the WIT itself. An interface that is added to a world is called from then on.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use vesicle_sandbox::{
    Call, CompileLimits, Component, Grants, Limits, Outcome, STREAM_BYTES_MAX, Val,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldItem};

use crate::host::{block_on, grants, sandbox};

/// The functions through which the script is read. A byte below 192 is a small number, which handles,
/// lengths and discriminants are; one below 224 is a pointer to what follows in the script; one below
/// 240 a pointer to room for answers; after any other come the four bytes of any number.
const READER: &str = r#"
  (memory (export "memory") 8)
  (global $at (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 262144))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $room i32)
    (if (i32.gt_u (local.get 3) (i32.const 131072)) (then unreachable))
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
    (if (i32.gt_u (i32.add (global.get $free) (local.get 3)) (i32.const 524288))
      (then (global.set $free (i32.const 393216))))
    (local.set $room (global.get $free))
    (global.set $free (i32.add (local.get $room) (local.get 3)))
    (local.get $room))
  (func $byte (result i32)
    (local $byte i32)
    (if (i32.ge_u (global.get $at) (global.get $end)) (then (return (i32.const 0))))
    (local.set $byte (i32.load8_u (global.get $at)))
    (global.set $at (i32.add (global.get $at) (i32.const 1)))
    (local.get $byte))
  (func $i32 (result i32)
    (local $tag i32)
    (local.set $tag (call $byte))
    (if (i32.lt_u (local.get $tag) (i32.const 192)) (then (return (local.get $tag))))
    (if (i32.lt_u (local.get $tag) (i32.const 224))
      (then (return (i32.add (global.get $at) (i32.sub (local.get $tag) (i32.const 192))))))
    (if (i32.lt_u (local.get $tag) (i32.const 240))
      (then (return (i32.shl (i32.sub (local.get $tag) (i32.const 208)) (i32.const 12)))))
    (i32.or
      (i32.or (call $byte) (i32.shl (call $byte) (i32.const 8)))
      (i32.or (i32.shl (call $byte) (i32.const 16)) (i32.shl (call $byte) (i32.const 24)))))
  (func $i64 (result i64)
    (i64.or
      (i64.extend_i32_u (call $i32))
      (i64.shl (i64.extend_i32_u (call $byte)) (i64.const 32))))
  (func $f64 (result f64) (f64.reinterpret_i64 (call $i64)))
  (func $f32 (result f32) (f32.reinterpret_i32 (call $i32)))
"#;

/// The guest.
pub struct Caller {
    component: Component,
}

impl Caller {
    /// One that calls what `imports`, lines of a WIT world, name; `packages` are what the repository's
    /// WIT lacks of it.
    pub fn new(packages: &str, imports: &str) -> Self {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
        let mut resolve = Resolve::default();
        resolve.push_dir(wit).expect("the repository's WIT");
        for package in packages
            .split("\n---\n")
            .filter(|text| !text.trim().is_empty())
        {
            resolve.push_str("more.wit", package).expect("WIT");
        }
        let world = format!(
            "package vesicle:fuzz; world fuzz {{ {imports} export run: func(script: list<u8>); }}"
        );
        let package = resolve.push_str("fuzz.wit", &world).expect("a world");
        let world = resolve.select_world(&[package], None).expect("a world");
        let mut module = wat::parse_str(module(&resolve, world)).expect("a module");
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .expect("a module of that world");
        let mut encoder = ComponentEncoder::default();
        encoder.validate(true);
        let wasm = encoder.module(&module).and_then(|encoder| encoder.encode());
        let loaded = sandbox().load(wasm.expect("a component"), CompileLimits::default());
        Self {
            component: block_on(loaded).expect("a component that is linked"),
        }
    }

    /// Runs a script. Whatever it does is an outcome; only then is the host as it should be.
    pub fn run(&self, script: &[u8]) {
        self.run_with(script, grants());
    }

    /// The same, with these grants.
    pub fn run_with(&self, script: &[u8], grants: Grants) {
        let function = self.component.function(None, "run").expect("its export");
        let script = Val::List(script.iter().copied().map(Val::U8).collect());
        let call = Call {
            // Sleeping finds nothing.
            limits: Limits {
                wall_time: Duration::from_millis(20),
                memory_bytes: 4 << 20,
                ..Limits::default()
            },
            grants,
            ..Call::new(&self.component, function, vec![script])
        };
        let outcome: Outcome<Vec<Val>> = block_on(sandbox().call(call)).expect("an outcome");
        let (stdout, stderr) = outcome.streams();
        assert!(stdout.len().max(stderr.len()) <= STREAM_BYTES_MAX + 1024);
    }
}

/// A core module that imports everything and calls it.
fn module(resolve: &Resolve, world: wit_parser::WorldId) -> String {
    let (mut imports, mut calls) = (String::new(), Vec::new());
    let mut import = |module: &str, name: &str, params: &[WasmType], results: &[WasmType]| {
        let index = calls.len();
        let types = |types: &[WasmType]| {
            types
                .iter()
                .fold(String::new(), |all, ty| all + " " + core(*ty))
        };
        writeln!(
            imports,
            "  (import \"{module}\" \"{name}\" (func $import{index} (param{}) (result{})))",
            types(params),
            types(results),
        )
        .expect("memory");
        let arguments = params.iter().map(|ty| format!("(call ${}) ", core(*ty)));
        let call = format!("(call $import{index} {})", arguments.collect::<String>());
        calls.push(match results.is_empty() {
            true => call,
            false => format!("(drop {call})"),
        });
    };
    for item in resolve.worlds[world].imports.values() {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let interface = resolve.id_of(*id).expect("an interface has a name");
        for function in resolve.interfaces[*id].functions.values() {
            let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
            import(
                &interface,
                &function.name,
                &signature.params,
                &signature.results,
            );
        }
        for (name, ty) in &resolve.interfaces[*id].types {
            if matches!(resolve.types[*ty].kind, wit_parser::TypeDefKind::Resource) {
                import(
                    &interface,
                    &format!("[resource-drop]{name}"),
                    &[WasmType::I32],
                    &[],
                );
            }
        }
    }
    dispatch(&imports, &calls)
}

fn dispatch(imports: &str, calls: &[String]) -> String {
    // Case n is what stands behind the end of block n.
    let blocks: String = (0..calls.len())
        .rev()
        .map(|n| format!("(block $c{n} "))
        .collect();
    let table: String = (0..calls.len()).map(|n| format!("$c{n} ")).collect();
    let cases: String = calls
        .iter()
        .map(|call| format!(")\n      {call} (br $again)"))
        .collect();
    format!(
        "(module\n{imports}{READER}
  (func (export \"run\") (param i32 i32)
    (global.set $at (local.get 0))
    (global.set $end (i32.add (local.get 0) (local.get 1)))
    (loop $again
      (if (i32.ge_u (global.get $at) (global.get $end)) (then (return)))
      {blocks}(br_table {table}(i32.rem_u (call $byte) (i32.const {count}))){cases})))",
        count = calls.len(),
    )
}

fn core(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}
