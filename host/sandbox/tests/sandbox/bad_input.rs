//! Texts that are no programs, or only just.

use vesicle_sandbox::{CODE_BYTES_MAX, ErrorType, Outcome};

use crate::support::{assert_transcript, check, location, output_text, run, told};

#[tokio::test]
async fn empty_code_is_refused() {
    for empty in ["", " ", "\n\t\r\n ", "\u{feff}", "\u{feff} \n"] {
        let outcome = run(empty).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(&outcome), @r#"error Syntax "SyntaxError": the code is empty; send the body of a function, such as `return 1 + 1`"#);
        }
    }
}

/// Nothing to run, and yet a program.
#[tokio::test]
async fn code_may_do_nothing() {
    check(&[
        ("// a comment", "null"),
        ("/* a comment */", "null"),
        (";", "null"),
        ("{}", "null"),
        ("#!/usr/bin/env vesicle", "null"),
        ("type A = string", "null"),
        ("'use strict'", "null"),
    ])
    .await;
}

#[tokio::test]
async fn code_may_be_100_kb_long() {
    let longest = format!("return 1;{}", " ".repeat(CODE_BYTES_MAX - 9));
    assert_eq!(longest.len(), 100 * 1024);
    assert_eq!(output_text(&longest).await, "1");
    let all_used = format!("return '{}'.length", "ä".repeat((CODE_BYTES_MAX - 17) / 2));
    assert_eq!(
        output_text(&all_used).await,
        ((CODE_BYTES_MAX - 17) / 2).to_string()
    );

    let longer = format!("{longest} ");
    insta::assert_snapshot!(told(&run(&longer).await), @r#"error Syntax "SyntaxError": the code is 102401 bytes long, and at most 102400 are accepted (`code_bytes`); pass data as input"#);
}

#[tokio::test]
async fn nul_bytes_are_refused_where_they_stand() {
    assert_transcript![
        "\0",
        "return 1\n// \0 here",
        "\u{feff}return '\0'",
        "const ü = 1;\nü\0"
    ];
}

#[tokio::test]
async fn a_byte_order_mark_and_a_shebang_are_accepted() {
    check(&[
        ("\u{feff}return 1", "1"),
        ("#!/usr/bin/env vesicle\nreturn 2", "2"),
        ("#!/usr/bin/env vesicle\nexport default 3", "3"),
        ("\u{feff}#!/usr/bin/env -S vesicle run\r\nreturn 4", "4"),
        ("\u{feff}export default 5", "5"),
    ])
    .await;
}

#[tokio::test]
async fn errors_after_a_byte_order_mark_or_a_shebang_are_where_they_stand() {
    let body = "const a = null;\nreturn a.b";
    for (before, line, column) in [
        ("", 2, 8),
        ("\u{feff}", 2, 8),
        ("#!/usr/bin/env vesicle\n", 3, 8),
        ("\u{feff}#!/usr/bin/env vesicle\n", 3, 8),
    ] {
        let outcome = run(&format!("{before}{body}")).await;
        let place = location(&outcome).unwrap_or_else(|| panic!("{}", told(&outcome)));
        // QuickJS marks the object or its property.
        assert_eq!(place.line, line, "{}", told(&outcome));
        assert!(
            (column..=column + 2).contains(&place.column),
            "{}",
            told(&outcome)
        );
    }
    for (before, line, column) in [("\u{feff}", 1, 7), ("#!x\n", 2, 7), ("\u{feff}#!x\n", 2, 7)] {
        let outcome = run(&format!("{before}const a b")).await;
        let place = location(&outcome).unwrap_or_else(|| panic!("{}", told(&outcome)));
        assert_eq!(
            (place.line, place.column),
            (line, column),
            "{}",
            told(&outcome)
        );
    }
}

#[tokio::test]
async fn syntax_errors_are_told_where_they_stand() {
    assert_transcript![
        "return (",
        "const = 1",
        "let a = 1;\nlet b = a +;\nreturn b",
        "function f() {\n  return 1\n",
        "const a = 1;\nconst a = 2;\n",
        "return 'not closed",
        "return `not closed\n",
        "/* not closed",
        "return /not closed",
        "return /(/",
        "return 08n",
        "await = 1",
        "let x = 1 1",
        "x =>",
        "}",
        "\n\n\n)",
        "return \u{201c}quoted\u{201d}",
        "break",
        "for (const i of [1]) { label: continue label }",
        "with ({}) {}",
        "return new.target",
        "class A { constructor() {} constructor() {} }",
        "const { a",
        "return 1 +\n",
        "delete x",
        "yield 1",
        "Here is the code:\n```ts\nreturn 1\n```",
    ];
}

/// What oxc accepts and QuickJS does not still comes with the place in the caller's text.
#[tokio::test]
async fn what_only_the_engine_refuses_is_told_as_well() {
    assert_transcript![
        "type T = string;\nreturn /[b-a]/",
        "type T = string;\nreturn /(?<a>.)(?<a>.)/",
        "const s: string = '';\nreturn /\\p{Nothing}/u",
        "return 1;\nexport default 2",
        "using x = null",
        "await using x = null",
    ];
}

/// A program that ends in something that could reach into what the engine puts around it.
#[tokio::test]
async fn code_cannot_leave_the_function_around_it() {
    for code in [
        "})(); (async () => { return 'out'",
        "return 1 })(); globalThis.x = 1; (() => {",
        "}); //",
        "return 1 }",
        "/*",
        "`",
        "return 1 <!-- \n })(); (()=>{",
        "--> })()",
    ] {
        let outcome = run(code).await;
        assert!(
            matches!(
                &outcome,
                Outcome::Error {
                    error_type: ErrorType::Syntax,
                    ..
                }
            ),
            "{code}: {}",
            told(&outcome)
        );
    }
}

#[tokio::test]
async fn texts_that_are_read_while_the_program_runs() {
    check(&[
        ("try { new RegExp('(') } catch (error) { return [error.name, error instanceof SyntaxError] }", r#"["SyntaxError",true]"#),
        ("try { JSON.parse('{') } catch (error) { return error.name }", r#""SyntaxError""#),
    ])
    .await;
}

#[tokio::test]
async fn broken_texts_are_told_where_they_are_read() {
    assert_transcript![
        "const made = '(';\nnew RegExp(made)",
        "function parse(text: string) {\n  return JSON.parse(text)\n}\nparse('{\"a\": }')",
    ];
}
