//! The 117 definitions over the wire: what a server sends is what is declared.

use std::path::Path;

use rmcp::{ServiceExt as _, model::CallToolRequestParams, transport::TokioChildProcess};
use vesicle_bridge::typescript::Typed;

use crate::tools::github;

#[tokio::test]
async fn definitions_arrive_as_they_are_in_the_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join("tests/clients/python/.venv/bin/python");
    assert!(
        python.exists(),
        "{} is not there: run tests/clients/setup.sh",
        python.display()
    );
    let mut command = tokio::process::Command::new(python);
    command
        .arg(root.join("tests/servers/replay.py"))
        .arg(root.join("tests/data/github-mcp-tools.json"));
    let client = ().serve(TokioChildProcess::new(command).unwrap()).await.unwrap();
    let served = client.list_all_tools().await.unwrap();
    let declared = |tools: &[rmcp::model::Tool]| -> Vec<String> {
        tools
            .iter()
            .map(|tool| Typed::new("github", tool, None).declaration())
            .collect()
    };
    assert_eq!(declared(&served), declared(&github()));
    let call = CallToolRequestParams::new("get_me");
    let answer = client.call_tool(call).await.unwrap();
    assert!(
        format!("{:?}", answer.content).contains("get_me"),
        "{answer:?}"
    );
    client.cancel().await.unwrap();
}
