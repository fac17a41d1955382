use serde_json::{Value, json};

use super::{limits, read};
use crate::typescript::type_text;

/// The type of `schema` on one line, with its named types before it.
fn check(schema: &Value, expected: &str) {
    let model = read(schema);
    let text = type_text(&model).unwrap();
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(one_line, expected, "{schema}");
}

fn named(schema: &Value, expected: &[(&str, &str)]) {
    let model = read(schema);
    let told: Vec<(String, String)> = (0..model.definitions.len())
        .map(|index| {
            let definition = &model.definitions[index];
            let mut alone = model.clone();
            alone.root = definition.is.clone();
            let text = type_text(&alone).unwrap();
            (
                definition.name.clone(),
                text.split_whitespace().collect::<Vec<_>>().join(" "),
            )
        })
        .collect();
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(told, expected, "{schema}");
}

#[test]
fn scalars() {
    check(&json!({"type": "string"}), "string");
    check(&json!({"type": "integer"}), "number");
    check(&json!({"type": ["string", "null"]}), "string | null");
    check(
        &json!({"type": "string", "nullable": true}),
        "string | null",
    );
    check(&json!({"type": ["integer", "number"]}), "number");
    check(&json!({"type": "nonsense"}), "unknown");
    check(&json!({"type": []}), "unknown");
    check(&json!(true), "unknown");
    check(&json!(false), "never");
    check(&json!([1, 2]), "unknown");
    check(&json!({"not": true}), "never");
}

