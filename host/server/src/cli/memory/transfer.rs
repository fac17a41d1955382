//! `vesicle memory export` and `import`.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::ValueEnum;
use vesicle_memory::transfer::{self, ImportFormat};

use super::{Opened, Output, OutputArgs, print, print_json, progress};
use crate::cli::ExitStatus;

/// Write everything as lines of JSON
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Where to; a file that is there already is not touched [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Writes the memory.
pub fn export(args: &ExportArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let bar = progress::bar("exporting");
    let mut shown = |done, all| progress::show(&bar, done, all);
    let store = &**opened.store();
    let summary = match &args.file {
        None => {
            let mut stdout = BufWriter::new(io::stdout().lock());
            transfer::export(store, &mut stdout, &mut shown)?
        }
        Some(file) => {
            let created = File::create_new(file)
                .with_context(|| format!("cannot write the export to `{}`", file.display()))?;
            let summary = transfer::export(store, &mut BufWriter::new(&created), &mut shown)?;
            created
                .sync_all()
                .context("cannot write the export to the disk")?;
            summary
        }
    };
    bar.finish_and_clear();
    eprintln!(
        "exported {} episodes and {} records",
        summary.episodes, summary.records
    );
    Ok(ExitStatus::Success)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What `export` wrote
    #[default]
    Vesicle,
    /// Runs of tau-bench, a JSON object a line
    TauBench,
}

/// Read episodes from lines of JSON; what is there already stays as it is
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Importing the same file again changes nothing. A file that was cut in half is an error; what came \
    before is kept."
)]
pub struct ImportArgs {
    /// Where from; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What the lines are
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    output: OutputArgs,
}

/// Reads the file.
pub fn import(args: &ImportArgs, opened: &Opened) -> anyhow::Result<ExitStatus> {
    let bar = progress::bar("importing");
    let mut shown = |lines| bar.set_position(lines);
    let format = match args.format {
        Format::Vesicle => ImportFormat::Vesicle,
        Format::TauBench => ImportFormat::TauBench,
    };
    let store = &**opened.store();
    let summary = match args.file.as_os_str() == "-" {
        true => {
            let mut stdin = BufReader::new(io::stdin());
            transfer::import(store, &mut stdin, format, &mut shown)?
        }
        false => {
            let file = File::open(&args.file)
                .with_context(|| format!("cannot read `{}`", args.file.display()))?;
            transfer::import(store, &mut BufReader::new(file), format, &mut shown)?
        }
    };
    bar.finish_and_clear();
    match args.output.get() {
        Output::Json => print_json(&summary)?,
        Output::Pretty => {
            print(&format!(
                "{} episodes imported, {} were there, {} were there in another state and stayed\n\
                 {} records imported, {} were there",
                summary.episodes,
                summary.episodes_unchanged,
                summary.episodes_different,
                summary.records,
                summary.records_unchanged
            ))?;
        }
    }
    Ok(ExitStatus::Success)
}
