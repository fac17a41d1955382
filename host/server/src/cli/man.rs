//! `vesicle man`.

use std::{fs, io::Write as _, path::PathBuf};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{Cli, ExitStatus};

/// Print the manual page, or write those of all commands into a directory
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle man | man -l -\n  \
    vesicle man ~/.local/share/man/man1    # then `man vesicle-run`")]
pub struct ManArgs {
    /// Where the pages go; it is made where it is not there
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints or writes them.
pub fn run(args: &ManArgs) -> anyhow::Result<ExitStatus> {
    // `--help` is on every page.
    let command = Cli::command().disable_help_subcommand(true);
    match &args.dir {
        Some(dir) => {
            let cannot = || format!("cannot write the manual into `{}`", dir.display());
            fs::create_dir_all(dir).with_context(cannot)?;
            clap_mangen::generate_to(command, dir).with_context(cannot)?;
        }
        None => {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            std::io::stdout().write_all(&page)?;
        }
    }
    Ok(ExitStatus::Success)
}
