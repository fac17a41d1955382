//! `vesicle bench`: how fast this machine runs sandboxes. The benchmarks that keep a history are in
//! `host/sandbox/benches`; this one answers "and on mine?".

mod fairness;
mod idle;
mod measure;
mod programs;
mod protocol;
mod report;
mod start;
mod throughput;
mod tool;

use std::{io::Write as _, time::Duration};

use anyhow::Context as _;
use vesicle_sandbox::{Config, Sandbox};

use super::ExitStatus;
use report::Row;

/// Measure how fast sandboxes run on this machine
///
/// Uses a cache of its own, so that cold starts are cold. Takes about a minute; run it on an
/// otherwise idle machine.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// Fewer repetitions: a few seconds, and rougher numbers
    #[arg(long)]
    quick: bool,

    /// How long to measure throughput
    #[arg(long, value_name = "SECONDS")]
    throughput_seconds: Option<u64>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How much to measure.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// Repetitions are divided by this.
    divisor: usize,
    throughput_time: Duration,
}

impl Effort {
    fn of(args: &BenchArgs) -> Self {
        let (divisor, seconds) = match args.quick {
            true => (20, 1),
            false => (1, 5),
        };
        Self {
            divisor,
            throughput_time: Duration::from_secs(args.throughput_seconds.unwrap_or(seconds)),
        }
    }

    fn times(self, repetitions: usize) -> usize {
        (repetitions / self.divisor).max(3)
    }
}

/// Measures and prints.
pub fn run(args: &BenchArgs) -> anyhow::Result<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    let rows = runtime.block_on(measure_all(Effort::of(args)))?;
    let text = match args.json {
        true => report::json(&rows)? + "\n",
        false => report::table(&rows),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitStatus::Success)
}

async fn measure_all(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let cache = tempfile::tempdir().context("cannot make a directory for the cache")?;
    let config = Config {
        cache_dir: Some(cache.path().to_owned()),
        ..Config::default()
    };
    let mut rows = start::measure(&config, effort).await?;
    let sandbox = Sandbox::new(config.clone()).await?;
    let files = tempfile::tempdir().context("cannot make a directory for files")?;
    let programs = programs::all(files.path())?;
    for program in &programs {
        rows.push(program.measure(&sandbox, effort).await?);
    }
    let [smallest, ..] = &programs;
    rows.push(programs::measure_to_value(smallest, &sandbox, effort).await?);
    rows.extend(throughput::measure(&sandbox, effort).await?);
    rows.extend(fairness::measure(&config, effort).await?);
    rows.extend(idle::measure(&sandbox).await?);
    rows.extend(protocol::measure(cache.path(), effort).await?);
    Ok(rows)
}
