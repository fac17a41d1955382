use serde_json::json;

use super::prepare::{PATTERNS_MAX, SUBSCHEMAS_MAX};
use super::*;

fn checks(schema: Value) -> Result<Checks, String> {
    Checks::new(schema.as_object().unwrap())
}

fn check(schema: Value, value: Value) -> Result<(), Mismatch> {
    checks(schema).unwrap().check(&value)
}

#[test]
fn mistakes_say_where_and_what() {
    let schema = json!({
        "type": "object",
        "properties": {"path": {"type": "string"}, "depth": {"type": "integer", "minimum": 0}},
        "required": ["path"],
        "additionalProperties": false
    });
    assert_eq!(
        check(schema.clone(), json!({"path": "a", "depth": 1})),
        Ok(())
    );
    let told = |value| match check(schema.clone(), value).unwrap_err() {
        Mismatch::Mistakes(told) => told,
        Mismatch::TooCostly => panic!("too costly"),
    };
    insta::assert_snapshot!(told(json!({"depth": -1})));
    insta::assert_snapshot!(told(json!({"path": 1, "dept": 1})));
    let long = told(json!({"path": "a", "depth": "x".repeat(10_000)}));
    assert!(
        long.chars().count() < MISTAKE_CHARS_MAX + 50,
        "{}",
        long.len()
    );
}

#[test]
fn the_drafts_differ() {
    let tuple = |schema: &str| json!({"$schema": schema, "properties": {"t": {"items": [{"type": "string"}], "additionalItems": false}}});
    let value = json!({"t": ["a", 1]});
    assert!(
        check(
            tuple("http://json-schema.org/draft-07/schema#"),
            value.clone()
        )
        .is_err()
    );
    let tuple = json!({"properties": {"t": {"prefixItems": [{"type": "string"}], "items": false}}});
    assert!(check(tuple, value).is_err());
}

#[test]
fn references_within_the_schema_work() {
    let tree = json!({
        "$defs": {"node": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["children"]}},
        "$ref": "#/$defs/node"
    });
    let leaf = json!({"children": []});
    assert_eq!(
        check(
            tree.clone(),
            json!({"children": [leaf, {"children": [leaf]}]})
        ),
        Ok(())
    );
    assert!(check(tree, json!({"children": [{"children": [{}]}]})).is_err());
    let elsewhere = json!({"x-types": {"a~/b": {"type": "string"}}, "properties": {"a": {"$ref": "#/x-types/a~0~1b"}}});
    assert!(check(elsewhere, json!({"a": 1})).is_err());
}

#[test]
fn references_out_of_the_schema_are_refused_and_never_fetched() {
    for target in [
        "http://127.0.0.1:9/schema.json",
        "file:///etc/passwd",
        "other.json#/a",
        "#anchor",
        "https://json-schema.org/draft/2020-12/schema",
        "#/%24defs/a",
    ] {
        let error = checks(json!({"properties": {"a": {"$ref": target}}})).unwrap_err();
        assert!(error.contains("only references within"), "{error}");
    }
    assert!(checks(json!({"$ref": "#/$defs/missing"})).is_err());
    assert!(checks(json!({"$ref": 1})).is_err());
    // What is data is no reference.
    assert!(checks(json!({"properties": {"a": {"const": {"$ref": "http://x/"}}, "$ref": {"type": "string"}}})).is_ok());
}

#[test]
fn loops_end() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}),
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"$ref": "#/definitions/a"}}, "properties": {"a": {"$ref": "#/definitions/a"}}}),
        json!({"not": {"not": {"$ref": "#"}}}),
    ] {
        // Whether such a schema is refused or fits everything is the validator's to say; that it says so is what counts.
        if let Ok(checks) = checks(schema) {
            drop(checks.check(&json!({"a": {"a": 1}})));
        }
    }
}

#[test]
fn references_that_double_are_refused() {
    let mut definitions = Map::new();
    for n in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
        definitions.insert(format!("d{n}"), json!({"allOf": [next, next]}));
    }
    definitions.insert("d40".to_owned(), json!({"type": "object"}));
    let error = checks(json!({"$defs": definitions, "$ref": "#/$defs/d0"})).unwrap_err();
    assert!(
        error.contains("when its references are followed"),
        "{error}"
    );
}

#[test]
fn recursion_that_doubles_at_each_level_of_the_value_ends() {
    let schema = |both: &str| json!({"type": "object", "properties": {"a": {both: [{"$ref": "#"}, {"$ref": "#"}]}}});
    let deep = |levels: usize, leaf: Value| (0..levels).fold(leaf, |inner, _| json!({"a": inner}));
    assert_eq!(check(schema("allOf"), deep(60, json!({}))), Ok(()));
    for both in ["allOf", "anyOf", "oneOf"] {
        assert!(check(schema(both), deep(60, json!(1))).is_err(), "{both}");
    }
}

#[test]
fn patterns_do_not_run_away() {
    let text = "a".repeat(50_000) + "!";
    for pattern in ["^(a+)+$", "^(a|a)*$", "(?=a)^(a+)+$", r"^(a+)\1$"] {
        let began = std::time::Instant::now();
        let result = check(
            json!({"properties": {"t": {"pattern": pattern}}}),
            json!({"t": text}),
        );
        assert!(result.is_err(), "{pattern}");
        // Nothing that is exponential comes near.
        assert!(began.elapsed().as_secs() < 20, "{pattern}");
    }
    assert!(checks(json!({"pattern": "(((a{1000}){1000}){1000}){1000}"})).is_err());
    let many = |count: usize| {
        let patterns: Map<_, _> = (0..count).map(|n| (format!("^a{n}$"), json!({}))).collect();
        json!({"patternProperties": patterns})
    };
    assert!(checks(many(PATTERNS_MAX)).is_ok());
    assert!(checks(many(PATTERNS_MAX + 1)).is_err());
}

#[test]
fn large_lists_times_large_values_are_counted() {
    let choices: Vec<_> = (0..10_000).collect();
    let schema = json!({"properties": {"list": {"items": {"enum": choices}}}});
    let list = |length: usize| json!({"list": vec![9_999; length]});
    assert_eq!(check(schema.clone(), list(100)), Ok(()));
    assert_eq!(check(schema, list(100_000)), Err(Mismatch::TooCostly));
}

#[test]
fn the_number_of_parts_is_bounded() {
    let many = |count: usize| {
        let properties: Map<_, _> = (0..count).map(|n| (format!("p{n}"), json!({}))).collect();
        json!({"properties": properties})
    };
    assert!(checks(many(SUBSCHEMAS_MAX - 1)).is_ok());
    assert!(checks(many(SUBSCHEMAS_MAX)).is_err());
}

#[test]
fn deep_values_and_deep_schemas_do_not_overflow_the_stack() {
    let deep = (0..100).fold(
        json!({"type": "string"}),
        |inner, _| json!({"properties": {"a": inner}}),
    );
    let value = (0..100).fold(json!(1), |inner, _| json!({"a": inner}));
    assert!(check(deep, value).is_err());
    let deeper = (0..2_000).fold(json!({}), |inner, _| json!({"not": inner}));
    assert!(checks(deeper).unwrap_err().contains("deep in each other"));
}
