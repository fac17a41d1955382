use rmcp::model::{Tool, object};
use serde_json::{Value, json};

use super::{limits::SIGNATURE_BYTES_MAX, *};

fn tool(definition: Value) -> Tool {
    serde_json::from_value(definition).unwrap()
}

fn create_issue() -> Tool {
    tool(json!({
        "name": "create_issue",
        "description": "Create an issue.\nIn a repository.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "owner": {"type": "string", "description": "Who owns it"},
                "labels": {"type": "array", "items": {"type": "string"}, "description": "Labels"},
                "page": {"type": "integer", "minimum": 1, "default": 1},
                "milestone": {"type": ["string", "null"], "deprecated": true, "description": "Ends */ here?"},
                "parent": {"$ref": "#/$defs/issue"},
            },
            "required": ["owner"],
            "$defs": {"issue": {"type": "object", "description": "An issue", "properties": {"number": {"type": "number"}, "parent": {"$ref": "#/$defs/issue"}}}},
        },
    }))
}

#[test]
fn a_line_to_choose_by() {
    let tool = create_issue();
    insta::assert_snapshot!(Typed::new("github", &tool, None).signature());
}

#[test]
fn a_declaration_to_call_by() {
    let tool = create_issue();
    insta::assert_snapshot!(Typed::new("github", &tool, None).declaration());
}

#[test]
fn a_file_to_look_up_in() {
    let mut tool = create_issue();
    tool.output_schema = Some(object(json!({"type": "object", "properties": {"issue": {"$ref": "#/$defs/issue"}}, "required": ["issue"], "$defs": {"issue": {"type": "object", "properties": {"id": {"type": "integer"}}}}})).into());
    insta::assert_snapshot!(Typed::new("my-server", &tool, None).module("create_issue"));
}

#[test]
fn results_that_were_seen_stand_in_for_declared_ones() {
    let tool = tool(
        json!({"name": "get.me", "description": "Who I am", "inputSchema": {"type": "object", "properties": {}}}),
    );
    let mut observed = Observed::default();
    observed.learn(&json!({"login": "octocat", "id": 1}));
    insta::assert_snapshot!(Typed::new("github", &tool, Some(&observed)).declaration());
    assert_eq!(
        Typed::new("github", &tool, Some(&observed)).signature(),
        r#"tools.github["get.me"](): Promise<{ id: number; login: string }>"#
    );
}

#[test]
fn lines_stay_short() {
    let properties: serde_json::Map<String, Value> = (0..10_000)
        .map(|n| (format!("property{n}"), json!({"type": "string"})))
        .collect();
    let mut huge = tool(
        json!({"name": "t", "inputSchema": {"type": "object", "properties": properties, "required": ["property1"]}}),
    );
    assert_eq!(
        Typed::new("s", &huge, None).signature(),
        "tools.s.t(args: { property1: string /* 9999 more */ }): Promise<unknown>"
    );
    huge.input_schema = object(json!({"type": "object", "properties": properties, "required": (0..200).map(|n| format!("property{n}")).collect::<Vec<_>>()})).into();
    let line = Typed::new("s", &huge, None).signature();
    assert_eq!(line, "tools.s.t(args: object): Promise<unknown>");
    assert!(line.len() < SIGNATURE_BYTES_MAX);
}

#[test]
fn literals_are_quoted() {
    assert_eq!(
        quoted("a\"b\n\u{2028}\u{7f}\u{202e}"),
        r#""a\"b\n\u2028\u{7f}\u{202e}""#
    );
}
