//! The same over MCP: a client of our own, a server process, pipes between them.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use rmcp::{
    RoleClient, ServiceExt as _,
    model::{CallToolRequestParams, object},
    service::RunningService,
    transport::TokioChildProcess,
};
use serde_json::json;
use tokio::process::Command;

use super::{Effort, measure::Samples, programs::ONE_PLUS_ONE, report::Row};

type Client = RunningService<RoleClient, ()>;

/// From the start of a process to its first answer, and a call from client to client.
pub async fn measure(cache: &Path, effort: Effort) -> anyhow::Result<Vec<Row>> {
    let mut initialized = Vec::new();
    let mut initialized_cold = Vec::new();
    for _ in 0..effort.times(20) {
        initialized.push(time_to_initialize(cache).await?);
        let empty = tempfile::tempdir()?;
        initialized_cold.push(time_to_initialize(empty.path()).await?);
    }
    let client = connect(cache).await?;
    let call = async || call(&client).await;
    Samples::of(effort.times(200), call).await?;
    let calls = Samples::of(effort.times(4_000), call).await?;
    client.cancel().await?;
    Ok(vec![
        Row::times(
            "mcp_initialize",
            "MCP: process start to initialized",
            &Samples::new(initialized),
        ),
        Row::times(
            "mcp_initialize_cold",
            "the same, nothing compiled yet",
            &Samples::new(initialized_cold),
        ),
        Row::times("mcp_call", "MCP: return 1 + 1, client to client", &calls),
    ])
}

async fn time_to_initialize(cache: &Path) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let client = connect(cache).await?;
    let time = began.elapsed();
    client.cancel().await?;
    Ok(time)
}

async fn connect(cache: &Path) -> anyhow::Result<Client> {
    let program = std::env::current_exe().context("cannot find vesicle's own program file")?;
    let mut server = Command::new(program);
    // The user's configuration may narrow what is measured. The audit log is part of a call's cost,
    // and none of the user's business here.
    server
        .args(["serve", "--config", "/dev/null", "--cache-dir"])
        .arg(cache)
        .arg("--data-dir")
        .arg(cache.join("data"));
    let transport = TokioChildProcess::new(server).context("cannot start `vesicle serve`")?;
    ().serve(transport)
        .await
        .context("`vesicle serve` does not answer")
}

async fn call(client: &Client) -> anyhow::Result<()> {
    let arguments = object(json!({"code": ONE_PLUS_ONE}));
    let result = client
        .call_tool(CallToolRequestParams::new("execute_agent_code").with_arguments(arguments))
        .await?;
    ensure!(
        result.is_error == Some(false),
        "the call failed: {result:?}"
    );
    Ok(())
}
