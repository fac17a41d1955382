//! Schemas made at random: of keywords with values that make sense, and of any JSON.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::parse;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}|[*/\"'`\\\\\n\u{2028}\u{202e}]{0,6}".prop_map(Value::from),
        prop::sample::select(vec![
            "string",
            "object",
            "array",
            "null",
            "number",
            "#",
            "#/$defs/a",
            "#/properties/b",
            "#a"
        ])
        .prop_map(Value::from),
    ]
}

fn keyword() -> impl Strategy<Value = String> {
    let known = vec![
        "type",
        "properties",
        "required",
        "items",
        "prefixItems",
        "additionalItems",
        "additionalProperties",
        "patternProperties",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "$ref",
        "$defs",
        "definitions",
        "$id",
        "$anchor",
        "$dynamicRef",
        "description",
        "default",
        "format",
        "nullable",
        "minItems",
        "maxItems",
        "minimum",
        "deprecated",
        "a",
        "b",
    ];
    prop_oneof![9 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

fn schema() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 80, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            4 => prop::collection::vec((keyword(), inner), 0..6).prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_json_is_declared(schema in schema()) {
        parse::everything("s", &parse::tool("it", &schema));
    }

    #[test]
    fn any_names_are_declared(server in "\\PC{0,12}", name in "\\PC{0,12}|[*/\"'`\\\\\n\r]{0,6}", key in "\\PC{0,12}") {
        // oxc 0.146 panics on such names of exports, wherever they come from.
        prop_assume!(!server.contains("\\u") && !name.contains("\\u"));
        let tool = parse::tool(&name, &json!({"type": "object", "properties": {(key.clone()): {"description": key}}}));
        parse::everything(&server, &tool);
        parse::rust(&server, &tool);
        parse::files(&[tool], &server);
    }
}
