//! `vesicle token`: tokens, by which clients over HTTP show whose account their calls are of.

mod create;
mod listed;
mod revoke;

use clap::Subcommand;
use vesicle::{
    accounts::{TokenPlace, is_account_name},
    config::Configuration,
};

use super::{ExitStatus, exit::UsageError, options::GlobalArgs};
use crate::logging;

/// Make tokens for clients over HTTP, list them, and take them back
///
/// A token is of an account, whose name is all that has to be said of it: it has a memory and a state
/// of its own. What it may do stands under [accounts.NAME] in vesicle.toml. A host that runs sees each
/// change at once. With `memory.url` they are in that database, and all hosts that share it see a change within a second.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    Create(create::CreateArgs),
    List(listed::ListArgs),
    Revoke(revoke::RevokeArgs),
}

/// Does what was asked for.
pub fn run(args: &TokenArgs, global: &GlobalArgs) -> anyhow::Result<ExitStatus> {
    let configuration = global.configuration(vec![])?;
    logging::init(configuration.log_format, configuration.secrets()?);
    match &args.command {
        TokenCommand::Create(args) => create::run(args, &configuration),
        TokenCommand::List(args) => listed::run(args, &configuration),
        TokenCommand::Revoke(args) => revoke::run(args, &configuration),
    }
}

fn place(configuration: &Configuration) -> Result<&TokenPlace, UsageError> {
    configuration.tokens().ok_or_else(|| {
        let what = "there is no user's data directory for tokens; give --data-dir, or set `tokens` under [auth] in vesicle.toml";
        UsageError(what.to_owned())
    })
}

/// The name of an account, as it is typed.
pub(super) fn account_name(text: &str) -> Result<String, String> {
    match is_account_name(text) {
        true => Ok(text.to_owned()),
        false => {
            Err("an account's name has small letters, digits and `_`, a letter first".to_owned())
        }
    }
}
