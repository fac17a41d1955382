//! Components that list their tools themselves, by `vesicle:plugin/tools`.

use vesicle_plugins::{CallError, Definition, Tools};
use vesicle_sandbox::{Grants, Outcome};

use crate::support::{answered, component, limits, sandbox, tools};

/// The contract, as `wit/` has it.
fn wit() -> String {
    let read = |name: &str| {
        let path = format!("{}/../../wit/{name}.wit", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path)
            .unwrap()
            .replace("package vesicle:plugin@0.1.0;", "")
    };
    format!(
        "package vesicle:plugin@0.1.0; {} {} world listed {{ export tools; }}",
        read("types"),
        read("tools")
    )
}

/// Lists `count` tools called `name`, whose schemas are `schema`. A call answers with the arguments;
/// of the tool `g`, which has another first letter, with the error `not-found` and the name.
async fn listing(name: &str, count: usize, schema: &str) -> Tools {
    let store =
        |at: usize, value: usize| format!("(i32.store (i32.const {at}) (i32.const {value}))");
    // A definition: name, description, input schema, and an output schema that is none.
    let definition = |at: usize| {
        [
            (at, 2_000),
            (at + 4, name.len()),
            (at + 8, 2_500),
            (at + 12, 5),
            (at + 16, 3_000),
            (at + 20, schema.len()),
        ]
        .map(|(at, value)| store(at, value))
        .join(" ")
    };
    let definitions: String = (0..count).map(|n| definition(4_096 + 36 * n)).collect();
    let list = format!(
        "(memory.init $name (i32.const 2000) (i32.const 0) (i32.const {})) \
         (memory.init $does (i32.const 2500) (i32.const 0) (i32.const 5)) \
         (memory.init $schema (i32.const 3000) (i32.const 0) (i32.const {})) \
         {definitions} {} {} (i32.const 64)",
        name.len(),
        schema.len(),
        store(68, 4_096),
        store(72, count),
    );
    let call = "
      (if (i32.eq (i32.load8_u (local.get 0)) (i32.const 103))
        (then (i32.store (i32.const 128) (i32.const 1)) (i32.store (i32.const 132) (i32.const 1))
          (i32.store (i32.const 136) (local.get 0)) (i32.store (i32.const 140) (local.get 1)))
        (else (i32.store (i32.const 128) (i32.const 0))
          (i32.store (i32.const 132) (local.get 2)) (i32.store (i32.const 136) (local.get 3))))
      (i32.const 128)";
    let passive = |id: &str, text: &str| {
        let bytes: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        format!(") (data ${id} \"{bytes}\"")
    };
    // The last body closes its function and leaves room for the data behind it.
    let call = format!(
        "{call} {}{}{}",
        passive("name", name),
        passive("does", "Does."),
        passive("schema", schema)
    );
    tools(&component(
        &wit(),
        &[("list-tools", &list), ("call-tool", &call)],
    ))
    .await
}

async fn list(tools: &Tools) -> Result<Vec<Definition>, String> {
    let listed = tools
        .list(sandbox().await, limits(), Grants::default(), None)
        .await
        .unwrap();
    match listed {
        Outcome::Success { output, .. } => Ok(output),
        Outcome::Error { message, .. } => Err(message),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tools_are_listed_and_called() {
    let tools = listing("find", 1, r#"{"type": "object"}"#).await;
    assert!(tools.is_dynamic() && tools.definitions().is_empty() && tools.refused().is_empty());
    let listed = list(&tools).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].name.as_str(), listed[0].description.as_str()),
        ("find", "Does.")
    );
    assert_eq!(
        listed[0].input_schema,
        serde_json::json!({ "type": "object" })
    );
    assert_eq!(
        answered(&tools, "find", r#"{"a": [1]}"#).await,
        r#"{"a": [1]}"#
    );
    assert_eq!(
        answered(&tools, "gone", "{}").await,
        r#"failure {"not_found":"gone"}"#
    );
}

#[tokio::test]
async fn what_is_listed_is_checked() {
    let mut said = String::new();
    let long = "n".repeat(65);
    for (name, count, schema) in [
        ("", 1, "{}"),
        ("a.b", 1, "{}"),
        (&long, 1, "{}"),
        ("twice", 2, "{}"),
        ("find", 1, "no JSON"),
        ("find", 1, "[]"),
    ] {
        said += &list(&listing(name, count, schema).await).await.unwrap_err();
        said.push('\n');
    }
    insta::assert_snapshot!(said);
    assert!(list(&listing(&"n".repeat(64), 1, "{}").await).await.is_ok());
}

#[tokio::test]
async fn a_component_with_another_interface_of_that_name_is_none() {
    let wit = "package vesicle:plugin@0.1.0;
        interface tools { list-tools: func() -> list<string>; call-tool: func(n: u32) -> u32; }
        world other { export tools; }";
    let tools = tools(&component(wit, &[])).await;
    assert!(!tools.is_dynamic());
    insta::assert_snapshot!(tools.refused()[0].why, @"is not what vesicle:plugin/tools@0.1.0 has it to be");
}

#[tokio::test]
async fn a_component_with_functions_alone_lists_nothing() {
    let wasm = component("package test:a; world a { export f: func(); }", &[]);
    let listed = tools(&wasm)
        .await
        .list(sandbox().await, limits(), Grants::default(), None)
        .await;
    assert!(matches!(listed, Err(CallError::ListsNone)));
}