#[test]
fn values() {
    check(
        &json!({"enum": ["a", 1, null, true, 1.5]}),
        r#""a" | 1 | null | true | 1.5"#,
    );
    check(&json!({"const": {"a": [1, "x"]}}), r#"{ a: [1, "x"]; }"#);
    check(&json!({"type": "string", "enum": ["a", "a"]}), r#""a""#);
    check(&json!({"enum": []}), "never");
    check(
        &json!({"enum": ["a\u{2028}\u{202e}\"*/"]}),
        r#""a\u2028\u{202e}\"*/""#,
    );
    let many: Vec<String> = (0..=limits::MEMBERS_MAX).map(|n| n.to_string()).collect();
    check(&json!({"enum": many}), "string");
    let bearable = &many[1..];
    assert_eq!(
        type_text(&read(&json!({"enum": bearable})))
            .unwrap()
            .matches('|')
            .count(),
        limits::MEMBERS_MAX - 1
    );
}

#[test]
fn objects() {
    let properties = json!({"a": {"type": "string"}, "b": {"type": "number"}});
    check(
        &json!({"type": "object", "properties": properties, "required": ["a"]}),
        "{ a: string; b?: number; }",
    );
    check(
        &json!({"properties": {"a": true}, "required": ["x"]}),
        "{ a?: unknown; x: unknown; }",
    );
    check(&json!({"type": "object"}), "Record<string, unknown>");
    check(
        &json!({"type": "object", "additionalProperties": false}),
        "{ [key: string]: never }",
    );
    check(
        &json!({"additionalProperties": {"type": "string"}}),
        "{ [key: string]: string }",
    );
    check(
        &json!({"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "number"}}),
        "{ a?: string; } & { [key: string]: number }",
    );
    check(
        &json!({"patternProperties": {"^x-": {"type": "string"}, "^y-": {"type": "null"}}, "additionalProperties": false}),
        "{ [key: string]: string | null }",
    );
}

#[test]
fn lists() {
    check(&json!({"type": "array"}), "unknown[]");
    check(
        &json!({"items": {"type": ["string", "null"]}}),
        "(string | null)[]",
    );
    let two = json!([{"type": "string"}, {"type": "number"}]);
    check(
        &json!({"type": "array", "prefixItems": two, "items": false}),
        "[string, number]",
    );
    check(
        &json!({"type": "array", "items": two, "additionalItems": {"type": "null"}}),
        "[string, number, ...null[]]",
    );
    check(
        &json!({"prefixItems": two, "maxItems": 2, "minItems": 1}),
        "[string, number?]",
    );
    check(
        &json!({"prefixItems": two}),
        "[string, number, ...unknown[]]",
    );
}

#[test]
fn combinations() {
    let [a, b] = [
        json!({"properties": {"a": {"type": "string"}}, "required": ["a"]}),
        json!({"properties": {"b": {"type": "null"}}}),
    ];
    check(&json!({"allOf": [a, b]}), "{ a: string; b?: null; }");
    check(
        &json!({"anyOf": [a, {"type": "null"}]}),
        "{ a: string; } | null",
    );
    check(
        &json!({"oneOf": [{"type": "string"}, {"type": "string", "minLength": 3}]}),
        "string",
    );
    check(
        &json!({"type": "object", "properties": {"c": true}, "oneOf": [a, b]}),
        "{ c?: unknown; } & ({ a: string; } | { b?: null; })",
    );
    check(
        &json!({"type": "object", "properties": {"a": true, "b": true}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        "{ a?: unknown; b?: unknown; }",
    );
    check(
        &json!({"type": "string", "anyOf": [{"const": "x"}, {"const": "y"}]}),
        r#""x" | "y""#,
    );
    check(
        &json!({"allOf": [{"type": "number"}, {"type": "integer"}]}),
        "number",
    );
    check(&json!({"allOf": [false, {"type": "integer"}]}), "never");
}

#[test]
fn references_become_names() {
    let schema = json!({
        "properties": {"left": {"$ref": "#/$defs/tree node"}, "other": {"$ref": "#/definitions/x~1y%25"}, "gone": {"$ref": "#/nowhere"}, "far": {"$ref": "https://example.com/schema"}},
        "$defs": {"tree node": {"properties": {"next": {"$ref": "#/$defs/tree%20node"}}}},
        "definitions": {"x/y%": {"type": "string"}},
    });
    check(
        &schema,
        "{ left?: TreeNode; other?: XY; gone?: unknown; far?: unknown; }",
    );
    named(
        &schema,
        &[("TreeNode", "{ next?: TreeNode; }"), ("XY", "string")],
    );
    let whole = json!({"type": "object", "properties": {"child": {"$ref": "#"}}});
    check(&whole, "{ child?: Type; }");
    named(&whole, &[("Type", "{ child?: Type; }")]);
    let anchored = json!({"$ref": "#here", "$defs": {"a": {"$anchor": "here", "type": "null"}, "b": {"$id": "item.json", "type": "string"}}, "properties": {"b": {"$ref": "item.json"}}});
    check(&anchored, "{ b?: ItemJson; } & Here");
}

#[test]
fn names_collide_and_stay_apart() {
    let schema = json!({"anyOf": [{"$ref": "#/$defs/a-b"}, {"$ref": "#/$defs/a.b"}, {"$ref": "#/$defs/args"}], "$defs": {"a-b": {"type": "null"}, "a.b": {"type": "string"}, "args": {"type": "number"}}});
    named(
        &schema,
        &[("AB", "null"), ("AB2", "string"), ("Args_", "number")],
    );
}

#[test]
fn circles_end() {
    named(
        &json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}),
        &[("A", "unknown")],
    );
    named(
        &json!({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "string"}]}, "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}, {"$ref": "#/$defs/c"}]}, "c": {"type": "number"}}}),
        &[("A", "B | string"), ("B", "null | C"), ("C", "number")],
    );
    check(
        &json!({"allOf": [{"$ref": "#"}], "type": "string"}),
        "string & Type",
    );
}

#[test]
fn what_is_too_much_is_left_out() {
    let mut deep = json!({"type": "string"});
    for _ in 0..1_000 {
        deep = json!({"type": "array", "items": deep});
    }
    assert_eq!(
        type_text(&read(&deep)).unwrap(),
        format!("unknown{}", "[]".repeat(limits::DEPTH_MAX + 1))
    );
    // Dropped level by level: serde_json would recurse.
    while let Some(inner) = deep.get_mut("items").map(Value::take) {
        deep = inner;
    }

    let properties: serde_json::Map<String, Value> = (0..10_000)
        .map(|n| (format!("p{n}"), json!({"type": "string"})))
        .collect();
    let text = type_text(&read(&json!({"properties": properties}))).unwrap();
    assert_eq!(text.matches("?: string").count(), limits::PROPERTIES_MAX);
    assert!(text.ends_with("  // 9488 more properties are left out\n}"));

    let long = "x".repeat(limits::NAME_BYTES_MAX);
    let over = "y".repeat(limits::NAME_BYTES_MAX + 1);
    check(
        &json!({"properties": {(long.clone()): true, (over.clone()): true}}),
        &format!("{{ {long}?: unknown; // 1 more property is left out }}"),
    );
    check(&json!({"enum": [over]}), "string");
}

#[test]
fn definitions_are_bounded() {
    let all: serde_json::Map<String, Value> = (0..1_000)
        .map(|n| {
            (
                format!("d{n}"),
                json!({"$ref": format!("#/$defs/d{}", n + 1)}),
            )
        })
        .collect();
    let model = read(&json!({"$ref": "#/$defs/d0", "$defs": all}));
    assert_eq!(model.definitions.len(), limits::DEFINITIONS_MAX);
}

#[test]
fn text_is_bounded() {
    let words = "w".repeat(limits::DESCRIPTION_BYTES_MAX + 1);
    let one = json!({"description": words, "type": "string"});
    let all: serde_json::Map<String, Value> =
        (0..100).map(|n| (format!("p{n}"), one.clone())).collect();
    let model = read(&json!({"properties": all}));
    let super::Type::Object(object) = model.root else {
        panic!("an object");
    };
    let told: usize = object
        .properties
        .iter()
        .map(|property| property.notes.description.len())
        .sum();
    assert!(told <= limits::TEXT_BYTES_MAX + 100 * "…".len(), "{told}");
    assert!(object.properties[0].notes.description.ends_with("w…"));
    assert_eq!(object.properties[99].notes.description, "");
}

#[test]
fn facts_are_told() {
    let model = read(&json!({
        "type": "integer", "description": "How many", "minimum": 1, "maximum": 100, "default": 30, "deprecated": true, "title": "Count", "minLength": 0,
    }));
    assert_eq!(model.notes.description, "How many");
    assert!(model.notes.deprecated);
    let facts: Vec<String> = model
        .notes
        .facts
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    assert_eq!(facts, ["minimum 1", "maximum 100", "default 30"]);
}
