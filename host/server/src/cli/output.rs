//! How commands print what they have to say: for people, or for programs. Every command that prints data has `--json`.

use clap::{ArgMatches, ValueEnum};

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    #[value(alias = "text")]
    Pretty,
    /// For programs
    Json,
}

/// Whether the command that was typed prints for programs.
pub fn is_for_programs(typed: &ArgMatches) -> bool {
    if let Some((_, below)) = typed.subcommand() {
        return is_for_programs(below);
    }
    let json = typed.try_get_one("json").ok().flatten();
    let output = typed.try_get_one("output").ok().flatten();
    json == Some(&true) || output == Some(&Output::Json)
}

/// The option that every command has which prints data.
#[derive(Debug, clap::Args)]
pub struct OutputArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,

    /// How the answer is printed; `-o json` is `--json`, as it was written before that was everywhere
    #[arg(short, long, value_enum, hide = true, conflicts_with = "json")]
    output: Option<Output>,
}

impl OutputArgs {
    /// What was chosen.
    pub fn get(&self) -> Output {
        match self.json {
            true => Output::Json,
            false => self.output.unwrap_or_default(),
        }
    }
}
