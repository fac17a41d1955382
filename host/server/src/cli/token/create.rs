//! `vesicle token create`.

use std::io::Write as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;
use vesicle::{
    accounts::{IssuedToken, NewToken},
    config::Configuration,
    limits::Asker,
};

use super::{account_name, place};
use crate::{
    cli::{ExitStatus, exit::UsageError, values},
    terminal,
};

/// The longest time that a token may last, in days.
const DAYS_MAX: i64 = 3_650;

/// Make a token, and print it: it is kept nowhere and shown only now
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  vesicle token create --name ci --profile restrictive --expires 90d"
)]
pub struct CreateArgs {
    /// The account that it is of
    #[arg(long, value_name = "NAME", value_parser = account_name)]
    name: String,

    /// The profile of the account's calls, where vesicle.toml has no [accounts.NAME]
    #[arg(long, value_parser = values::ProfileParser, hide_possible_values = true)]
    profile: Option<String>,

    /// When it ends, such as 90d or 12h [default: never]
    #[arg(long, value_name = "TIME", value_parser = lasting, allow_hyphen_values = true)]
    expires: Option<TimeDelta>,

    /// Print JSON, with the token's id and its end
    #[arg(long)]
    json: bool,
}

/// Makes it.
pub fn run(args: &CreateArgs, configuration: &Configuration) -> anyhow::Result<ExitStatus> {
    let described = configuration
        .accounts
        .iter()
        .any(|account| account.name == args.name);
    if described && args.profile.is_some() {
        let what = format!(
            "[accounts.{}] in vesicle.toml says what this account may do; leave --profile out, or set `profile` there",
            args.name
        );
        return Err(UsageError(what).into());
    }
    let policy = &configuration.policy;
    policy
        .profile(args.profile.as_deref(), Asker::Operator)
        .map_err(|error| UsageError(error.to_string()))?;
    let new = NewToken::make()?;
    let created = Utc::now();
    let expires = args.expires.map(|lasting| created + lasting);
    let token = IssuedToken {
        id: new.text.id().clone(),
        account: args.name.clone(),
        profile: args.profile.clone(),
        hash: new.hash,
        created,
        expires,
    };
    place(configuration)?.add(&token)?;
    let ends =
        expires.map(|expires: DateTime<Utc>| expires.to_rfc3339_opts(SecondsFormat::Secs, true));
    let text = match args.json {
        true => json!({
            "id": token.id.to_string(),
            "account": token.account,
            "expires": ends,
            "token": new.text.reveal(),
        })
        .to_string(),
        false => new.text.reveal(),
    };
    writeln!(anstream::stdout(), "{text}")?;
    if !args.json {
        let ends = ends.map_or("never ends".to_owned(), |ends| format!("ends at {ends}"));
        terminal::fail(&format!(
            "a token of `{}`, which {ends}; its hash is in {}. Clients send it as `Authorization: Bearer TOKEN`",
            token.account,
            place(configuration)?
        ))?;
    }
    Ok(ExitStatus::Success)
}

/// A length of time in hours or days.
fn lasting(text: &str) -> Result<TimeDelta, String> {
    const HOW: &str = "give a number of hours or days, such as 12h or 90d";
    let at = text.len().saturating_sub(1);
    let (number, unit) = text.split_at_checked(at).ok_or(HOW)?;
    let number: i64 = number.parse().map_err(|_| HOW)?;
    let lasting = match unit {
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    };
    lasting
        .filter(|lasting| *lasting > TimeDelta::zero() && *lasting <= TimeDelta::days(DAYS_MAX))
        .ok_or_else(|| format!("{HOW}, of {DAYS_MAX} days at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lasts_hours_or_days_up_to_ten_years() {
        assert_eq!(lasting("12h"), Ok(TimeDelta::hours(12)));
        assert_eq!(lasting("3650d"), Ok(TimeDelta::days(DAYS_MAX)));
        for wrong in [
            "",
            "d",
            "0d",
            "-1d",
            "3651d",
            "1w",
            "9223372036854775807d",
            "90",
            "9ö",
        ] {
            assert!(lasting(wrong).is_err(), "{wrong}");
        }
    }
}
