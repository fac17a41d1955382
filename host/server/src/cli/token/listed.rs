//! `vesicle token list`.

use std::{io::Write as _, time::SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use vesicle::{accounts::IssuedToken, config::Configuration};

use super::place;
use crate::cli::ExitStatus;

/// List the tokens that were made, without their secrets
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub fn run(args: &ListArgs, configuration: &Configuration) -> anyhow::Result<ExitStatus> {
    let tokens = place(configuration)?.read()?;
    let now = SystemTime::now();
    let mut out = anstream::stdout();
    if args.json {
        let tokens = tokens.tokens().iter().map(|token| {
            json!({
                "id": token.id.to_string(),
                "account": token.account,
                "profile": token.profile,
                "created": written(token.created),
                "expires": token.expires.map(written),
                "is_over": token.is_over(now),
            })
        });
        writeln!(out, "{}", serde_json::Value::Array(tokens.collect()))?;
        return Ok(ExitStatus::Success);
    }
    if tokens.tokens().is_empty() {
        writeln!(
            out,
            "there are no tokens; `vesicle token create --name NAME` makes one"
        )?;
    }
    for token in tokens.tokens() {
        writeln!(out, "{}", line(token, now))?;
    }
    Ok(ExitStatus::Success)
}

fn line(token: &IssuedToken, now: SystemTime) -> String {
    let ends = match token.expires {
        None => "never ends".to_owned(),
        Some(expires) if token.is_over(now) => format!("ended {}", written(expires)),
        Some(expires) => format!("ends {}", written(expires)),
    };
    let profile = token
        .profile
        .as_ref()
        .map(|profile| format!("  profile {profile}"));
    format!(
        "{}  {}{}  made {}  {ends}",
        token.id,
        token.account,
        profile.unwrap_or_default(),
        written(token.created)
    )
}

fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
