//! Core modules: made components, or refused with a reason.

use vesicle_plugins::adapt::{Kind, adapt};
use vesicle_sandbox::CompileLimits;

use crate::support::{component, module, result, tools};

fn refusal(file: &[u8]) -> String {
    adapt(file, &CompileLimits::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn what_cannot_be_a_component_is_refused_with_the_reason() {
    let modules = [
        r#"(module)"#,
        r#"(module (memory (export "memory") 1) (func (export "add") (param i32) (result i32) (local.get 0)))"#,
        r#"(module (import "env" "print" (func)) (import "go" "tick" (func)) (func (export "_start")))"#,
        r#"(module (import "wasi_unstable" "fd_write" (func)) (func (export "_start")))"#,
        r#"(module (import "javy-default-plugin-v4" "invoke" (func)) (func (export "_start")))"#,
        r#"(module (import "wasi_snapshot_preview1" "no_such" (func)) (memory (export "memory") 1) (func (export "_start")))"#,
    ];
    let mut said = String::new();
    for text in modules {
        said += &format!("{text}\n    {}\n", refusal(&wat::parse_str(text).unwrap()));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_component_stays_as_it_is() {
    let wasm = component("package test:a; world a { export f: func(); }", &[]);
    let (kind, adapted) = adapt(&wasm, &CompileLimits::default()).unwrap();
    assert_eq!((kind, &*adapted), (Kind::Component, &wasm[..]));
}

/// What wit-bindgen has compilers make, before `wasm-tools component new`.
#[tokio::test]
async fn a_library_that_tells_its_types_is_made_a_component() {
    let wit = "package test:a; world a { export add: func(a: u32, b: u32) -> u32; }";
    let module = module(wit, &[("add", "(i32.add (local.get 0) (local.get 1))")]);
    let (kind, component) = adapt(&module, &CompileLimits::default()).unwrap();
    assert_eq!(kind, Kind::Library);
    assert_eq!(
        result(&tools(&component).await, "add", r#"{"a": 2, "b": 3}"#).await,
        5
    );
}

/// The reader of these types recurses; they are measured first.
#[test]
fn types_in_a_module_that_lie_too_deep_are_not_read() {
    let mut types = vec![0x01];
    types.extend([0x42, 1, 0x01].repeat(100_000));
    types.extend([0x42, 0]);
    let mut section = b"\0asm\x0d\0\x01\0\x07".to_vec();
    leb128(&mut section, types.len());
    section.extend(types);
    let mut module = wat::parse_str("(module)").unwrap();
    module.push(0);
    let name = b"component-type:deep";
    leb128(&mut module, 1 + name.len() + section.len());
    module.push(name.len() as u8);
    module.extend(name);
    module.extend(section);
    insta::assert_snapshot!(refusal(&module), @"the component has 17 types within one another, and at most 16 are compiled (`nesting`); make it smaller, or have the limit raised");
}

fn leb128(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
