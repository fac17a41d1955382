//! `vesicle tools`.

mod call;
mod describe;
mod search;

use clap::Subcommand;

use super::{ExitStatus, options::GlobalArgs};

/// Find, read and call the tools of other MCP servers
///
/// What may be found and called is what the configured profile may call.
#[derive(Debug, clap::Args)]
pub struct ToolsArgs {
    #[command(subcommand)]
    command: ToolsCommand,
}

#[derive(Debug, Subcommand)]
enum ToolsCommand {
    Search(search::SearchArgs),
    Describe(describe::DescribeArgs),
    Call(call::CallArgs),
}

/// Does what was asked for.
pub fn run(args: &ToolsArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    match &args.command {
        ToolsCommand::Search(args) => search::run(args, global),
        ToolsCommand::Describe(args) => describe::run(args, global),
        ToolsCommand::Call(args) => call::run(args, global),
    }
}
