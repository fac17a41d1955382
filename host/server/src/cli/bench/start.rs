//! How long the first sandbox of a process takes.

use vesicle_sandbox::{Config, Sandbox};

use super::{Effort, measure::Samples, report::Row};

/// With an empty cache, then with the engine in it. Leaves the cache warm.
pub async fn measure(config: &Config, effort: Effort) -> anyhow::Result<Vec<Row>> {
    let start = async || anyhow::Ok(Sandbox::new(config.clone()).await?);
    let cold = Samples::of(1, start).await?;
    let warm = Samples::of(effort.times(20), start).await?;
    Ok(vec![
        Row::times("start_cold", "start, nothing compiled yet", &cold),
        Row::times("start_warm", "start, engine in the cache", &warm),
    ])
}
