//! Components that are not ours: loaded within limits, called like programs.

use std::time::Duration;

use vesicle_sandbox::{
    Call, CompileLimits, Compiler, Component, Config, ErrorType, ExecuteError, LimitKind, Limits,
    LoadError, Outcome, Sandbox, Val,
};

use crate::support::{cache_dir, sandbox};

/// Gives back the text that it takes; adds; asks to forget a key, which nobody granted.
const PLAIN: &str = r#"(component
  (import "vesicle:plugin/types@0.1.0" (instance $types
    (type $later' (record (field "message" string) (field "retry-after-ms" (option u32))))
    (export "later" (type $later (eq $later')))
    (type $error' (variant
      (case "denied" string) (case "not-found" string) (case "invalid-input" string)
      (case "limit-exceeded" string) (case "rate-limited" $later) (case "unavailable" $later)
      (case "timeout" string) (case "upstream" string) (case "failed" string)))
    (export "error" (type (eq $error')))))
  (alias export $types "error" (type $error))
  (import "vesicle:plugin/state@0.1.0" (instance $state
    (alias outer 1 $error (type $error'))
    (export "error" (type $error (eq $error')))
    (export "delete" (func (param "key" string) (result (result bool (error $error)))))))
  (core module $memory
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get 3)))))
  (core instance $memory (instantiate $memory))
  (core func $delete (canon lower (func $state "delete")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "delete" (func $delete (param i32 i32 i32)))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "forget") (result i32)
      (call $delete (i32.const 0) (i32.const 1) (i32.const 64))
      (i32.add (i32.mul (i32.load8_u (i32.const 64)) (i32.const 100)) (i32.load8_u (i32.const 68)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "memory" (memory $memory "memory")) (export "delete" (func $delete))))))
  (func (export "echo") (param "text" string) (result string) (canon lift (core func $i "echo")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "forget") (result u32) (canon lift (core func $i "forget")))
  (instance $numbers (export "add" (func $add)))
  (export "test:plain/numbers@1.0.0" (instance $numbers))
)"#;

async fn load(text: &str, limits: CompileLimits) -> Result<Component, LoadError> {
    let wasm = wat::parse_str(text).unwrap();
    sandbox().await.load(wasm, limits).await
}

async fn plain() -> Component {
    load(PLAIN, CompileLimits::default()).await.unwrap()
}

fn call(component: &Component, interface: Option<&str>, name: &str, arguments: Vec<Val>) -> Call {
    Call::new(
        component,
        component.function(interface, name).unwrap(),
        arguments,
    )
}

async fn run(call: Call) -> Outcome<Vec<Val>> {
    sandbox().await.call(call).await.unwrap()
}

fn values(outcome: Outcome<Vec<Val>>) -> Vec<Val> {
    match outcome {
        Outcome::Success { output, .. } => output,
        _ => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn functions_are_called_with_values() {
    let component = plain().await;
    assert_eq!(
        format!("{:?}", component.functions()),
        "[test:plain/numbers@1.0.0#add, echo, forget]"
    );
    let text = Val::String("h\u{e9}llo \u{1f30d}".to_owned());
    let outcome = run(call(&component, None, "echo", vec![text.clone()])).await;
    assert_eq!(outcome.resources().memory_peak_bytes, 65_536);
    assert_eq!(values(outcome), [text]);
    let numbers = vec![Val::U32(40), Val::U32(2)];
    let interface = Some("test:plain/numbers@1.0.0");
    let sum = run(call(&component, interface, "add", numbers)).await;
    assert_eq!(values(sum), [Val::U32(42)]);
}

/// An error, and its first case, which is `denied`.
#[tokio::test]
async fn what_is_not_granted_is_denied() {
    let outcome = run(call(&plain().await, None, "forget", vec![])).await;
    assert_eq!(outcome.resources().host_calls, 1);
    assert_eq!(values(outcome), [Val::U32(100)]);
}

#[tokio::test]
async fn a_wrong_number_of_arguments_is_not_tried() {
    let outcome = run(call(&plain().await, None, "echo", vec![])).await;
    let Outcome::Error {
        error_type,
        message,
        ..
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    assert_eq!(error_type, ErrorType::InvalidInput);
    assert_eq!(message, "echo takes 1 arguments, got 0");
}

#[tokio::test]
async fn fuel_is_counted_where_it_was_compiled_in() {
    let fuel = |fuel| Limits {
        fuel: Some(fuel),
        ..Limits::default()
    };
    let of = |component: &Component, limits| {
        let numbers = vec![Val::U32(40), Val::U32(2)];
        Call {
            limits,
            ..call(component, Some("test:plain/numbers@1.0.0"), "add", numbers)
        }
    };
    let refused = sandbox().await.call(of(&plain().await, fuel(1_000))).await;
    assert!(matches!(refused, Err(ExecuteError::Fuel)));

    let limits = CompileLimits {
        fuel: true,
        ..CompileLimits::default()
    };
    let component = load(PLAIN, limits).await.unwrap();
    let outcome = run(of(&component, fuel(1_000))).await;
    assert!(outcome.resources().fuel.unwrap() > 0);
    assert_eq!(values(outcome), [Val::U32(42)]);
    // Wasmtime looks where a function begins.
    let outcome = run(of(&component, fuel(0))).await;
    assert!(
        matches!(
            outcome,
            Outcome::LimitExceeded {
                limit: LimitKind::Fuel,
                ..
            }
        ),
        "{outcome:?}"
    );
}

/// Each limit on what is compiled, at its edge.
#[tokio::test]
async fn what_is_compiled_is_counted() {
    let text = "(component
      (type (list u8))
      (component (component))
      (core module (func) (func (result i32) i32.const 1)))";
    let wasm = wat::parse_str(text).unwrap();
    let enough = CompileLimits {
        wasm_bytes: wasm.len(),
        functions: 2,
        function_bytes: 4,
        types: 3,
        modules: 3,
        nesting: 3,
        ..CompileLimits::default()
    };
    load(text, enough).await.unwrap();
    type Less = fn(&mut CompileLimits);
    let one_less: [(&str, Less); 6] = [
        ("wasm_bytes", |limits| limits.wasm_bytes -= 1),
        ("functions", |limits| limits.functions -= 1),
        ("function_bytes", |limits| limits.function_bytes -= 1),
        ("types", |limits| limits.types -= 1),
        ("modules", |limits| limits.modules -= 1),
        ("nesting", |limits| limits.nesting -= 1),
    ];
    for (name, less) in one_less {
        let mut limits = enough;
        less(&mut limits);
        match load(text, limits).await {
            Err(LoadError::TooLarge { limit, .. }) => assert_eq!(limit, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_component_is_refused() {
    let plain = wat::parse_str(PLAIN).unwrap();
    let module = wat::parse_str("(module)").unwrap();
    let half = &plain[..plain.len() / 2];
    for wasm in [b"".as_slice(), b"text", &module, half] {
        let refused = sandbox().await.load(wasm, CompileLimits::default()).await;
        assert!(matches!(refused, Err(LoadError::Invalid(_))), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_are_compiled_at_once_and_64_wait() {
    let directory = tempfile::tempdir().unwrap();
    let started = directory.path().join("started");
    // It notes that it was started, and never answers.
    let script = format!("echo >> {}; exec sleep 600", started.display());
    let config = Config {
        cache_dir: Some(cache_dir()),
        compiler: Some(Compiler {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
        }),
        ..Config::default()
    };
    let sandbox = Sandbox::new(config).await.unwrap();
    let wasm = wat::parse_str("(component (core module (func unreachable)))").unwrap();
    let load = || {
        let (sandbox, wasm) = (sandbox.clone(), wasm.clone());
        async move { sandbox.load(wasm, CompileLimits::default()).await }
    };
    let is_busy = || async {
        let tried = tokio::time::timeout(Duration::from_millis(300), load()).await;
        match tried {
            Ok(Err(LoadError::Busy(64))) => true,
            Ok(other) => panic!("{other:?}"),
            Err(_) => false,
        }
    };
    let settle = || tokio::time::sleep(Duration::from_secs(1));
    let mut loads: Vec<_> = (0..65).map(|_| tokio::spawn(load())).collect();
    settle().await;
    assert!(!is_busy().await, "the 66th waits");
    loads.push(tokio::spawn(load()));
    settle().await;
    assert!(is_busy().await, "the 67th is refused at once");
    let starts = std::fs::read_to_string(&started).unwrap();
    assert_eq!(starts.lines().count(), 2);
    loads.pop().unwrap().abort();
    settle().await;
    assert!(!is_busy().await, "who goes away leaves a place");
    for load in loads {
        load.abort();
    }
}
