//! The command line: what may be typed, and what each command's end means as an exit code.

mod allowing;
mod audit;
mod bench;
mod compile;
mod completions;
mod config;
mod doctor;
mod exit;
mod generate;
mod init;
mod isolate;
mod man;
mod memory;
mod options;
mod output;
mod plugin;
mod progress;
mod reach;
mod report;
mod run;
mod serve;
mod servers;
mod source;
mod token;
mod tokens;
mod tools;
mod values;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::logging;
pub use exit::{ExitStatus, nobody_reads};

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
    global: options::GlobalArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Run(run::RunArgs),
    Serve(serve::ServeArgs),
    Servers(servers::ServersArgs),
    Tools(tools::ToolsArgs),
    Tokens(tokens::TokensArgs),
    Generate(generate::GenerateArgs),
    Memory(memory::MemoryArgs),
    Plugin(plugin::PluginArgs),
    Token(token::TokenArgs),
    Audit(audit::AuditArgs),
    Bench(bench::BenchArgs),
    Config(config::ConfigArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    /// Compiles a component for the sandbox that asks for it
    #[command(hide = true)]
    CompileComponent,
    /// Runs programs for the sandbox that asks for it
    #[command(hide = true)]
    RunPrograms,
}

impl Cli {
    /// What was typed. Whoever typed something else is told, and the process ends.
    pub fn from_command_line() -> Self {
        let typed = Self::command().get_matches();
        if output::is_for_programs(&typed) {
            progress::hide();
        }
        Self::from_arg_matches(&typed).unwrap_or_else(|error| error.exit())
    }

    /// Does what was asked for.
    pub fn run(self) -> anyhow::Result<ExitStatus> {
        match self.command {
            Command::Init(args) => init::run(&args, &self.global),
            Command::Run(args) => run::run(&args, &self.global),
            Command::Serve(args) => serve::run(&args, &self.global),
            Command::Servers(args) => servers::run(&args, &self.global),
            Command::Tools(args) => tools::run(&args, &self.global),
            Command::Tokens(args) => tokens::run(&args, &self.global),
            Command::Generate(args) => generate::run(&args, &self.global),
            Command::Memory(args) => memory::run(&args, &self.global),
            Command::Plugin(args) => plugin::run(&args, &self.global),
            Command::Token(args) => token::run(&args, &self.global),
            Command::Audit(args) => audit::run(&args, &self.global),
            Command::Bench(args) => {
                let configuration = self.global.configuration(vec![])?;
                logging::init(configuration.log_format, configuration.secrets()?);
                bench::run(&args)
            }
            Command::Doctor(args) => doctor::run(&args, &self.global),
            Command::Config(args) => config::run(&args, &self.global),
            Command::Man(args) => man::run(&args),
            Command::Completions(args) => completions::run(&args),
            Command::CompileComponent => compile::run(),
            Command::RunPrograms => isolate::run(),
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

    /// What each of these prints is a format of its own.
    const NO_JSON: [(&str, &str); 6] = [
        ("vesicle serve", "speaks MCP, which is JSON"),
        ("vesicle completions", "prints a script"),
        ("vesicle man", "prints a manual"),
        ("vesicle memory export", "prints lines of JSON"),
        ("vesicle compile-component", "is for vesicle itself"),
        ("vesicle run-programs", "is for vesicle itself"),
    ];

    #[test]
    fn every_command_that_prints_data_prints_json() {
        use clap::CommandFactory as _;
        fn without(command: &clap::Command, path: &str, found: &mut Vec<String>) {
            for below in command.get_subcommands() {
                without(below, &format!("{path} {}", below.get_name()), found);
            }
            let has_json = command
                .get_arguments()
                .any(|arg| arg.get_long() == Some("json"));
            let does_something = !command.is_subcommand_required_set();
            if does_something && !has_json {
                found.push(path.to_owned());
            }
        }
        let mut command = super::Cli::command();
        command.build();
        let mut found = Vec::new();
        without(&command, "vesicle", &mut found);
        found.retain(|path| !path.split(' ').any(|word| word == "help"));
        let known: Vec<&str> = NO_JSON.iter().map(|(path, _)| *path).collect();
        found.sort();
        let mut expected = known.clone();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
