//! Texts that go in and come out.

use vesicle_sandbox::{ErrorType, Execution, Outcome};

use crate::support::{execute, limited, success, told, with_input};

fn error_type(outcome: &Outcome) -> ErrorType {
    match outcome {
        Outcome::Error { error_type, .. } => *error_type,
        other => panic!("no error: {}", told(other)),
    }
}

#[tokio::test]
async fn streams_are_cut() {
    for (write, name) in [("console.log", "stdout"), ("console.error", "stderr")] {
        let printing = |text: &str| {
            limited(&format!("{write}('{text}')"), |limits| {
                limits.stream_bytes = 10;
            })
        };
        let printed = |outcome: &Outcome| {
            let (stdout, stderr) = outcome.streams();
            format!("{stdout}{stderr}")
        };
        let outcome = execute(printing("123456789")).await;
        assert_eq!(printed(&outcome), "123456789\n");
        let outcome = execute(printing("1234567890")).await;
        assert!(outcome.is_success());
        assert_eq!(
            printed(&outcome),
            format!("1234567890\n[{name} cut: 10 of 11 bytes kept]\n")
        );
    }
}

#[tokio::test]
async fn results_may_be_so_long() {
    let returning = |code| limited(code, |limits| limits.output_bytes = 5);
    let outcome = execute(returning("return 'abc'")).await;
    assert_eq!(success(outcome).get(), r#""abc""#);
    let outcome = execute(returning("return 'abcd'")).await;
    assert_eq!(error_type(&outcome), ErrorType::InvalidResult);
    insta::assert_snapshot!(outcome.explanation(), @"TypeError: the result is 6 bytes of JSON, and at most 5 are accepted (`output_bytes`); return less, or a part of it");
}

#[tokio::test]
async fn code_may_be_so_long() {
    let outcome = execute(limited("return 1", |limits| limits.code_bytes = 8)).await;
    assert_eq!(success(outcome).get(), "1");
    let outcome = execute(limited("return 1", |limits| limits.code_bytes = 7)).await;
    assert_eq!(error_type(&outcome), ErrorType::Syntax);
    insta::assert_snapshot!(outcome.explanation(), @"SyntaxError: the code is 8 bytes long, and at most 7 are accepted (`code_bytes`); pass data as input");
}

#[tokio::test]
async fn inputs_may_be_so_long() {
    let given = |input_bytes| {
        let execution = with_input("return input", "abc");
        Execution {
            limits: vesicle_sandbox::Limits {
                input_bytes,
                ..execution.limits
            },
            ..execution
        }
    };
    let outcome = execute(given(5)).await;
    assert_eq!(success(outcome).get(), r#""abc""#);
    let outcome = execute(given(4)).await;
    assert_eq!(error_type(&outcome), ErrorType::InvalidInput);
    insta::assert_snapshot!(outcome.explanation(), @"InputError: the input is 5 bytes of JSON, and at most 4 are accepted (`input_bytes`)");
}
