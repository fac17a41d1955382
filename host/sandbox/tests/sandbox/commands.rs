//! Components that are programs: what they are given to read, and how they end.

use bytes::Bytes;
use vesicle_sandbox::{Call, CompileLimits, Grants, Outcome};

use crate::support::sandbox;

/// Exports `wasi:cli/run`: ends as the first byte of its first argument says, by returning or by
/// `exit`.
const PROGRAM: &str = r#"(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-arguments" (func (result (list string))))))
  (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
  (core module $memory
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $free)
      (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 7)) (i32.const -8)))))
  (core instance $memory (instantiate $memory))
  (core func $arguments (canon lower (func $environment "get-arguments")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "arguments" (func $arguments (param i32)))
    (import "" "exit" (func $exit (param i32)))
    (func (export "run") (result i32) (local $how i32)
      (call $arguments (i32.const 16))
      (local.set $how (i32.load8_u (i32.load (i32.load (i32.const 16)))))
      (if (i32.eq (local.get $how) (i32.const 114)) (then (return (i32.const 0)))) ;; r
      (if (i32.eq (local.get $how) (i32.const 102)) (then (return (i32.const 1)))) ;; f
      (if (i32.eq (local.get $how) (i32.const 101)) (then (call $exit (i32.const 0)))) ;; e
      (if (i32.eq (local.get $how) (i32.const 120)) (then (call $exit (i32.const 1)))) ;; x
      unreachable))
  (core instance $i (instantiate $m (with "" (instance
    (export "memory" (memory $memory "memory"))
    (export "arguments" (func $arguments)) (export "exit" (func $exit))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run))
)"#;

async fn run(argument: &str) -> Outcome<i32> {
    let wasm = wat::parse_str(PROGRAM).unwrap();
    let component = sandbox().await.load(wasm, CompileLimits::default()).await;
    let component = component.unwrap();
    let call = Call {
        grants: Grants {
            arguments: vec![argument.to_owned()],
            environment: vec![("A".to_owned(), "b".to_owned())],
            stdin: Bytes::from_static(b"not read"),
            ..Grants::default()
        },
        ..Call::new(&component, &component.functions()[0], Vec::new())
    };
    sandbox().await.run_command(call).await.unwrap()
}

#[tokio::test]
async fn a_program_ends_by_returning_or_by_exit() {
    for (how, expected) in [
        ("return", 0),
        ("fail", 1),
        ("exit", 0),
        ("x: exit with 1", 1),
    ] {
        let outcome = run(how).await;
        let Outcome::Success { output, .. } = outcome else {
            panic!("{how}: {outcome:?}")
        };
        assert_eq!(output, expected, "{how}");
    }
}

#[tokio::test]
async fn a_program_that_traps_has_no_status() {
    let outcome = run("trap").await;
    assert!(matches!(outcome, Outcome::Error { .. }), "{outcome:?}");
}
