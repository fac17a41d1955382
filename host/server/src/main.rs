//! The `vesicle` command.

mod cli;
mod logging;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::from_command_line().run() {
        Ok(status) => status.into(),
        Err(error) if cli::nobody_reads(&error) => cli::ExitStatus::Success.into(),
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            cli::ExitStatus::of(&error).into()
        }
    }
}
