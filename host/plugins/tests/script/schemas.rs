//! Schemas from types: as they are told, and what they accept.

use std::fmt::Write;

use serde_json::{Value, json};
use vesicle_plugins::script::Script;

fn read(name: &str, source: &str) -> Script {
    Script::read(name, source).unwrap_or_else(|error| panic!("{error}"))
}

/// All that a script is told as.
fn told(script: &Script) -> String {
    let mut text = String::new();
    for tool in script.tools() {
        for schema in [Some(&tool.input_schema), tool.output_schema.as_ref()]
            .into_iter()
            .flatten()
        {
            jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{error}: {schema}"));
            jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{error}: {schema}"));
        }
        write!(
            text,
            "{}\n{}\n{}\ninput {:#}\noutput {:#}\n\n",
            tool.name,
            tool.signature,
            tool.description,
            tool.input_schema,
            tool.output_schema.as_ref().unwrap_or(&json!("none"))
        )
        .unwrap();
    }
    for note in script.notes() {
        write!(text, "{}\n{}\n\n", note.message, note.location.excerpt).unwrap();
    }
    text
}

#[test]
fn a_plugin_as_people_write_it() {
    let script = read("slugify.ts", include_str!("fixtures/slugify.ts"));
    insta::assert_snapshot!(told(&script));
}

#[test]
fn types() {
    let script = read("types.ts", include_str!("fixtures/types.ts"));
    insta::assert_snapshot!(told(&script));
}

#[test]
fn comments_in_javascript() {
    let script = read("jsdoc.js", include_str!("fixtures/jsdoc.js"));
    insta::assert_snapshot!(told(&script));
}

/// Whether the one parameter's type accepts a value.
fn accepts(ty: &str, value: &Value) -> bool {
    let source = format!(
        "interface Tree {{ name: string; children: Tree[] }}
        enum Color {{ Red, Blue = 'blue' }}
        type Box<T> = {{ value: T }};
        export function f(first: {ty}, second?: {ty}) {{}}"
    );
    let script = read("accepts.ts", &source);
    assert!(script.notes().is_empty(), "{ty}: {:?}", script.notes());
    let validator = jsonschema::validator_for(&script.tools()[0].input_schema).unwrap();
    validator.is_valid(&json!({ "first": value }))
}

#[test]
fn schemas_accept_what_types_do() {
    let cases = [
        ("string", json!("a"), json!(1)),
        ("number | null", json!(null), json!("1")),
        ("'a' | 'b'", json!("b"), json!("c")),
        ("'a' | 1 | null", json!(null), json!(2)),
        ("true | string", json!(true), json!(false)),
        ("string[]", json!(["a"]), json!([1])),
        ("[string, number?]", json!(["a"]), json!([])),
        ("[string, number?]", json!(["a", 1]), json!(["a", 1, 2])),
        (
            "[string, ...number[]]",
            json!(["a", 1, 2]),
            json!(["a", "b"]),
        ),
        ("[]", json!([]), json!([1])),
        ("{ a?: string }", json!({}), json!({ "b": 1 })),
        ("{ a: string }", json!({ "a": "" }), json!({})),
        ("{ a: string | undefined }", json!({}), json!({ "a": 1 })),
        (
            "Record<string, number>",
            json!({ "x": 1 }),
            json!({ "x": "1" }),
        ),
        (
            "Record<'a' | 'b', number>",
            json!({ "a": 1, "b": 2 }),
            json!({ "a": 1 }),
        ),
        (
            "Record<Color, number>",
            json!({ "0": 1, "blue": 2 }),
            json!({ "blue": 2 }),
        ),
        ("Partial<{ a: string }>", json!({}), json!({ "a": 1 })),
        (
            "Pick<Tree, 'name'>",
            json!({ "name": "" }),
            json!({ "name": "", "children": [] }),
        ),
        (
            "Omit<Tree, 'name'>",
            json!({ "children": [] }),
            json!({ "name": "" }),
        ),
        (
            "Tree",
            json!({ "name": "", "children": [{ "name": "", "children": [] }] }),
            json!({ "name": "", "children": [{ "name": "" }] }),
        ),
        ("Color", json!("blue"), json!(1)),
        ("Color.Red", json!(0), json!("blue")),
        (
            "Box<Box<string>>",
            json!({ "value": { "value": "a" } }),
            json!({ "value": "a" }),
        ),
        (
            "Box<string> | Box<number>",
            json!({ "value": 1 }),
            json!({ "value": true }),
        ),
        (
            "{ a: 1 } & { b: 2 }",
            json!({ "a": 1, "b": 2 }),
            json!({ "a": 1 }),
        ),
        ("keyof Tree", json!("name"), json!("size")),
        ("readonly string[]", json!([]), json!({})),
        ("`a${string}`", json!("ab"), json!(1)),
    ];
    for (ty, fits, does_not) in cases {
        assert!(accepts(ty, &fits), "{ty} takes {fits}");
        assert!(!accepts(ty, &does_not), "{ty} does not take {does_not}");
    }
}

#[test]
fn arguments_are_those_of_the_function() {
    let source = "export const f = (a: string, b = 3, c?: boolean) => a;";
    let script = read("f.ts", source);
    let validator = jsonschema::validator_for(&script.tools()[0].input_schema).unwrap();
    for (given, fits) in [
        (json!({ "a": "" }), true),
        (json!({ "a": "", "b": 1, "c": true }), true),
        (json!({ "b": 1 }), false),
        (json!({ "a": "", "b": "1" }), false),
        (json!({ "a": "", "d": 1 }), false),
    ] {
        assert_eq!(validator.is_valid(&given), fits, "{given}");
    }
}

/// A result may have more than its type says, as in TypeScript.
#[test]
fn results_may_have_more() {
    let source = "export const f = async (): Promise<{ a: string } | undefined> => ({ a: '' });";
    let script = read("f.ts", source);
    let schema = script.tools()[0].output_schema.as_ref().unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    assert!(validator.is_valid(&json!({ "a": "", "b": 1 })));
    assert!(validator.is_valid(&json!(null)));
    assert!(!validator.is_valid(&json!({})));
}

#[test]
fn types_of_nothing_but_themselves_end() {
    for source in [
        "type A = A; export function f(a: A, b: A) {}",
        "type A = B; type B = A; export function f(a: A, b: B) {}",
        "type A = A | string; export function f(a: A, b: A) {}",
        "interface A extends A { a: string } export function f(a: A, b: A) {}",
        "type A = A & { b: string }; export function f(a: A, b: A) {}",
        "type A<T> = { a: A<T[]> }; export function f(a: A<string>, b: A<1>) {}",
        "type A = keyof A; export function f(a: A, b: A) {}",
        "type A = Pick<A, keyof A>; export function f(a: A) {}",
        "export function f<T extends T>(a: T) {}",
    ] {
        let script = read("circle.ts", source);
        assert!(!script.notes().is_empty(), "{source}");
        let schema = &script.tools()[0].input_schema;
        let validator = jsonschema::validator_for(schema).unwrap();
        let _ = validator.is_valid(&json!({ "a": { "a": {}, "b": 1 }, "b": 1 }));
    }
}
