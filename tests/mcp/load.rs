//! Many calls, through the client of the SDK that the server is made with.

use anyhow::Result;
use rmcp::{
    RoleClient, ServiceExt as _,
    model::{CallToolRequestParams, object},
    service::RunningService,
    transport::TokioChildProcess,
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{VESICLE, cache_dir, unconfigured};

async fn connect() -> Result<RunningService<RoleClient, ()>> {
    let mut server = Command::new(VESICLE);
    unconfigured(server.as_std_mut());
    server.arg("serve").arg("--cache-dir").arg(cache_dir());
    Ok(().serve(TokioChildProcess::new(server)?).await?)
}

fn square(of: u64) -> CallToolRequestParams {
    let arguments = json!({"code": "return input ** 2", "context": {"input": of}});
    CallToolRequestParams::new("execute_agent_code").with_arguments(object(arguments))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_in_a_row() -> Result<()> {
    let client = connect().await?;
    for i in 0..10_000 {
        let result = client.call_tool(square(i)).await?;
        let output = result
            .structured_content
            .map(|outcome| outcome["output"].clone());
        assert_eq!(output, Some(Value::from(i * i)));
    }
    client.cancel().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_parallel_calls_than_there_are_slots() -> Result<()> {
    let client = connect().await?;
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..2_000 {
        let peer = client.peer().clone();
        calls.spawn(async move { (i, peer.call_tool(square(i)).await) });
    }
    while let Some(done) = calls.join_next().await {
        let (i, result) = done?;
        let output = result?
            .structured_content
            .map(|outcome| outcome["output"].clone());
        assert_eq!(output, Some(Value::from(i * i)));
    }
    client.cancel().await?;
    Ok(())
}
