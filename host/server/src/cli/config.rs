//! `vesicle config`.

use std::io::Write as _;

use clap::Subcommand;
use vesicle::config::defaults;

use super::{ExitStatus, options::GlobalArgs};
use crate::terminal;

/// Show the configuration, and where each part of it comes from
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    Show(ShowArgs),
}

/// Print every key with its value and where that comes from
///
/// A value comes from an option of the command line, from an environment variable, from the
/// configuration file or, if none of these has it, from the defaults.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// Print a vesicle.toml that has every key with its default, and says what it is for
    #[arg(long, conflicts_with = "json")]
    defaults: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints what was asked for.
pub fn run(args: &ConfigArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let ConfigCommand::Show(show) = &args.command;
    let text = match (show.defaults, show.json) {
        // Without a look at the configuration, which may be the one that needs help.
        (true, _) => defaults(),
        (false, true) => format!("{:#}\n", global.configuration(vec![])?.as_json()),
        (false, false) => global.configuration(vec![])?.as_text(),
    };
    let mut stdout = std::io::stdout().lock();
    let text = terminal::for_stream(&text, &stdout).into_owned();
    stdout.write_all(text.as_bytes())?;
    Ok(ExitStatus::Success)
}
