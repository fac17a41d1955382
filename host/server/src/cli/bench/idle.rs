//! How much memory a sandbox takes while it waits.

use std::time::Duration;

use tokio::task::JoinSet;
use vesicle_sandbox::{Execution, Sandbox};

use super::{programs::output_of, report::Row};

const SANDBOXES: u64 = 1_000;
/// Longer than it takes to start them all and look.
const CODE: &str = "await new Promise(resolve => setTimeout(resolve, 3_000)); return true";
const SETTLING: Duration = Duration::from_millis(1_500);

/// The growth of this process with a thousand sandboxes that wait for a timer. Nothing where the
/// system does not tell.
pub async fn measure(sandbox: &Sandbox) -> anyhow::Result<Option<Row>> {
    let Some(before) = resident_bytes() else {
        return Ok(None);
    };
    let execution = Execution {
        code: CODE.to_owned(),
        ..Execution::default()
    };
    let mut waiting = JoinSet::new();
    for _ in 0..SANDBOXES {
        let (sandbox, execution) = (sandbox.clone(), execution.clone());
        waiting.spawn(async move { sandbox.execute(execution).await });
    }
    tokio::time::sleep(SETTLING).await;
    let during = resident_bytes().unwrap_or(before);
    while let Some(done) = waiting.join_next().await {
        output_of(&done??)?;
    }
    Ok(Some(Row::bytes(
        "idle_sandbox",
        format!("memory of a waiting sandbox, {SANDBOXES} at once"),
        during.saturating_sub(before) / SANDBOXES,
    )))
}

/// Physical memory of this process, as Linux tells it: pages that several mappings share, such as
/// the engine's image, are counted once (`Pss`, and not `VmRSS`).
pub fn resident_bytes() -> Option<u64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
