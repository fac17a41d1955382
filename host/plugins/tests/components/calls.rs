//! Calls: results, failures, limits.

use serde_json::json;
use vesicle_plugins::{CallError, Invocation};
use vesicle_sandbox::{Grants, Limits, Outcome};

use crate::support::{answered, call_with, component, limits, result, sandbox, told, tools};

const WIT: &str = "
package test:calls;
interface numbers { add: func(a: u32, b: u32) -> u32; }
world calls {
  variant why { negative, too-large(u32) }
  export numbers;
  export echo: func(text: string) -> string;
  export halve: func(n: u32) -> result<u32, why>;
  export check: func(fail: bool) -> result;
  export nothing: func();
  export trap: func();
  export wide: func(n: u64) -> u64;
}";

const BODIES: [(&str, &str); 6] = [
    ("numbers#add", "(i32.add (local.get 0) (local.get 1))"),
    (
        "echo",
        "(i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)",
    ),
    (
        "halve",
        "(if (result i32) (i32.and (local.get 0) (i32.const 1))
           (then (i32.store (i32.const 16) (i32.const 1)) (i32.store (i32.const 20) (i32.const 1))
             (i32.store (i32.const 24) (local.get 0)) (i32.const 16))
           (else (i32.store (i32.const 16) (i32.const 0))
             (i32.store (i32.const 20) (i32.shr_u (local.get 0) (i32.const 1))) (i32.const 16)))",
    ),
    ("check", "(local.get 0)"),
    ("nothing", ""),
    ("wide", "(local.get 0)"),
];

#[tokio::test]
async fn json_goes_in_and_comes_out() {
    let tools = tools(&component(WIT, &BODIES)).await;
    assert_eq!(
        result(&tools, "numbers__add", r#"{"a": 40, "b": 2}"#).await,
        42
    );
    let text = "h\u{e9}llo \"\u{1f30d}\"\n";
    let arguments = json!({ "text": text }).to_string();
    assert_eq!(result(&tools, "echo", &arguments).await, text);
    assert_eq!(answered(&tools, "nothing", "{}").await, "null");
}

#[tokio::test]
async fn a_failure_carries_its_error_as_data() {
    let tools = tools(&component(WIT, &BODIES)).await;
    assert_eq!(answered(&tools, "halve", r#"{"n": 8}"#).await, "4");
    assert_eq!(
        answered(&tools, "halve", r#"{"n": 7}"#).await,
        r#"failure {"too_large":7}"#
    );
    assert_eq!(
        answered(&tools, "check", r#"{"fail": false}"#).await,
        "null"
    );
    assert_eq!(
        answered(&tools, "check", r#"{"fail": true}"#).await,
        "failure null"
    );
}

#[tokio::test]
async fn a_trap_is_an_error() {
    let tools = tools(&component(WIT, &BODIES)).await;
    let said = answered(&tools, "trap", "{}").await;
    assert_eq!(
        said,
        "Trap: wasm trap: wasm `unreachable` instruction executed"
    );
}

/// What a reader with numbers as floats would change is a string.
#[tokio::test]
async fn wide_integers_are_exact() {
    let tools = tools(&component(WIT, &BODIES)).await;
    for (given, expected) in [
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", r#""9007199254740992""#),
        (r#""9007199254740993""#, r#""9007199254740993""#),
        ("18446744073709551615", r#""18446744073709551615""#),
        (r#""0""#, "0"),
        ("1e3", "1000"),
    ] {
        assert_eq!(
            answered(&tools, "wide", &format!(r#"{{"n": {given}}}"#)).await,
            expected
        );
    }
}

#[tokio::test]
async fn an_unknown_tool_is_told_with_the_nearest() {
    let tools = tools(&component(WIT, &BODIES)).await;
    let error = async |tool: &'static str| {
        let invocation = Invocation {
            tool,
            arguments: serde_json::from_str("{}").unwrap(),
            limits: limits(),
            grants: Grants::default(),
            session: None,
            residence: None,
        };
        tools.call(sandbox().await, invocation).await.unwrap_err()
    };
    let near = error("numbers_add").await;
    assert!(matches!(near, CallError::UnknownTool { .. }));
    insta::assert_snapshot!(near, @r#"the plugin has no tool "numbers_add"; did you mean `numbers__add`?"#);
    let far = error("zzz").await.to_string();
    let names = far
        .strip_prefix("the plugin has no tool \"zzz\"; it has `")
        .unwrap();
    assert!(names.contains("`numbers__add`"), "{far}");
}

#[tokio::test]
async fn arguments_and_results_are_bounded_at_the_edge() {
    let tools = tools(&component(WIT, &BODIES)).await;
    let arguments = r#"{"text": "0123456789"}"#;
    let within = async |input_bytes, output_bytes| {
        let limits = Limits {
            input_bytes,
            output_bytes,
            ..limits()
        };
        told(&call_with(&tools, "echo", arguments, limits, Grants::default()).await)
    };
    let length = arguments.len();
    assert_eq!(within(length, 12).await, r#""0123456789""#);
    insta::assert_snapshot!(within(length - 1, 12).await, @"InvalidInput: the arguments are 22 bytes of JSON, and at most 21 are accepted (`input_bytes`)");
    insta::assert_snapshot!(within(length, 11).await, @"InvalidResult: the result is more than 11 bytes of JSON, which are accepted (`output_bytes`); ask for less, or for a part of it");
}

/// Long arguments are read on another thread.
#[tokio::test]
async fn long_arguments_go_in_as_short_ones_do() {
    let tools = tools(&component(WIT, &BODIES)).await;
    let text = "x".repeat(200_000);
    let arguments = json!({ "text": text }).to_string();
    assert_eq!(result(&tools, "echo", &arguments).await, text);
    let wrong = json!({ "texts": text }).to_string();
    assert_eq!(
        answered(&tools, "echo", &wrong).await,
        "InvalidInput: arguments.texts: there is no property here; did you mean `text`?"
    );
}

#[tokio::test]
async fn limits_hold() {
    let tools = tools(&component(WIT, &[("trap", "(loop (br 0))")])).await;
    let limits = Limits {
        cpu_time: Some(std::time::Duration::from_millis(50)),
        ..limits()
    };
    let outcome = call_with(&tools, "trap", "{}", limits, Grants::default()).await;
    assert!(
        matches!(outcome, Outcome::LimitExceeded { .. }),
        "{outcome:?}"
    );
}
