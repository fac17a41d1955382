//! The tables, version by version, and what pgvector adds to them.

use super::link::Session;
use super::vectors;
use crate::{Error, Result};

/// One step from each version to the next; the number of them is the version as it is now.
const MIGRATIONS: [&str; 1] = [include_str!("schema-1.sql")];
/// The version of the tables as they are now.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;
/// The oldest server whose SQL has all that is used here.
const SERVER_MIN: i32 = 140_000;
/// What hosts that bring the tables up to date wait for, one after the other: "vesicle" in ASCII.
const ADVISORY_LOCK: i64 = 0x0076_6573_6963_6c65;

/// Tables of a schema, and how they came about.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'t> {
    /// The schema.
    pub schema: &'t str,
    /// One step from each version to the next; the number of them is the version as it is now.
    pub migrations: &'t [&'t str],
}

/// Brings the memory's tables to the version of this program. The answer is whether pgvector is there.
pub fn migrate(session: &Session, schema: &str) -> Result<bool> {
    let tables = Tables {
        schema,
        migrations: &MIGRATIONS,
    };
    bring_up(session, tables, with_pgvector)
}

/// Brings tables to the version of this program, and does what else belongs to it, in one transaction. Several hosts may try
/// at once.
///
/// # Errors
/// The server is too old, or a newer program wrote the tables; or as `more` says.
pub fn bring_up<T>(
    session: &Session,
    tables: Tables<'_>,
    more: impl FnOnce(&Session) -> Result<T>,
) -> Result<T> {
    let server = session.row("SELECT current_setting('server_version_num')::int", &[])?;
    look_at_server(server.map_or(0, |row| row.get(0)))?;
    session.begin("BEGIN")?;
    // To move many rows may take a while, and others wait for it.
    session.take_time()?;
    session.execute("SELECT pg_advisory_xact_lock($1)", &[&ADVISORY_LOCK])?;
    let newest = tables.migrations.len() as i64;
    let version = version(session, tables.schema)?;
    if version > newest {
        return Err(Error::Newer(version));
    }
    let done = usize::try_from(version).unwrap_or_default();
    for migration in tables.migrations.iter().skip(done) {
        session.batch(migration)?;
    }
    if version < newest {
        session.execute("DELETE FROM version", &[])?;
        session.execute("INSERT INTO version VALUES ($1)", &[&newest])?;
    }
    let more = more(session)?;
    session.end("COMMIT")?;
    Ok(more)
}

/// 0 where no tables are yet.
fn version(session: &Session, schema: &str) -> Result<i64> {
    let known = session.row(
        &format!("SELECT to_regclass('{schema}.version') IS NOT NULL"),
        &[],
    )?;
    if known.is_none_or(|row| !row.get::<_, bool>(0)) {
        session.batch(&format!(
            "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.version (version bigint NOT NULL)"
        ))?;
    }
    let version = session.row("SELECT version FROM version", &[])?;
    Ok(version.map_or(0, |row| row.get(0)))
}

/// Sees to it that vectors can be searched by pgvector, where the server has it and lets us have it.
fn with_pgvector(session: &Session) -> Result<bool> {
    let there = session.row(
        "SELECT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'vector'),
             EXISTS (SELECT 1 FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = 'vectors' AND column_name = 'numbers')",
        &[],
    )?;
    let (available, used) = there.map_or((false, false), |row| (row.get(0), row.get(1)));
    if !available {
        return Ok(false);
    }
    if !used {
        session.batch("SAVEPOINT pgvector")?;
        let made = session
            .batch("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
            .and_then(|()| session.batch(include_str!("pgvector.sql")));
        if let Err(error) = made {
            if session.is_broken() {
                return Err(error);
            }
            tracing::warn!(
                %error,
                "pgvector is on the server and cannot be used, so vectors are searched by the host; let an administrator run \
                 `CREATE EXTENSION vector` in the database, and start again"
            );
            session.batch("ROLLBACK TO pgvector")?;
            return Ok(false);
        }
    }
    vectors::index_all(session)?;
    Ok(true)
}

fn look_at_server(version: i32) -> Result<()> {
    if version < SERVER_MIN {
        return Err(Error::Unavailable(format!(
            "the server is PostgreSQL {}, which is too old; the memory needs {} or newer",
            version / 10_000,
            SERVER_MIN / 10_000
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_too_old_is_named() {
        assert!(look_at_server(SERVER_MIN).is_ok());
        let error = look_at_server(SERVER_MIN - 1).unwrap_err().to_string();
        assert_eq!(
            error,
            "the server is PostgreSQL 13, which is too old; the memory needs 14 or newer"
        );
    }
}
