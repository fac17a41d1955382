//! What is said of arguments that do not fit.

use std::fmt::Write as _;

use crate::support::{answered, component, tools};

const WIT: &str = "
package test:errors;
world errors {
  record item { name: string, price: f64, %tags: list<string> }
  enum color { red, dark-red, green }
  flags rights { may-read, may-write }
  variant shape { circle(f32), square(u8), none }
  export order: func(items: list<item>, color: color, rights: rights, shape: shape) -> u32;
  export numbers: func(a: u8, b: s64, c: f32, d: char, e: list<u8>, f: tuple<u8, bool>, g: result<u8>, h: option<option<u8>>) -> u32;
}";

/// Arguments that fit, with the one under test in place of its like.
fn order(name: &str, value: &str) -> String {
    let plain = [
        ("items", "[]"),
        ("color", "\"red\""),
        ("rights", "[]"),
        ("shape", "\"none\""),
    ];
    object(&plain, name, value)
}

fn numbers(name: &str, value: &str) -> String {
    let plain = [
        ("a", "1"),
        ("b", "1"),
        ("c", "1"),
        ("d", "\"d\""),
        ("e", "[]"),
        ("f", "[1, true]"),
        ("g", "{\"ok\": 1}"),
    ];
    object(&plain, name, value)
}

fn object(plain: &[(&str, &str)], name: &str, value: &str) -> String {
    let mut members: Vec<_> = plain
        .iter()
        .filter(|(plain, _)| *plain != name)
        .map(|(name, value)| format!("{name:?}: {value}"))
        .collect();
    members.push(format!("{}: {value}", serde_json::to_string(name).unwrap()));
    format!("{{{}}}", members.join(", "))
}

#[tokio::test]
async fn errors_name_the_place_and_what_was_expected() {
    let wasm = component(
        WIT,
        &[("order", "(i32.const 7)"), ("numbers", "(i32.const 7)")],
    );
    let tools = tools(&wasm).await;
    let item = |price: &str| format!(r#"{{"name": "n", "price": {price}, "tags": []}}"#);
    let fourth = |price: &str| format!("[{0}, {0}, {0}, {1}]", item("1"), item(price));
    let first = fourth("1.5");
    let orders: [(&str, &str); 29] = [
        ("items", &first),
        ("items", &fourth("\"abc\"")),
        ("items", &fourth("null")),
        ("items", &fourth("[1]")),
        ("items", r#"[{"name": "n", "pricee": 1, "tags": []}]"#),
        ("items", r#"[{"name": "n", "tags": []}]"#),
        (
            "items",
            r#"[{"name": "n", "name": "m", "price": 1, "tags": []}]"#,
        ),
        ("items", r#"[{"quantity": 1}]"#),
        ("items", r#"[{"name": "n", "price": 1, "tags": ["a", 5]}]"#),
        ("items", "{}"),
        ("items", "\"[]\""),
        ("color", "\"dark_red\""),
        ("color", "\"dark-red\""),
        ("color", "\"blue\""),
        ("color", "5"),
        ("rights", r#"["may_read", "may_read"]"#),
        ("rights", r#"["may_wrte"]"#),
        ("rights", "[5]"),
        ("rights", "{}"),
        ("shape", r#"{"circle": 1}"#),
        ("shape", "\"circle\""),
        ("shape", r#"{"none": null}"#),
        ("shape", r#"{"none": 1}"#),
        ("shape", "{}"),
        ("shape", r#"{"circle": 1, "square": 1}"#),
        ("shape", r#"{"square": 256}"#),
        ("shape", r#"{"cirkle": 1}"#),
        ("colour", "\"red\""),
        ("x\u{1b}[2J", "1"),
    ];
    let wide = format!("\"{}\"", "x".repeat(100));
    let values = [
        ("a", "255"),
        ("a", "256"),
        ("a", "-1"),
        ("a", "2.0"),
        ("a", "2.5"),
        ("a", "\"2\""),
        ("a", "true"),
        ("a", "1e2"),
        ("a", "1e400"),
        ("b", "\"-9223372036854775808\""),
        ("b", "\"9223372036854775808\""),
        ("b", "9223372036854775807"),
        ("b", "1e19"),
        ("b", "9223372036854775808"),
        ("b", "\"0x10\""),
        ("b", "\"\""),
        ("b", "\"-\""),
        ("c", "3.4e38"),
        ("c", "3.5e38"),
        ("c", "\"NaN\""),
        ("c", "\"-Infinity\""),
        ("c", "\"inf\""),
        ("c", &wide),
        ("d", "\"\u{1f30d}\""),
        ("d", "\"\""),
        ("d", "\"ab\""),
        ("e", "\"AAH/\""),
        ("e", "\"AAH\""),
        ("e", "[0, 255]"),
        ("e", "[0, 256]"),
        ("f", "[1]"),
        ("f", "[1, true, 3, 4]"),
        ("f", "[1, 1]"),
        ("g", "{\"err\": null}"),
        ("g", "{\"err\": 1}"),
        ("g", "{\"error\": 1}"),
        ("g", "1"),
        ("h", "null"),
        ("h", "{\"some\": null}"),
        ("h", "{\"some\": 3}"),
        ("h", "3"),
        ("h", "{\"some\": 3, \"x\": 1}"),
    ];
    let mut text = String::new();
    for (name, value) in orders {
        let _ = writeln!(
            text,
            "{name} {value}\n    {}",
            answered(&tools, "order", &order(name, value)).await
        );
    }
    for (name, value) in values {
        let _ = writeln!(
            text,
            "{name} {value}\n    {}",
            answered(&tools, "numbers", &numbers(name, value)).await
        );
    }
    for arguments in ["null", "[]", "5", "\"{}\"", "{}"] {
        let _ = writeln!(
            text,
            "{arguments}\n    {}",
            answered(&tools, "order", arguments).await
        );
    }
    insta::assert_snapshot!(text);
}

/// A value for the list itself, and one for each item.
#[tokio::test]
async fn values_are_bounded_at_the_edge() {
    let wit = "package test:many; world many { export count: func(l: list<u16>) -> u32; }";
    let tools = tools(&component(wit, &[("count", "(local.get 1)")])).await;
    let arguments = |items: usize| format!(r#"{{"l":[{}1]}}"#, "1,".repeat(items - 1));
    let most = 2 * 1024 * 1024 - 1;
    assert_eq!(
        answered(&tools, "count", &arguments(most)).await,
        most.to_string()
    );
    let more = answered(&tools, "count", &arguments(most + 1)).await;
    assert_eq!(
        more,
        "InvalidInput: arguments.l[2097151]: the arguments have more than 2097152 values; pass less at once"
    );
}
