//! What others notice of guests that spin.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::task::{JoinHandle, JoinSet};
use vesicle_sandbox::{Config, Execution, Limits, Outcome, Sandbox};

use super::{
    Effort,
    measure::Samples,
    programs::{ONE_PLUS_ONE, output_of},
    report::Row,
};

const SPINNERS: usize = 16;
/// Endless, and not of the kind that the source check refuses.
const SPIN: &str = "let on = true; while (on) {}";
/// Until all of them are past their first milliseconds, in which nobody has to take turns.
const SETTLING: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_millis(100);
/// So that the measurements meet the spinners in different states.
const BETWEEN: Duration = Duration::from_millis(3);
/// Longer than the measurements take.
const SPINNING_TIME: Duration = Duration::from_secs(600);

/// With guests that spin on all cores: the smallest program of another tenant, by how much a
/// timeout of 100 ms is late, and how long a place is taken after its guest was dropped.
pub async fn measure(config: &Config, effort: Effort) -> anyhow::Result<Vec<Row>> {
    let sandbox = Sandbox::new(Config {
        session_concurrency_max: Some(1),
        ..config.clone()
    })
    .await?;
    let mut spinning = JoinSet::new();
    for _ in 0..SPINNERS {
        let (sandbox, execution) = (sandbox.clone(), spinner(SPINNING_TIME));
        spinning.spawn(async move { sandbox.execute(execution).await });
    }
    tokio::time::sleep(SETTLING).await;
    let others = others(&sandbox, effort).await?;
    let overshoot = overshoot(&sandbox, effort).await?;
    let cancellation = cancellation(&sandbox, effort).await?;
    if let Some(ended) = spinning.try_join_next() {
        bail!("a guest that was to spin ended: {ended:?}");
    }
    spinning.shutdown().await;
    Ok(vec![
        Row::times(
            "fairness_one_plus_one",
            format!("return 1 + 1, beside {SPINNERS} guests that spin"),
            &others,
        ),
        Row::times(
            "fairness_timeout_overshoot",
            format!("a timeout of 100 ms is late by, beside {SPINNERS}"),
            &overshoot,
        ),
        Row::times(
            "fairness_cancellation",
            format!("a cancelled guest's place is free after, beside {SPINNERS}"),
            &cancellation,
        ),
    ])
}

/// A whole processor, or guests would rest and leave room.
fn spinner(wall_time: Duration) -> Execution {
    Execution {
        code: SPIN.to_owned(),
        limits: Limits {
            wall_time,
            cpu_percent: 100,
            ..Limits::default()
        },
        ..Execution::default()
    }
}

fn one_plus_one() -> Execution {
    Execution {
        code: ONE_PLUS_ONE.to_owned(),
        ..Execution::default()
    }
}

/// As the server starts it: a task from outside of the runtime's own threads.
fn start(
    sandbox: &Sandbox,
    execution: Execution,
) -> JoinHandle<Result<Outcome, vesicle_sandbox::ExecuteError>> {
    let sandbox = sandbox.clone();
    tokio::spawn(async move { sandbox.execute(execution).await })
}

async fn others(sandbox: &Sandbox, effort: Effort) -> anyhow::Result<Samples> {
    let mut times = Vec::new();
    for _ in 0..effort.times(2_000) {
        let began = Instant::now();
        let outcome = start(sandbox, one_plus_one()).await??;
        times.push(began.elapsed());
        output_of(&outcome)?;
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(Samples::new(times))
}

async fn overshoot(sandbox: &Sandbox, effort: Effort) -> anyhow::Result<Samples> {
    let mut times = Vec::new();
    for _ in 0..effort.times(200) {
        let began = Instant::now();
        let outcome = start(sandbox, spinner(TIMEOUT)).await??;
        let late = began.elapsed().checked_sub(TIMEOUT);
        times.push(late.context("a timeout came too early")?);
        if !matches!(outcome, Outcome::Timeout { .. }) {
            bail!("a guest that spins ended otherwise: {outcome:?}");
        }
    }
    Ok(Samples::new(times))
}

/// In a session with one place: the next guest is there when the place is free.
async fn cancellation(sandbox: &Sandbox, effort: Effort) -> anyhow::Result<Samples> {
    let of_session = |execution| Execution {
        session: Some("cancelled".into()),
        ..execution
    };
    let mut times = Vec::new();
    for _ in 0..effort.times(200) {
        let running = start(sandbox, of_session(spinner(SPINNING_TIME)));
        tokio::time::sleep(10 * BETWEEN).await;
        let next = start(sandbox, of_session(one_plus_one()));
        tokio::time::sleep(BETWEEN).await;
        if next.is_finished() {
            bail!("there was a second place");
        }
        let began = Instant::now();
        running.abort();
        output_of(&next.await??)?;
        times.push(began.elapsed());
    }
    Ok(Samples::new(times))
}
