//! The store of several machines: a PostgreSQL database that their hosts share.
//!
//! It keeps what the SQLite store keeps, in tables of a schema of its own, `vesicle_memory`. All writes lock one row first, so
//! that what a transaction reads, nobody changes before it is done, on whichever machine.

mod check;
mod errors;
mod follow;
mod group;
mod link;
mod listen;
mod nearest;
mod pool;
mod read;
mod records;
mod schema;
mod select;
mod tls;
mod transaction;
mod url;
mod vectors;
mod words;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{RwLock, RwLockWriteGuard};

use super::index::Index;
use super::{Candidate, Filter, Frequencies, ReadWork, Search, Store, Usage, WriteWork};
use crate::{Error, Result};
use group::Group;
pub use link::{Link, Params, Session};
pub use listen::Listening;
pub use schema::{Tables, bring_up};
use transaction::Tx;
pub use url::PostgresUrl;

/// Connections of one host at most, whatever it keeps in the database; those that wait for notifications are beside them.
pub const CONNECTIONS_MAX: usize = 16;
/// How many of them one memory may have at once, so that no account keeps the others waiting.
pub const CONNECTIONS_SHARE_MAX: usize = 8;
/// How long a connection may take to come about.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one waits for another host that is writing, and for a free connection.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server works on one statement.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long is waited for an answer; longer than the server works on it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(35);
/// How long is waited for what may take long: new tables for all that is kept, or a look at all of it.
const PATIENCE_MAX: Duration = Duration::from_secs(3_600);
/// How long a host may leave a transaction open and say nothing, as one that lost its power does, before the server ends it.
const IDLE_IN_TRANSACTION_MAX: Duration = Duration::from_secs(20);
/// How many of the nearest vectors HNSW looks at: more make it slower and surer.
const HNSW_LOOKED_AT: u32 = 400;
/// After how much silence a connection is asked whether it is there still.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
/// How long what was sent may stay without an answer of the other machine.
const UNANSWERED_MAX: Duration = Duration::from_secs(30);

/// A store in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    link: Arc<Link>,
    group: Group,
    index: RwLock<Index>,
    has_pgvector: bool,
}

impl PostgresStore {
    /// Connects, and makes the tables or brings them up to date.
    ///
    /// # Errors
    /// The server is not there, does not let us in, is too old, or a newer program wrote the tables.
    pub fn open(url: &PostgresUrl) -> Result<Self> {
        let link = Arc::new(Link::new(url)?);
        let has_pgvector = schema::migrate(&link.session()?, &url.schema)?;
        Ok(Self {
            group: Group::new(Arc::clone(&link)),
            link,
            index: RwLock::default(),
            has_pgvector,
        })
    }

    /// Whether vectors are searched by the extension, with HNSW, and not in the host's memory.
    pub fn has_pgvector(&self) -> bool {
        self.has_pgvector
    }

    /// Works with an index that has all that was written before.
    fn with_index<T>(&self, work: impl FnOnce(&Index, &Session) -> Result<T>) -> Result<T> {
        let session = self.link.session()?;
        let index = self.index.read();
        if !follow::is_behind(&session, &index)? {
            return work(&index, &session);
        }
        drop(index);
        let mut index = self.index.write();
        if follow::is_behind(&session, &index)? {
            follow::follow(&session, &mut index, !self.has_pgvector)?;
        }
        let index = RwLockWriteGuard::downgrade(index);
        work(&index, &session)
    }
}

impl Store for PostgresStore {
    fn read(&self, work: &mut ReadWork<'_>) -> Result<()> {
        let session = self.link.begin(read::BEGIN)?;
        work(&mut Tx::reading(&session))?;
        session.end("COMMIT")
    }

    fn write(&self, work: &mut WriteWork<'_>) -> Result<()> {
        self.group.write(self.has_pgvector, work)
    }

    fn search(&self, search: &Search) -> Result<Vec<Candidate>> {
        self.with_index(|index, session| {
            if self.has_pgvector {
                nearest::search(index, session, search)
            } else {
                Ok(index.search(search))
            }
        })
    }

    fn count(&self, filter: &Filter) -> Result<u64> {
        self.with_index(|index, _| Ok(index.count(filter)))
    }

    fn frequencies(&self, words: &[String]) -> Result<Frequencies> {
        self.with_index(|index, _| Ok(index.frequencies(words)))
    }

    fn similar_words(&self, word: &str, limit: usize) -> Result<Vec<String>> {
        words::similar(&self.link.session()?, word, limit)
    }

    fn backup(&self, _: &Path, _: &mut dyn FnMut(u64, u64)) -> Result<()> {
        Err(Error::Invalid(format!(
            "a memory in PostgreSQL is copied by PostgreSQL's own means: `pg_dump --schema=vesicle_memory` at {}, or `vesicle memory export`",
            self.link.url()
        )))
    }

    fn check(&self) -> Result<Vec<String>> {
        check::check(&self.link.session()?)
    }

    fn usage(&self) -> Result<Usage> {
        let index_bytes = self.index.read().bytes();
        Ok(Usage {
            backend: "postgresql",
            place: self.link.url().to_string(),
            schema_version: schema::SCHEMA_VERSION,
            bytes: check::bytes(&self.link.session()?)?,
            index_bytes,
        })
    }
}
