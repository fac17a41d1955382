//! `vesicle memory backup`, `prune` and `doctor`.

use std::path::PathBuf;

use vesicle_memory::{
    Time,
    transfer::{self, Keep},
};

use super::{Opened, Output, OutputArgs, print, print_json, progress};
use crate::cli::{ExitStatus, exit::UsageError};

/// Copy the memory's file while it is in use
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// Where to; nothing may be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    output: OutputArgs,
}

/// Copies the file.
pub fn backup(args: &BackupArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let bar = progress::bar("copying");
    let mut shown = |done, all| progress::show(&bar, done, all);
    opened.store().backup(&args.file, &mut shown)?;
    bar.finish_and_clear();
    match args.output.get() {
        Output::Json => print_json(&serde_json::json!({"file": args.file}))?,
        Output::Pretty => print(&format!("copied to {}", args.file.display()))?,
    }
    Ok(ExitStatus::Success)
}

/// Delete old episodes; open ones stay, and patterns keep what they counted
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    vesicle memory prune --keep 10000 --since 2026-01-01T00:00:00Z --dry-run")]
pub struct PruneArgs {
    /// How many completed episodes are kept, the newest
    #[arg(long, value_name = "COUNT")]
    keep: Option<usize>,

    /// Keep those that were begun at this time or later
    #[arg(long, value_name = "TIME")]
    since: Option<Time>,

    /// Only say how many would be deleted
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Deletes what is not kept.
pub fn prune(args: &PruneArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    if args.keep.is_none() && args.since.is_none() {
        let what = "nothing says what to keep; give --keep COUNT or --since TIME";
        return Err(UsageError(what.to_owned()).into());
    }
    let keep = Keep {
        newest: args.keep,
        since: args.since,
    };
    let bar = progress::bar("deleting");
    let mut shown = |done, all| progress::show(&bar, done, all);
    let pruned = transfer::prune(&**opened.store(), keep, args.dry_run, &mut shown)?;
    bar.finish_and_clear();
    match (args.output.get(), pruned.dry_run) {
        (Output::Json, _) => print_json(&pruned)?,
        (Output::Pretty, true) => print(&format!("{} episodes would be deleted", pruned.episodes))?,
        (Output::Pretty, false) => print(&format!("{} episodes deleted", pruned.episodes))?,
    }
    Ok(ExitStatus::Success)
}

/// Check that the memory is whole and works
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes:\n  \
    0  the memory is whole\n  \
    1  it is not, or cannot be opened; a file that is no store is moved aside, never overwritten\n  \
    2  bad usage")]
pub struct DoctorArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints what is wrong.
pub fn doctor(args: &DoctorArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let findings = opened.store().check()?;
    let health = opened.runtime.block_on(opened.memory.health());
    match args.output.get() {
        Output::Json => print_json(&serde_json::json!({"findings": findings, "health": health}))?,
        Output::Pretty if findings.is_empty() => {
            print(&format!("the store is whole; {}", health.status))?;
        }
        Output::Pretty => print(&format!(
            "{}\nthe store is damaged: stop all hosts, export what can be read, and restore a backup",
            findings.join("\n")
        ))?,
    }
    Ok(match findings.is_empty() && health.status != "unhealthy" {
        true => ExitStatus::Success,
        false => ExitStatus::Failure,
    })
}
