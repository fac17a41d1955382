//! Names and texts that somebody chose to do harm with.

use serde_json::{Map, Value, json};

use crate::parse;

const NAMES: [&str; 22] = [
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "*/",
    "*/ evil(); /*",
    "a\nb",
    "a\r\nb",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}abc",
    "🙂",
    "\0",
    "'",
    "\"",
    "`${evil()}`",
    "\\",
    "</script>",
    "class",
    "new",
    "",
    "get x() {}",
];

#[test]
fn names_of_properties() {
    let properties: Map<String, Value> = NAMES.iter().map(|name| ((*name).to_owned(), json!({"type": "string", "description": name, "default": name, "pattern": name, "enum": NAMES}))).collect();
    let schema = json!({"type": "object", "properties": properties, "required": NAMES, "patternProperties": {"*/ evil": {"type": "null"}}});
    let tool = parse::tool("it", &schema);
    parse::everything("s", &tool);
    parse::rust("s", &tool);
}

#[test]
fn names_of_tools_servers_and_definitions() {
    let definitions: Map<String, Value> = NAMES.iter().map(|name| ((*name).to_owned(), json!({"type": "object", "properties": {"next": {"$ref": format!("#/$defs/{name}")}}}))).collect();
    let references: Map<String, Value> = NAMES
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                json!({"$ref": format!("#/$defs/{name}")}),
            )
        })
        .collect();
    let schema = json!({"properties": references, "$defs": definitions});
    let tools: Vec<_> = NAMES
        .iter()
        .map(|name| parse::tool(name, &schema))
        .collect();
    for (server, tool) in NAMES.iter().zip(&tools) {
        parse::everything(server, tool);
        parse::rust(server, tool);
    }
    parse::files(&tools, "*/ evil");
}

#[test]
fn ten_thousand_properties_nested_and_described() {
    let words = "long ".repeat(20);
    let inner: Map<String, Value> = (0..10_000)
        .map(|n| {
            (
                format!("inner{n}"),
                json!({"type": "integer", "description": words}),
            )
        })
        .collect();
    let properties: Map<String, Value> = (0..10)
        .map(|n| {
            (
                format!("outer{n}"),
                json!({"type": "object", "properties": inner}),
            )
        })
        .collect();
    let tool = parse::tool("it", &json!({"type": "object", "properties": properties}));
    parse::everything("s", &tool);
}

#[test]
fn references_that_multiply() {
    // Each level refers to the next twice: written out, it would have 2^60 leaves.
    let levels: Map<String, Value> = (0..60)
        .map(|n| {
            let next = json!({"$ref": format!("#/$defs/l{}", n + 1)});
            (format!("l{n}"), json!({"type": "object", "properties": {"a": next, "b": {"anyOf": [next, {"allOf": [next]}]}}}))
        })
        .collect();
    let tool = parse::tool("it", &json!({"$ref": "#/$defs/l0", "$defs": levels}));
    parse::everything("s", &tool);
    parse::rust("s", &tool);
}
