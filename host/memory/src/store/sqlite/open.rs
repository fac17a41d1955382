//! Opens the file, or makes it. What is no store of ours is moved aside and never written to.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::errors::store;
use super::{BUSY_TIMEOUT, SqliteOptions, schema};
use crate::{Error, Result};

/// Statements that a connection keeps prepared.
const STATEMENTS_KEPT: usize = 64;
/// Pages of the log after which it is copied into the file: 16 MB, so that writers seldom wait for that.
const LOG_PAGES: i64 = 4_000;
/// How long is waited before the log is asked for again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);
/// Kibibytes of the file that a connection keeps in memory.
const WRITER_CACHE_KIB: i64 = 16_384;
const READER_CACHE_KIB: i64 = 4_096;

/// The connection that writes. The file is made when it is not there, and its tables are brought up to date.
///
/// # Errors
/// The file is damaged (it is moved aside then), cannot be written, or is of a newer program.
pub fn writer(path: &Path, options: &SqliteOptions) -> Result<Connection> {
    make_directory(path)?;
    match try_writer(path, options) {
        Err(Error::Damaged(cause)) => {
            let aside = set_aside(path)?;
            Err(Error::Corrupt { cause, aside })
        }
        Err(Error::Unavailable(cause)) => {
            let path = path.to_owned();
            Err(Error::ReadOnly { path, cause })
        }
        other => other,
    }
}

/// A connection that reads.
///
/// # Errors
/// The file cannot be opened.
pub fn reader(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(store)?;
    settle(&connection, READER_CACHE_KIB).map_err(store)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(store)?;
    Ok(connection)
}

fn try_writer(path: &Path, options: &SqliteOptions) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(store)?;
    settle(&connection, WRITER_CACHE_KIB).map_err(store)?;
    keep_log(&connection)?;
    // What was acknowledged outlives the process and the machine.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(store)?;
    connection
        .pragma_update(None, "wal_autocheckpoint", LOG_PAGES)
        .map_err(store)?;
    schema::migrate(&mut connection)?;
    if let Some(bytes) = options.bytes_max {
        let page: i64 = connection
            .pragma_query_value(None, "page_size", |row| row.get(0))
            .map_err(store)?;
        let pages = i64::try_from(bytes / page.max(1) as u64).unwrap_or(i64::MAX);
        connection
            .pragma_update(None, "max_page_count", pages)
            .map_err(store)?;
    }
    Ok(connection)
}

/// Makes the file one with a log. While others do the same, SQLite says at once that it is busy, and does not wait itself.
fn keep_log(connection: &Connection) -> Result<()> {
    let began = Instant::now();
    loop {
        let done = connection.pragma_update(None, "journal_mode", "WAL");
        match done.map_err(store) {
            Err(Error::Busy { .. }) if began.elapsed() < BUSY_TIMEOUT => {
                std::thread::sleep(BUSY_PAUSE);
            }
            done => return done,
        }
    }
}

fn settle(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// In a directory of the user's own.
fn make_directory(path: &Path) -> Result<()> {
    let Some(directory) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    else {
        return Ok(());
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| Error::ReadOnly {
            path: directory.to_owned(),
            cause: error.to_string(),
        })
}

/// Moves the file and its log to a name that is free.
fn set_aside(path: &Path) -> Result<PathBuf> {
    let stamp = crate::now().format("%Y%m%dT%H%M%S%6f");
    let moved = |suffix: &str| {
        let mut name = OsString::from(path);
        name.push(suffix);
        PathBuf::from(name)
    };
    let aside = moved(&format!(".damaged-{stamp}"));
    for suffix in ["-wal", "-shm", ""] {
        let from = moved(suffix);
        let to = moved(&format!(".damaged-{stamp}{suffix}"));
        match fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Error::ReadOnly {
                    path: from,
                    cause: error.to_string(),
                });
            }
        }
    }
    Ok(aside)
}
