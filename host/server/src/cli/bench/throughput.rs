//! How many executions a second, with a task for every core.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use vesicle_sandbox::{Execution, Sandbox};

use super::{
    Effort,
    programs::{ONE_PLUS_ONE, output_of},
    report::Row,
};

/// Runs the smallest program for some seconds.
pub async fn measure(sandbox: &Sandbox, effort: Effort) -> anyhow::Result<Row> {
    let tasks = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let began = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        running.spawn(repeat(sandbox.clone(), effort.throughput_time));
    }
    let mut executions = 0_u64;
    while let Some(done) = running.join_next().await {
        executions += done??;
    }
    let rate = executions as f64 / began.elapsed().as_secs_f64();
    let label = format!("executions a second, {tasks} at a time");
    Ok(Row::per_second("throughput", label, rate))
}

async fn repeat(sandbox: Sandbox, time: Duration) -> anyhow::Result<u64> {
    let execution = Execution {
        code: ONE_PLUS_ONE.to_owned(),
        ..Execution::default()
    };
    let end = Instant::now() + time;
    let mut executions = 0;
    while Instant::now() < end {
        output_of(&sandbox.execute(execution.clone()).await?)?;
        executions += 1;
    }
    Ok(executions)
}
