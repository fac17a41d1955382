use serde_json::json;

use super::*;

fn tool(definition: Value) -> Tool {
    serde_json::from_value(definition).unwrap()
}

#[test]
fn names_never_collide() {
    let mut used = BTreeSet::new();
    let names = ["a", "a", "a_2", "a"].map(|name| unused(name, &mut used));
    assert_eq!(names, ["a", "a_2", "a_2_2", "a_3"]);
}

#[test]
fn hostile_texts_stay_texts() {
    let hostile = tool(json!({
        "name": "x\"); evil(); (\"", "description": "*/ } #![evil]\n\"\\ \u{2028} /*",
        "inputSchema": {"type": "object", "properties": {"type": {"type": "string", "description": "*/ \"#"}, "": {"type": "string"}, "a-b": {}, "a_b": {}, "🙂": {}}},
    }));
    let text = module("s\n#![evil]", [(&hostile, None)]);
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(
        text.contains(r#"invoke("s\n#![evil].x\"); evil(); (\"", args)"#),
        "{text}"
    );
}

#[test]
fn every_real_tool_has_a_function() {
    let data: Value =
        serde_json::from_str(include_str!("../../../../tests/data/github-mcp-tools.json")).unwrap();
    let tools: Vec<Tool> = serde_json::from_value(data["tools"].clone()).unwrap();
    let text = module("github", tools.iter().map(|tool| (tool, None)));
    syn::parse_file(&text).unwrap();
    assert_eq!(
        text.matches("-> Result<serde_json::Value, CallError>")
            .count(),
        tools.len()
    );
    assert_eq!(text.matches("::Arguments) ->").count(), tools.len());
}
