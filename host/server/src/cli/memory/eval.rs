//! `vesicle memory eval`: what the memory is worth, measured on runs whose outcome is known.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;
use vesicle_memory::evaluation::evaluate;

use super::{Opened, Output, OutputArgs, print, print_json, progress};
use crate::cli::ExitStatus;

/// Measure how well past runs are found again, and whether patterns tell success from failure
///
/// Works in a memory of its own; yours is not touched. Each run's text is a query, of which the run itself
/// is left out.
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// Runs of tau-bench, a JSON object a line
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Embed with the sentence model of this directory, instead of what is built in
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the report.
pub fn eval(args: &EvalArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("cannot read `{}`", args.file.display()))?;
    let directory = tempfile::tempdir().context("cannot make a directory to work in")?;
    let wanted = args
        .model
        .as_ref()
        .map(|model| serde_json::from_value(json!({ "provider": "local", "model": model })));
    let bar = progress::bar("embedding");
    let mut shown = |done, all| progress::show(&bar, done, all);
    let report = evaluate(&text, directory.path(), wanted.transpose()?, &mut shown);
    let report = opened.runtime.block_on(report)?;
    bar.finish_and_clear();
    match args.output.get() {
        Output::Json => print_json(&report)?,
        Output::Pretty => print(&format!(
            "embeddings                          {}\nruns, tasks                         {}, {}\n\
             recall@5 of a task's other trials   {:.3}\nMRR                                 {:.3}\n\
             successes before failures (AUC)     {:.3}\npatterns on held-out tasks (AUC)    {:.3}",
            report.embeddings,
            report.runs,
            report.tasks,
            report.recall_at_5,
            report.mrr,
            report.success_first_auc,
            report.held_out_patterns_auc
        ))?,
    }
    Ok(ExitStatus::Success)
}
