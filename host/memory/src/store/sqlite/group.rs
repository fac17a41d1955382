//! Group commit: what several threads write at the same time becomes durable together, with one wait for the disk.
//!
//! A thread opens the transaction, does its work within a savepoint, and lets go of the connection. Those who wait for it do
//! theirs in the same transaction. The lock is handed on in the order of arrival, so that when a thread has it again,
//! everybody who waited has joined; whoever comes first then commits for all.

use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection;

use super::errors::store;
use super::transaction::{KnownWords, Tx};
use crate::store::WriteWork;
use crate::{Error, Result};

/// How the transaction of a group ended, once it has.
type End = Arc<OnceLock<Option<Error>>>;

/// The connection that writes, shared by all threads of the process.
#[derive(Debug)]
pub struct Group {
    writer: Mutex<Writer>,
}

#[derive(Debug)]
struct Writer {
    connection: Connection,
    open: Option<End>,
    words: KnownWords,
}

impl Group {
    pub fn new(connection: Connection) -> Self {
        let open = None;
        let words = KnownWords::default();
        Self {
            writer: Mutex::new(Writer {
                connection,
                open,
                words,
            }),
        }
    }

    /// Does the work in a transaction, with others', and returns once that is durable.
    pub fn write(&self, work: &mut WriteWork<'_>) -> Result<()> {
        let mut writer = self.writer.lock();
        let end = writer.begin()?;
        let done = writer.within_savepoint(work);
        MutexGuard::unlock_fair(writer);
        let mut writer = self.writer.lock();
        writer.end(&end);
        drop(writer);
        done?;
        match end.get() {
            Some(None) => Ok(()),
            Some(Some(error)) => Err(error.again()),
            None => Err(Error::Store("a group did not end".to_owned())),
        }
    }
}

impl Writer {
    fn begin(&mut self) -> Result<End> {
        if let Some(end) = &self.open {
            return Ok(Arc::clone(end));
        }
        self.connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(store)?;
        let end = End::default();
        self.open = Some(Arc::clone(&end));
        Ok(end)
    }

    fn within_savepoint(&mut self, work: &mut WriteWork<'_>) -> Result<()> {
        // What a panic took back is not known to be kept either.
        let mut words = std::mem::take(&mut self.words);
        let savepoint = Savepoint::new(&self.connection)?;
        let done = Tx::new(&self.connection, Some(&mut words)).and_then(|mut tx| {
            work(&mut tx)?;
            tx.finish()
        });
        match done {
            Ok(()) => {
                self.words = words;
                savepoint.keep()
            }
            Err(error) => {
                drop(savepoint);
                // Some errors end the whole transaction, with what others did before in it.
                if self.connection.is_autocommit() {
                    self.fail(error.again());
                }
                Err(error)
            }
        }
    }

    fn fail(&mut self, error: Error) {
        self.words.forget();
        if let Some(end) = self.open.take() {
            let _ = end.set(Some(error));
        }
    }

    /// Commits the group unless that was done already.
    fn end(&mut self, end: &End) {
        let is_mine = self
            .open
            .as_ref()
            .is_some_and(|open| Arc::ptr_eq(open, end));
        if !is_mine {
            return;
        }
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => {
                self.open = None;
                let _ = end.set(None);
            }
            Err(error) => {
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "a transaction of the memory could not be taken back");
                }
                self.fail(store(error));
            }
        }
    }
}

/// Takes back what was done since, unless it is kept; also when the work panics.
struct Savepoint<'a> {
    connection: Option<&'a Connection>,
}

impl<'a> Savepoint<'a> {
    fn new(connection: &'a Connection) -> Result<Self> {
        execute(connection, "SAVEPOINT work").map_err(store)?;
        let connection = Some(connection);
        Ok(Self { connection })
    }

    fn keep(mut self) -> Result<()> {
        match self.connection.take() {
            Some(connection) => execute(connection, "RELEASE work").map_err(store),
            None => Ok(()),
        }
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK TO work; RELEASE work")
        {
            tracing::error!(%error, "a change of the memory could not be taken back");
        }
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
