//! State in the database that several hosts share. Writers of one session follow one another, on whichever host, so that
//! quotas hold and nothing comes between what is read and what is written. Times are the database's.

use std::time::Duration;

use serde_json::value::RawValue;
use vesicle_memory::database::Session;

use super::{KEYS_MAX, SESSION_BYTES_MAX, same::is_as_expected, store::StoreError};
use crate::shared::Shared;

/// The kind of advisory lock that writers of a session take: "stat" in ASCII.
const LOCK_KIND: i32 = 0x7374_6174;
/// How many values of others, whose time is over, are removed with each write.
const SWEPT_AT_ONCE: i64 = 1_000;
/// Now, in milliseconds since 1970.
const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

pub fn get(shared: &Shared, session: &str, key: &str) -> Result<Option<Box<RawValue>>, StoreError> {
    let value = value(&shared.session()?, session, key)?;
    Ok(value.map(RawValue::from_string).transpose()?)
}

pub fn set(
    shared: &Shared,
    session: &str,
    key: &str,
    value: &str,
    ttl: Option<Duration>,
) -> Result<(), StoreError> {
    write(shared, session, |database| {
        put(database, session, key, value, ttl)
    })
}

pub fn compare_and_set(
    shared: &Shared,
    session: &str,
    key: &str,
    expected: Option<&RawValue>,
    new: &str,
) -> Result<bool, StoreError> {
    write(shared, session, |database| {
        let kept = value(database, session, key)?;
        let is_expected = is_as_expected(kept.as_deref(), expected)?;
        if is_expected {
            put(database, session, key, new, None)?;
        }
        Ok(is_expected)
    })
}

pub fn delete(shared: &Shared, session: &str, key: &str) -> Result<bool, StoreError> {
    write(shared, session, |database| {
        let deleted = database.execute(
            &format!(
                "DELETE FROM state WHERE session = $1 AND key = $2 AND (expires_ms IS NULL OR expires_ms > {NOW})"
            ),
            &[&session, &key.as_bytes()],
        )?;
        Ok(deleted > 0)
    })
}

pub fn keys(shared: &Shared, session: &str, prefix: &str) -> Result<Vec<String>, StoreError> {
    let rows = shared.session()?.rows(
        &format!(
            "SELECT key FROM state
             WHERE session = $1 AND (expires_ms IS NULL OR expires_ms > {NOW})
                 AND substring(key FROM 1 FOR octet_length($2::bytea)) = $2
             ORDER BY key"
        ),
        &[&session, &prefix.as_bytes()],
    )?;
    let keys = rows.iter().map(|row| row.get::<_, &[u8]>(0));
    Ok(keys
        .map(|key| String::from_utf8_lossy(key).into_owned())
        .collect())
}

/// Does `work` in a transaction, while nobody else writes to this session.
fn write<T>(
    shared: &Shared,
    session: &str,
    work: impl FnOnce(&Session) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let digest = blake3::hash(session.as_bytes());
    let [a, b, c, d, ..] = *digest.as_bytes();
    let lock = i32::from_be_bytes([a, b, c, d]);
    let database = shared.begin(&format!(
        "BEGIN; SELECT pg_advisory_xact_lock({LOCK_KIND}, {lock})"
    ))?;
    let done = work(&database);
    // What is too much is taken back.
    database.end(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    done
}

fn value(database: &Session, session: &str, key: &str) -> Result<Option<String>, StoreError> {
    let row = database.row(
        &format!(
            "SELECT value FROM state WHERE session = $1 AND key = $2 AND (expires_ms IS NULL OR expires_ms > {NOW})"
        ),
        &[&session, &key.as_bytes()],
    )?;
    Ok(row.map(|row| row.get(0)))
}

fn put(
    database: &Session,
    session: &str,
    key: &str,
    value: &str,
    ttl: Option<Duration>,
) -> Result<(), StoreError> {
    // Half of what there is leaves room for now. Times that do not fit are never.
    let ttl = ttl
        .map(|ttl| i64::try_from(ttl.as_millis()).map_or(i64::MAX / 2, |ms| ms.min(i64::MAX / 2)));
    database.execute(
        &format!(
            "DELETE FROM state WHERE (session, key) IN (
                 SELECT session, key FROM state WHERE expires_ms <= {NOW} LIMIT {SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED)"
        ),
        &[],
    )?;
    database.execute(
        &format!(
            "INSERT INTO state (session, key, value, expires_ms) VALUES ($1, $2, $3, $4::bigint + {NOW})
             ON CONFLICT (session, key) DO UPDATE SET value = $3, expires_ms = excluded.expires_ms"
        ),
        &[&session, &key.as_bytes(), &value, &ttl],
    )?;
    let row = database.row(
        &format!(
            "SELECT count(*), coalesce(sum(octet_length(key) + octet_length(value)), 0)::bigint
             FROM state WHERE session = $1 AND (expires_ms IS NULL OR expires_ms > {NOW})"
        ),
        &[&session],
    )?;
    let (keys, bytes): (i64, i64) = row.map_or((0, 0), |row| (row.get(0), row.get(1)));
    if keys as u64 > KEYS_MAX {
        return Err(StoreError::Keys);
    }
    if bytes as u64 > SESSION_BYTES_MAX {
        return Err(StoreError::Bytes(bytes as u64));
    }
    Ok(())
}
