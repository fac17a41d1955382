//! The table behind the state, in a file.

use std::{fs, io, os::unix::fs::DirBuilderExt as _, path::Path, path::PathBuf, time::Duration};

use parking_lot::Mutex;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params,
};
use serde_json::value::RawValue;
use vesicle_sandbox::CapabilityError;

use super::same::is_as_expected;
use super::{KEYS_MAX, SESSION_BYTES_MAX};

/// What `user_version` says of the table as it is now.
const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE state (
        session TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        expires_ms INTEGER,
        PRIMARY KEY (session, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX state_expires ON state (expires_ms) WHERE expires_ms IS NOT NULL;";

/// How long a process waits for another that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no directory to keep state in; set `state.file`")]
    NoFile,
    #[error("the directory {} cannot be made: {error}", path.display())]
    Directory { path: PathBuf, error: io::Error },
    #[error(
        "the state was written by a newer Vesicle (version {0} of the table); use that one, or another `state.file`"
    )]
    Newer(i64),
    #[error("the session has {KEYS_MAX} keys, and that is the most; delete some")]
    Keys,
    #[error(
        "the session's state may come to {SESSION_BYTES_MAX} bytes, and this would make it {0}; delete some"
    )]
    Bytes(u64),
    #[error("a kept value is no JSON any more: {0}")]
    Json(#[from] serde_json::Error),
    #[error(
        "the disk with the state is full, and nothing was written; free some space and try again"
    )]
    Full,
    #[error("the store of the state failed: {0}")]
    Sqlite(rusqlite::Error),
    #[error("the state cannot be reached: {0}")]
    Database(#[from] vesicle_memory::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<StoreError> for CapabilityError {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Keys | StoreError::Bytes(_) => Self::LimitExceeded(message),
            _ => {
                tracing::warn!(%error, "state");
                Self::Unavailable {
                    message,
                    retry_after_ms: None,
                }
            }
        }
    }
}

/// One connection; SQLite serializes what is written, from this process and from others.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the file, or makes it, in a directory of the user's own.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        if let Some(directory) = file.parent() {
            let made = fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory);
            made.map_err(|error| StoreError::Directory {
                path: directory.to_owned(),
                error,
            })?;
        }
        let mut connection = Connection::open(file)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // What was committed outlives the process; a power cut may take the last of it along.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match transaction.pragma_query_value(None, "user_version", |row| row.get(0))? {
            0 => {
                transaction.execute_batch(SCHEMA)?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            }
            SCHEMA_VERSION => {}
            newer => return Err(StoreError::Newer(newer)),
        }
        transaction.commit()?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    pub fn get(
        &self,
        session: &str,
        key: &str,
        now: u64,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        let value = value(&self.connection.lock(), session, key, now)?;
        Ok(value.map(RawValue::from_string).transpose()?)
    }

    pub fn set(
        &self,
        session: &str,
        key: &str,
        value: &str,
        expires_ms: Option<u64>,
        now: u64,
    ) -> Result<(), StoreError> {
        self.write(|transaction| put(transaction, session, key, value, expires_ms, now))
    }

    pub fn compare_and_set(
        &self,
        session: &str,
        key: &str,
        expected: Option<&RawValue>,
        new: &str,
        now: u64,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let kept = value(transaction, session, key, now)?;
            let is_expected = is_as_expected(kept.as_deref(), expected)?;
            if is_expected {
                put(transaction, session, key, new, None, now)?;
            }
            Ok(is_expected)
        })
    }

    pub fn delete(&self, session: &str, key: &str, now: u64) -> Result<bool, StoreError> {
        let deleted = self.connection.lock().execute(
            "DELETE FROM state WHERE session = ?1 AND key = ?2 AND (expires_ms IS NULL OR expires_ms > ?3)",
            params![session, key, signed(now)],
        )?;
        Ok(deleted > 0)
    }

    pub fn keys(&self, session: &str, prefix: &str, now: u64) -> Result<Vec<String>, StoreError> {
        let connection = self.connection.lock();
        let mut statement = connection.prepare_cached(
            "SELECT key FROM state
             WHERE session = ?1 AND (expires_ms IS NULL OR expires_ms > ?2) AND substr(key, 1, length(?3)) = ?3
             ORDER BY key",
        )?;
        let keys = statement.query_map(params![session, signed(now), prefix], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// Nothing of anybody else's comes between what `work` reads and what it writes.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

fn value(
    connection: &Connection,
    session: &str,
    key: &str,
    now: u64,
) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT value FROM state
         WHERE session = ?1 AND key = ?2 AND (expires_ms IS NULL OR expires_ms > ?3)",
    )?;
    let row = statement.query_row(params![session, key, signed(now)], |row| row.get(0));
    Ok(row.optional()?)
}

fn put(
    transaction: &Transaction<'_>,
    session: &str,
    key: &str,
    value: &str,
    expires_ms: Option<u64>,
    now: u64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM state WHERE expires_ms <= ?1")?
        .execute([signed(now)])?;
    transaction
        .prepare_cached(
            "INSERT INTO state (session, key, value, expires_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (session, key) DO UPDATE SET value = ?3, expires_ms = ?4",
        )?
        .execute(params![session, key, value, expires_ms.map(signed)])?;
    // What is too much is taken back with the transaction.
    let (keys, bytes): (i64, i64) = transaction
        .prepare_cached(
            "SELECT count(*), sum(octet_length(key) + octet_length(value)) FROM state WHERE session = ?1",
        )?
        .query_row([session], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if keys as u64 > KEYS_MAX {
        return Err(StoreError::Keys);
    }
    if bytes as u64 > SESSION_BYTES_MAX {
        return Err(StoreError::Bytes(bytes as u64));
    }
    Ok(())
}

/// SQLite's integers have a sign. Times that do not fit are never.
fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
