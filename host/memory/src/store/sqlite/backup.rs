//! Copies of the file while it is in use, and what can be said about its health.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::errors::store;
use crate::{Error, Result};

/// Pages that are copied at once; others write in between.
const PAGES_AT_ONCE: i32 = 1_000;
const PAUSE: Duration = Duration::from_millis(2);
/// Findings that one check reports.
const FINDINGS_MAX: usize = 100;

/// Copies the file to a place where nothing is yet. It gets its name when it is whole.
pub fn backup(
    connection: &Connection,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    if to.exists() {
        return Err(Error::Conflict(format!(
            "{} is there already; name a file that is not",
            to.display()
        )));
    }
    let partial = with_suffix(to, ".partial");
    let done = copy(connection, &partial, progress);
    let named = done.and_then(|()| {
        std::fs::rename(&partial, to).map_err(|error| Error::ReadOnly {
            path: to.to_owned(),
            cause: error.to_string(),
        })
    });
    if named.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    named
}

fn copy(connection: &Connection, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    let mut copy = Connection::open(to).map_err(|error| Error::ReadOnly {
        path: to.to_owned(),
        cause: error.to_string(),
    })?;
    // One moment's state: without it the copy would begin again whenever somebody writes.
    let moment = connection.unchecked_transaction().map_err(store)?;
    super::read::seq(&moment)?;
    let backup = Backup::new(&moment, &mut copy).map_err(store)?;
    loop {
        let step = backup.step(PAGES_AT_ONCE).map_err(store)?;
        let pages = backup.progress();
        let all = u64::try_from(pages.pagecount).unwrap_or_default();
        let left = u64::try_from(pages.remaining).unwrap_or_default();
        progress(all - left.min(all), all);
        match step {
            StepResult::Done => break,
            _ => std::thread::sleep(PAUSE),
        }
    }
    drop(backup);
    copy.close().map_err(|(_, error)| store(error))?;
    let file = std::fs::File::open(to).and_then(|file| file.sync_all());
    file.map_err(|error| Error::Store(format!("{} cannot be synced: {error}", to.display())))
}

/// What SQLite and the tables' own rules say.
pub fn check(connection: &Connection) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for pragma in ["integrity_check", "foreign_key_check"] {
        let checked = connection.pragma_query(None, pragma, |row| {
            let words = (0..row.as_ref().column_count()).map(|column| {
                let value = row.get_ref(column)?;
                Ok(match value {
                    rusqlite::types::ValueRef::Integer(n) => n.to_string(),
                    other => other
                        .as_str_or_null()
                        .ok()
                        .flatten()
                        .unwrap_or("-")
                        .to_owned(),
                })
            });
            findings.push(words.collect::<rusqlite::Result<Vec<_>>>()?.join(" "));
            Ok(())
        });
        match checked.map_err(store) {
            Ok(()) => {}
            Err(Error::Damaged(cause)) => findings.push(cause),
            Err(error) => return Err(error),
        }
    }
    findings.retain(|finding| finding != "ok");
    findings.truncate(FINDINGS_MAX);
    Ok(findings)
}

/// Bytes of the file and its log.
pub fn file_bytes(path: &Path) -> u64 {
    let files = [path.to_owned(), with_suffix(path, "-wal")];
    let sizes = files.iter().filter_map(|file| std::fs::metadata(file).ok());
    sizes.map(|data| data.len()).sum()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
