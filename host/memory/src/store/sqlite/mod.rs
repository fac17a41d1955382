//! The store of one machine: an SQLite file in the user's own directory, which several processes may share.

mod backup;
mod errors;
mod follow;
mod group;
mod open;
mod read;
mod records;
mod schema;
mod select;
mod transaction;
mod vectors;

use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;

use super::index::Index;
use super::{Candidate, Filter, Frequencies, ReadWork, Search, Store, Usage, WriteWork};
use crate::Result;
use errors::store;
use group::Group;
use transaction::Tx;

/// How long a process waits for another that is writing.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections for reading that are kept open.
const READERS_KEPT: usize = 8;

/// What can be chosen about the file.
#[derive(Debug, Clone, Default)]
pub struct SqliteOptions {
    /// How large the file may become, in bytes. What would make it larger fails as on a full disk.
    pub bytes_max: Option<u64>,
}

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    group: Group,
    readers: Mutex<Vec<Connection>>,
    index: RwLock<Index>,
}

impl SqliteStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// The file is damaged (it is moved aside), cannot be written, or is of a newer program.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self> {
        let writer = open::writer(path, options)?;
        Ok(Self {
            path: path.to_owned(),
            group: Group::new(writer),
            readers: Mutex::default(),
            index: RwLock::default(),
        })
    }

    fn with_reader<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let kept = self.readers.lock().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => open::reader(&self.path)?,
        };
        let done = work(&connection);
        let mut readers = self.readers.lock();
        if readers.len() < READERS_KEPT && connection.is_autocommit() {
            readers.push(connection);
        }
        done
    }

    /// Works with an index that has all that was written before.
    fn with_index<T>(&self, work: impl FnOnce(&Index) -> T) -> Result<T> {
        self.with_reader(|connection| {
            let index = self.index.read();
            if !follow::is_behind(connection, &index)? {
                return Ok(work(&index));
            }
            drop(index);
            let mut index = self.index.write();
            if follow::is_behind(connection, &index)? {
                follow::follow(connection, &mut index)?;
            }
            let index = parking_lot::RwLockWriteGuard::downgrade(index);
            Ok(work(&index))
        })
    }
}

impl Store for SqliteStore {
    fn read(&self, work: &mut ReadWork<'_>) -> Result<()> {
        self.with_reader(|connection| {
            let transaction = connection.unchecked_transaction().map_err(store)?;
            work(&mut Tx::new(&transaction, None)?)
        })
    }

    fn write(&self, work: &mut WriteWork<'_>) -> Result<()> {
        self.group.write(work)
    }

    fn search(&self, search: &Search) -> Result<Vec<Candidate>> {
        self.with_index(|index| index.search(search))
    }

    fn count(&self, filter: &Filter) -> Result<u64> {
        self.with_index(|index| index.count(filter))
    }

    fn frequencies(&self, words: &[String]) -> Result<Frequencies> {
        self.with_index(|index| index.frequencies(words))
    }

    fn similar_words(&self, word: &str, limit: usize) -> Result<Vec<String>> {
        self.with_reader(|connection| vectors::similar_words(connection, word, limit))
    }

    fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
        self.with_reader(|connection| backup::backup(connection, to, progress))
    }

    fn check(&self) -> Result<Vec<String>> {
        self.with_reader(backup::check)
    }

    fn usage(&self) -> Result<Usage> {
        let index_bytes = self.index.read().bytes();
        Ok(Usage {
            backend: "sqlite",
            place: self.path.display().to_string(),
            schema_version: schema::SCHEMA_VERSION,
            bytes: backup::file_bytes(&self.path),
            index_bytes,
        })
    }
}
