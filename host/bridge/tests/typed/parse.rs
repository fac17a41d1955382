//! Whether what is written is TypeScript.

use std::sync::Arc;

use oxc::{allocator::Allocator, parser::Parser, span::SourceType};
use rmcp::model::Tool;
use serde_json::{Map, Value};
use vesicle_bridge::{
    generate::{Language, Server},
    rust,
    schema::limits,
    typescript::{
        Typed,
        limits::{DECLARATION_BYTES_MAX, SIGNATURE_BYTES_MAX},
    },
};

/// Fails if `text` is no TypeScript.
pub fn typescript(text: &str) {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
    assert!(
        parsed.diagnostics.is_empty() && !parsed.panicked,
        "{:?}\n{text}",
        parsed.diagnostics
    );
}

/// A tool whose arguments and result are of this schema.
pub fn tool(name: &str, schema: &Value) -> Tool {
    let schema: Arc<Map<String, Value>> = Arc::new(match schema {
        Value::Object(keywords) => keywords.clone(),
        // MCP's schemas are objects; the suite has others too.
        other => Map::from_iter([("properties".to_owned(), serde_json::json!({"it": other}))]),
    });
    Tool::new(name.to_owned(), "Does */ it.", schema.clone()).with_raw_output_schema(schema)
}

/// Writes all that is written of `tool`, parses it, and measures it.
pub fn everything(server: &str, tool: &Tool) {
    let typed = Typed::new(server, tool, None);
    let path = typed.path();
    let (signature, declaration) = (typed.signature(), typed.declaration());
    assert!(
        signature.len() <= SIGNATURE_BYTES_MAX + path.len() + 100,
        "{signature}"
    );
    assert!(!signature.contains('\n'), "{signature}");
    let described = tool
        .description
        .as_deref()
        .unwrap_or_default()
        .len()
        .min(limits::DESCRIPTION_BYTES_MAX);
    assert!(
        declaration.len() <= DECLARATION_BYTES_MAX + path.len() + 2 * described + 1_000,
        "{}",
        declaration.len()
    );
    for call in [&signature, &declaration] {
        // A call with its types is no statement; a function that has them is.
        typescript(&call.replacen(&path, "declare function call", 1));
    }
    typescript(&typed.module("call"));
    assert_eq!(
        declaration,
        Typed::new(server, &tool.clone(), None).declaration()
    );
}

/// The same for Rust.
pub fn rust(server: &str, tool: &Tool) {
    let text = rust::module(server, [(tool, None)]);
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
}

/// Generates files for these tools, and parses them all.
pub fn files(tools: &[Tool], server: &str) {
    let directory = tempfile::tempdir().unwrap();
    let server = Server {
        name: server,
        tools: tools.iter().map(|tool| (tool, None)).collect(),
    };
    let report = vesicle_bridge::generate::generate(
        &[server],
        directory.path(),
        Language::TypeScript,
        false,
    )
    .unwrap();
    for path in report.written.iter().filter(|path| path.ends_with(".ts")) {
        typescript(&std::fs::read_to_string(directory.path().join(path)).unwrap());
    }
}
