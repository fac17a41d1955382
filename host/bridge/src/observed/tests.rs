use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{schema::Type, typescript::limits::DECLARATION_BYTES_MAX};

fn learned(results: &[Value]) -> Observed {
    let mut observed = Observed::default();
    results.iter().for_each(|result| observed.learn(result));
    observed
}

fn check(results: &[Value], expected: &str) {
    let text = crate::typescript::type_text(&learned(results).model()).unwrap();
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(one_line, expected);
}

#[test]
fn results_add_up_to_one_shape() {
    check(
        &[
            json!({"id": 1, "name": "a"}),
            json!({"id": 2, "name": null, "url": "x"}),
        ],
        "{ id: number; name: string | null; url?: string; }",
    );
    check(&[json!([1, "a"]), json!([])], "(string | number)[]");
    check(&[json!([])], "unknown[]");
    check(
        &[json!([{"a": 1}, {"b": true}])],
        "{ a?: number; b?: boolean; }[]",
    );
    check(&[json!("text"), json!({"a": 1})], "string | { a: number; }");
    check(&[], "unknown");
}

#[test]
fn keys_that_are_data_are_not_told() {
    for key in [
        "alice@example.com",
        "/home/alice/file",
        "4111111111111111",
        "user_20251121",
        "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
        "550e8400-e29b-41d4-a716-446655440000",
        "two words",
        "<b>",
        "ключ",
        "",
    ] {
        check(&[json!({(key): 1, "ok": 2})], "{ [key: string]: number }");
    }
    let many: serde_json::Map<String, Value> = (0..65)
        .map(|n| {
            (
                format!("k{}", char::from(b'a' + n % 26)).repeat(1 + n as usize / 26),
                json!(n),
            )
        })
        .collect();
    check(&[Value::Object(many)], "{ [key: string]: number }");
}

#[test]
fn keys_that_change_from_result_to_result_are_data() {
    let names = [["anna", "bert"], ["cleo", "dora"], ["emil", "finn"]];
    let results: Vec<Value> = names
        .iter()
        .map(|[a, b]| json!({(*a): 1, (*b): 2}))
        .collect();
    check(&results, "{ [key: string]: number }");
    assert!(
        !serde_json::to_string(&learned(&results))
            .unwrap()
            .contains("anna")
    );
}

#[test]
fn properties_stay_properties() {
    for key in [
        "sha256",
        "ipv4",
        "line1",
        "node_id",
        "@type",
        "$ref",
        "x-rate-limit",
        "nextCursor",
    ] {
        assert!(keys::is_name(key), "{key}");
    }
}

#[test]
fn a_shape_is_kept_without_values() {
    let secret = json!({"token": "s3cr3t-value", "n": 424_242, "list": ["inner-value"]});
    let kept = serde_json::to_string(&learned(&[secret])).unwrap();
    for value in ["s3cr3t", "424242", "inner-value"] {
        assert!(!kept.contains(value), "{kept}");
    }
    let back: Observed = serde_json::from_str(&kept).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), kept);
}

#[test]
fn what_two_hosts_saw_is_what_one_would_have_seen() {
    let [a, b] = [
        json!({"id": 1, "tags": ["x"]}),
        json!({"id": "one", "tags": [2], "more": {"deep": null}}),
    ];
    let mut merged = learned(std::slice::from_ref(&a));
    merged.merge(&learned(std::slice::from_ref(&b)));
    assert_eq!(merged, learned(&[a, b]));
}

#[test]
fn shapes_are_bounded() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({"a": deep});
    }
    let kept = serde_json::to_string(&learned(&[deep])).unwrap();
    assert!(kept.len() < 1_000, "{}", kept.len());
    let wide = |inner: Value| -> Value {
        let keys = (0..40u8).map(|n| format!("key{}{}", char::from(b'a' + n / 10), n % 10));
        keys.map(|key| (key, inner.clone())).collect()
    };
    let kept = serde_json::to_string(&learned(&[wide(wide(wide(json!(1))))])).unwrap();
    assert!(kept.len() < 100_000, "{}", kept.len());
    assert!(kept.contains("keyd9"));
    let shape = learned(&[json!(vec![json!({"a": 1}); 1_000])]);
    assert!(matches!(shape.model().root, Type::Array(_)));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec(("[a-f]{1,2}|.{0,4}", inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_results_have_a_shape(results in prop::collection::vec(any_json(), 0..6)) {
        let observed = learned(&results);
        prop_assert_eq!(observed.results(), results.len() as u64);
        let text = crate::typescript::type_text(&observed.model()).unwrap_or_default();
        prop_assert!(text.len() <= DECLARATION_BYTES_MAX);
    }
}
