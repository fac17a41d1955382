//! `vesicle completions`.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, ExitStatus};

/// Print a script that teaches a shell to complete vesicle's commands and options
#[derive(Debug, clap::Args)]
#[command(after_help = "Bash, for the current user:\n  \
    vesicle completions bash > ~/.local/share/bash-completion/completions/vesicle")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionsArgs) -> anyhow::Result<ExitStatus> {
    // Into memory first: clap_complete panics when a pipe closes.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "vesicle", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitStatus::Success)
}
