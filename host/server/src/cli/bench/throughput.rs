//! How many executions a second, with a task for every core.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use vesicle_sandbox::{Execution, Sandbox};

use super::{
    Effort, idle,
    programs::{ONE_PLUS_ONE, output_of},
    report::Row,
};

/// Runs the smallest program for some seconds: the rate, and what memory the process gained from
/// the first tenth of that time on, by when everything that is kept has been touched.
pub async fn measure(sandbox: &Sandbox, effort: Effort) -> anyhow::Result<Vec<Row>> {
    rate(sandbox, effort.throughput_time / 10).await?;
    let before = idle::resident_bytes();
    let rate = rate(sandbox, effort.throughput_time).await?;
    let after = idle::resident_bytes();
    let seconds = effort.throughput_time.as_secs();
    let mut rows = vec![Row::per_second(
        "throughput",
        format!("executions a second for {seconds} s, all cores"),
        rate,
    )];
    if let (Some(before), Some(after)) = (before, after) {
        let label = "memory gained in that time".to_owned();
        rows.push(Row::bytes(
            "throughput_growth",
            label,
            after.saturating_sub(before),
        ));
    }
    Ok(rows)
}

async fn rate(sandbox: &Sandbox, time: Duration) -> anyhow::Result<f64> {
    let tasks = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let began = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        running.spawn(repeat(sandbox.clone(), time));
    }
    let mut executions = 0_u64;
    while let Some(done) = running.join_next().await {
        executions += done??;
    }
    Ok(executions as f64 / began.elapsed().as_secs_f64())
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
