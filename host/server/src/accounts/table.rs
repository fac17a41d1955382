//! Tokens in the database that hosts share. Whoever changes them tells all hosts.

use chrono::{DateTime, Utc};
use vesicle_memory::database::{Row, Session};

use super::{
    ACCOUNT_TOKENS_MAX, IssuedToken, TokenHash, TokenId, TokensError, file::TOKENS_MAX,
    place::Tokens,
};
use crate::shared::Shared;

/// Where changes are told.
pub const CHANNEL: &str = "vesicle_tokens";

/// How often tokens were changed so far.
pub fn seq(shared: &Shared) -> Result<i64, TokensError> {
    let row = shared
        .session()?
        .row("SELECT seq FROM token_counter", &[])?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// All tokens in the order in which they were made, and how often they were changed before that.
pub fn all(shared: &Shared) -> Result<(i64, Tokens), TokensError> {
    let session = shared.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let row = session.row("SELECT seq FROM token_counter", &[])?;
    let rows = session.rows(
        "SELECT id, account, profile, hash, created_s, expires_s FROM tokens ORDER BY place",
        &[],
    )?;
    session.end("COMMIT")?;
    let tokens: Result<Vec<_>, _> = rows.iter().map(token).collect();
    Ok((row.map_or(0, |row| row.get(0)), Tokens(tokens?)))
}

fn token(row: &Row) -> Result<IssuedToken, TokensError> {
    let id: &str = row.get(0);
    let time = |seconds: i64| DateTime::<Utc>::from_timestamp(seconds, 0);
    let read = || {
        let expires: Option<i64> = row.get(5);
        Some(IssuedToken {
            id: TokenId::parse(id)?,
            account: row.get(1),
            profile: row.get(2),
            hash: TokenHash::parse(row.get(3))?,
            created: time(row.get(4))?,
            expires: match expires {
                Some(seconds) => Some(time(seconds)?),
                None => None,
            },
        })
    };
    read().ok_or_else(|| TokensError::Damaged(id.to_owned()))
}

/// Adds a token.
pub fn add(shared: &Shared, token: &IssuedToken) -> Result<(), TokensError> {
    change(shared, |session| {
        let row = session.row(
            "SELECT count(*), count(*) FILTER (WHERE account = $1) FROM tokens",
            &[&token.account],
        )?;
        let (all, of_account): (i64, i64) = row.map_or((0, 0), |row| (row.get(0), row.get(1)));
        if all as usize >= TOKENS_MAX {
            return Err(TokensError::Full(TOKENS_MAX));
        }
        if of_account as usize >= ACCOUNT_TOKENS_MAX {
            return Err(TokensError::AccountFull(token.account.clone()));
        }
        session.execute(
            "INSERT INTO tokens (id, account, profile, hash, created_s, expires_s) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &token.id.to_string(),
                &token.account,
                &token.profile,
                &token.hash.to_string(),
                &token.created.timestamp(),
                &token.expires.map(|expires| expires.timestamp()),
            ],
        )?;
        Ok(())
    })
}

/// Takes those away that are meant, by id and account, damaged ones too.
pub fn revoke(
    shared: &Shared,
    is_meant: impl Fn(&str, &str) -> bool,
) -> Result<Vec<String>, TokensError> {
    change(shared, |session| {
        let rows = session.rows("SELECT id, account FROM tokens ORDER BY place", &[])?;
        let meant = rows.iter().filter(|row| is_meant(row.get(0), row.get(1)));
        let gone: Vec<String> = meant.map(|row| row.get(0)).collect();
        session.execute("DELETE FROM tokens WHERE id = ANY($1)", &[&gone])?;
        Ok(gone)
    })
}

/// Does `work` while nobody else changes tokens, and tells all hosts.
fn change<T>(
    shared: &Shared,
    work: impl FnOnce(&Session) -> Result<T, TokensError>,
) -> Result<T, TokensError> {
    let session = shared.begin("BEGIN")?;
    session.execute("UPDATE token_counter SET seq = seq + 1", &[])?;
    let done = work(&session);
    if done.is_ok() {
        session.execute("SELECT pg_notify($1, '')", &[&CHANNEL])?;
    }
    session.end(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    done
}
