//! The `vesicle` command.

mod cli;
mod logging;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(status) => status.into(),
        Err(error) if cli::nobody_reads(&error) => cli::ExitStatus::Success.into(),
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            cli::ExitStatus::of(&error).into()
        }
    }
}
