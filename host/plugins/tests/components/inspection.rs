//! What is told of a component to whoever decides whether to trust it.

use vesicle_plugins::{Inspection, WitText, with_docs};
use vesicle_sandbox::{CompileLimits, LoadError};

use crate::support::{component, sandbox};

const WIT: &str = "
package test:asks;
interface missing { ask: func() -> u32; }
interface offers {
  /// A place.
  record point { x: f32, y: f32 }
  /// Moves it.
  move-it: func(to: point) -> point;
}
world asks { import missing; export offers; }";

#[tokio::test]
async fn wit_imports_and_exports_are_told() {
    let wit = WIT.replace("import missing;", "");
    let wasm = with_docs(&component(&wit, &[]), &wit).unwrap();
    let told = Inspection::of(&wasm, &CompileLimits::default(), &[]).unwrap();
    assert_eq!(
        (told.bytes, told.exports),
        (wasm.len(), vec!["test:asks/offers".to_owned()])
    );
    assert_eq!(told.digest, blake3::hash(&wasm).to_hex().to_string());
    let WitText::Text(text) = told.wit else {
        panic!("{:?}", told.wit)
    };
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn imports_that_nobody_provides_are_told() {
    // A shim that the encoder makes stands between; the function is called by nobody.
    let module = crate::support::module(WIT, &[]);
    let wasm = wit_component::ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    let told = Inspection::of(&wasm, &CompileLimits::default(), &[]).unwrap();
    // What is not used is not imported.
    assert_eq!(told.imports, []);

    let wat = r#"(component
      (import "test:asks/missing" (instance (export "ask" (func (result u32)))))
      (import "wasi:cli/environment@0.2.0" (instance (export "get-arguments" (func (result (list string)))))))"#;
    let wasm = wat::parse_str(wat).unwrap();
    let refused = sandbox()
        .await
        .load(wasm.clone(), CompileLimits::default())
        .await
        .unwrap_err();
    let LoadError::UnknownImports(missing) = refused else {
        panic!("{refused}")
    };
    let told = Inspection::of(&wasm, &CompileLimits::default(), &missing).unwrap();
    let imports: Vec<_> = told
        .imports
        .iter()
        .map(|import| (import.name.as_str(), import.provided))
        .collect();
    assert_eq!(
        imports,
        [
            ("test:asks/missing", false),
            ("wasi:cli/environment@0.2.0", true)
        ]
    );
}

#[test]
fn a_wit_package_is_no_component() {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve
        .push_str("a.wit", "package a:b; interface c { f: func(); }")
        .unwrap();
    let wasm = wit_component::encode(&resolve, package, false).unwrap();
    let told = Inspection::of(&wasm, &CompileLimits::default(), &[]).unwrap();
    assert_eq!(
        told.wit,
        WitText::None(
            "it is a WIT package and no component: it has interfaces and no code".to_owned()
        )
    );
}
