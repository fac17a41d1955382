//! The servers that the protocol's makers publish.

use serde_json::json;
use vesicle_bridge::{Definitions, ErrorCode, ServerConfig, Shape, Variables};

use crate::support::{
    PATIENCE, bridge, call, in_repository, installed, python, server, status, value,
};

/// A server from npm.
fn npm(name: &str, package: &str, arguments: &[&str]) -> ServerConfig {
    let path = installed(&format!(
        "tests/servers/node_modules/@modelcontextprotocol/{package}/dist/index.js"
    ));
    let mut all = vec![path.display().to_string()];
    all.extend(arguments.iter().map(|&argument| argument.to_owned()));
    server(name, json!({"command": "node", "args": all}))
}

#[tokio::test]
async fn everything() {
    let bridge = bridge([npm("everything", "server-everything", &["stdio"])]);
    assert_eq!(
        value(&bridge, "everything.echo", json!({"message": "hi"})).await,
        "Echo: hi"
    );
    let sum = value(&bridge, "everything.get-sum", json!({"a": 2, "b": 3})).await;
    assert!(sum.as_str().unwrap().contains('5'), "{sum}");
    let reply = call(
        &bridge,
        "everything.get-structured-content",
        json!({"location": "Chicago"}),
    )
    .await
    .unwrap();
    assert_eq!(reply.shape, Shape::Structured);
    assert!(reply.value.get().contains("humidity"));
    let wrong = call(
        &bridge,
        "everything.get-structured-content",
        json!({"location": "Paris"}),
    )
    .await
    .unwrap_err();
    assert_eq!(wrong.code, ErrorCode::InvalidInput);
    let image = call(&bridge, "everything.get-tiny-image", json!({}))
        .await
        .unwrap();
    assert_eq!(image.shape, Shape::Content);
}

#[tokio::test]
async fn from_one_server_to_another_as_in_a_newcomers_file() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let modules = installed("tests/servers/node_modules/@modelcontextprotocol");
    let text = json!({"mcpServers": {
        "files": {"command": "node", "args": [modules.join("server-filesystem/dist/index.js"), "${ROOT}"]},
        "memory": {"command": "node", "args": [modules.join("server-memory/dist/index.js")], "env": {"MEMORY_FILE_PATH": "${ROOT}/memory.json"}},
        "sdk": {"type": "stdio", "command": python(), "args": [in_repository("tests/servers/sdk.py"), "stdio"]}
    }});
    let shown = root.display().to_string();
    let variables = Variables::new(["ROOT".to_owned()], move |_| Some(shown.clone()));
    let definitions = Definitions::parse(&text.to_string(), ".mcp.json", &variables).unwrap();
    assert_eq!(
        (definitions.problems.len(), definitions.servers.len()),
        (0, 3)
    );
    let bridge = bridge(definitions.servers);
    let file = root.join("note.txt");
    std::fs::write(&file, "Paris is in France").unwrap();
    let read = value(&bridge, "files.read_text_file", json!({"path": file})).await;
    assert_eq!(read["content"], "Paris is in France");
    let entity = json!({"name": "Paris", "entityType": "city", "observations": [read["content"]]});
    value(
        &bridge,
        "memory.create_entities",
        json!({"entities": [entity]}),
    )
    .await;
    let found = value(&bridge, "memory.search_nodes", json!({"query": "France"})).await;
    assert_eq!(found["entities"][0]["name"], "Paris");
    let weather = value(&bridge, "sdk.weather", json!({"city": "Paris"})).await;
    assert_eq!(weather, json!({"city": "Paris", "celsius": 21.5}));
    // What is written is read back as it is, although reading tools are cached.
    let copy = root.join("copy.txt");
    for text in ["one", "two"] {
        call(
            &bridge,
            "files.write_file",
            json!({"path": copy, "content": text}),
        )
        .await
        .unwrap();
        let read = value(&bridge, "files.read_text_file", json!({"path": copy})).await;
        assert_eq!(read["content"], text);
    }
    let outside = call(
        &bridge,
        "files.read_text_file",
        json!({"path": "/etc/passwd"}),
    )
    .await
    .unwrap_err();
    assert_eq!(outside.code, ErrorCode::Upstream);
}

#[tokio::test]
async fn python_over_stdio() {
    let bridge = bridge([server(
        "sdk",
        json!({"command": python(), "args": [in_repository("tests/servers/sdk.py"), "stdio"]}),
    )]);
    bridge.settled(PATIENCE).await;
    let reply = call(&bridge, "sdk.add", json!({"a": 1, "b": 2}))
        .await
        .unwrap();
    assert_eq!(
        (reply.value.get(), reply.shape),
        (r#"{"result":3}"#, Shape::Structured)
    );
    let error = call(&bridge, "sdk.fail", json!({})).await.unwrap_err();
    assert!(
        error.code == ErrorCode::Upstream && error.message.contains("as asked"),
        "{error}"
    );
    assert_eq!(status(&bridge, "sdk").title.as_deref(), Some("sdk"));
}
