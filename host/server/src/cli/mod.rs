//! The command line: what may be typed, and what each command's end means as an exit code.

mod bench;
mod cache;
mod completions;
mod exit;
mod report;
mod run;
mod serve;
mod source;
mod values;

use clap::{Parser, Subcommand};

pub use exit::{ExitStatus, nobody_reads};

use crate::logging::LogFormat;

/// Where help lists the options that every command has.
const GLOBAL_OPTIONS: &str = "Global options";

/// Runs code that agents write, each call in a WebAssembly sandbox of its own.
#[derive(Debug, Parser)]
#[command(
    name = "vesicle",
    version,
    max_term_width = 100,
    propagate_version = false
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    cache: cache::CacheArgs,

    /// How log lines on standard error look; what is logged follows RUST_LOG
    #[arg(long, global = true, help_heading = GLOBAL_OPTIONS, value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Serve(serve::ServeArgs),
    Bench(bench::BenchArgs),
    Completions(completions::CompletionsArgs),
}

impl Cli {
    /// Does what was asked for.
    pub fn run(self) -> anyhow::Result<ExitStatus> {
        match self.command {
            Command::Run(args) => run::run(&args, &self.cache),
            Command::Serve(args) => serve::run(&args, &self.cache),
            Command::Bench(args) => bench::run(&args),
            Command::Completions(args) => completions::run(&args),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory as _;
        super::Cli::command().debug_assert();
    }
}
