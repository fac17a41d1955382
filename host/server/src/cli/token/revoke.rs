//! `vesicle token revoke`.

use std::io::Write as _;

use serde_json::json;
use vesicle::{
    accounts::{TokenId, is_account_name},
    config::Configuration,
};

use super::place;
use crate::cli::{ExitStatus, exit::UsageError};

/// Take a token back, or all of an account: what they carry is refused from now on
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// The token's id, or the account's name
    #[arg(value_name = "ID|NAME")]
    which: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Takes them back.
pub fn run(args: &RevokeArgs, configuration: &Configuration) -> anyhow::Result<ExitStatus> {
    let id = TokenId::parse(&args.which);
    let ids = place(configuration)?.revoke(|token, account| match id.is_some() {
        true => token == args.which,
        false => account == args.which,
    })?;
    if ids.is_empty() {
        let what = match id.is_some() || is_account_name(&args.which) {
            true => "there is no such token, and no account of this name has any",
            false => "this is neither a token's id nor an account's name",
        };
        return Err(UsageError(format!("{what}; `vesicle token list` lists them")).into());
    }
    let text = match args.json {
        true => json!({ "revoked": ids }).to_string(),
        false => format!("revoked {}", ids.join(", ")),
    };
    writeln!(anstream::stdout(), "{text}")?;
    Ok(ExitStatus::Success)
}
