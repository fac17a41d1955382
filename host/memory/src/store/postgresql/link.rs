//! Connections to the server: a bounded number, each with the same settings, and none that outlives an answer which never
//! came.
//!
//! The client wants tokio, and a store is called from any thread, tokio's own too. So connections live on a small runtime of
//! the store's, and whoever calls waits on the thread at hand.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::errors::{closed_or, link_failed, server_failed, share_is_used_up, unanswered};
use super::pool::{Connections, Object};
use super::{ANSWER_TIMEOUT, BUSY_TIMEOUT, CONNECTIONS_SHARE_MAX, PATIENCE_MAX, PostgresUrl};
use crate::Result;

/// Values of a statement's parameters.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The way to one schema of a database.
#[derive(Debug)]
pub struct Link {
    url: PostgresUrl,
    connections: Arc<Connections>,
    share: Arc<Semaphore>,
}

impl Link {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// The certificates that the URL names cannot be used, or the system gives no thread.
    pub fn new(url: &PostgresUrl) -> Result<Self> {
        Ok(Self {
            connections: url.pool.connections(url)?,
            url: url.clone(),
            share: Arc::new(Semaphore::new(CONNECTIONS_SHARE_MAX)),
        })
    }

    /// Where it leads.
    pub fn url(&self) -> &PostgresUrl {
        &self.url
    }

    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// A connection that nobody else has, for as long as it is held.
    ///
    /// # Errors
    /// The server is not there, or does not let us in; or none is free.
    pub fn session(self: &Arc<Self>) -> Result<Session> {
        let taken = self.wait(ANSWER_TIMEOUT, async {
            let share = Arc::clone(&self.share).acquire_owned();
            let Ok(Ok(share)) = tokio::time::timeout(BUSY_TIMEOUT, share).await else {
                return Err(share_is_used_up());
            };
            let taken = self.connections.pool.get().await;
            let mut object = taken.map_err(|error| link_failed(&self.url, &error))?;
            if let Err(error) = object.set_schema(&self.url.schema).await {
                // Another may be well: one that was kept and is gone meanwhile is found so.
                let is_closed = object.is_closed();
                drop(Object::take(object));
                if !is_closed {
                    return Err(server_failed(&self.url, &error));
                }
                let taken = self.connections.pool.get().await;
                object = taken.map_err(|error| link_failed(&self.url, &error))?;
                let set = object.set_schema(&self.url.schema).await;
                set.map_err(|error| server_failed(&self.url, &error))?;
            }
            Ok((object, share))
        });
        let (object, share) = taken?;
        Ok(Session {
            object: Some(object),
            link: Arc::clone(self),
            is_open: Cell::new(false),
            patience: Cell::new(ANSWER_TIMEOUT),
            _share: share,
        })
    }

    /// A connection with a transaction, opened by a statement that does. One that was kept and is gone meanwhile, as after a
    /// restart of the server, is another's turn.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn begin(self: &Arc<Self>, sql: &str) -> Result<Session> {
        let session = self.session()?;
        match session.begin(sql) {
            Err(_) if session.is_broken() => {}
            began => return began.map(|()| session),
        }
        let session = self.session()?;
        session.begin(sql)?;
        Ok(session)
    }

    fn wait<T>(&self, patience: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(runtime) = self.connections.runtime() else {
            return Err(unanswered(&self.url));
        };
        let _within = runtime.enter();
        // A task has so many steps before it must yield, and then its wakers wait for that. Whoever waits here inside of a task
        // does not yield, and would wait for ever.
        let bounded = tokio::task::unconstrained(tokio::time::timeout(patience, work));
        match futures_executor::block_on(bounded) {
            Ok(done) => done,
            Err(_) => Err(unanswered(&self.url)),
        }
    }
}

/// A connection of the pool. It goes back there unless a transaction is open on it, or it is broken.
#[derive(Debug)]
pub struct Session {
    object: Option<Object>,
    link: Arc<Link>,
    is_open: Cell<bool>,
    /// How long is waited for an answer.
    patience: Cell<Duration>,
    _share: OwnedSemaphorePermit,
}

impl Session {
    /// Rows of a query. The statement stays prepared.
    ///
    /// # Errors
    /// What the server says, or that it says nothing.
    pub fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        self.run(async |client| {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, params).await
        })
    }

    /// The first row, when there is one.
    ///
    /// # Errors
    /// What the server says, or that it says nothing.
    pub fn row(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        Ok(self.rows(sql, params)?.into_iter().next())
    }

    /// How many rows were changed.
    ///
    /// # Errors
    /// What the server says, or that it says nothing.
    pub fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64> {
        self.run(async |client| {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, params).await
        })
    }

    /// Statements without parameters.
    ///
    /// # Errors
    /// What the server says, or that it says nothing.
    pub fn batch(&self, sql: &str) -> Result<()> {
        self.run(async |client| client.batch_execute(sql).await)
    }

    /// Opens a transaction by a statement that does.
    ///
    /// # Errors
    /// What the server says, or that it says nothing.
    pub fn begin(&self, sql: &str) -> Result<()> {
        self.is_open.set(true);
        self.batch(sql)
    }

    /// Lets the transaction that is open take long, as when all rows are looked at.
    ///
    /// # Errors
    /// What the server says, or that it says nothing.
    pub fn take_time(&self) -> Result<()> {
        self.patience.set(PATIENCE_MAX);
        self.batch("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
    }

    /// Ends the transaction by a statement that does. Where this fails the connection is given up, and with it what was open.
    ///
    /// # Errors
    /// What the server says, or that it says nothing.
    pub fn end(&self, sql: &str) -> Result<()> {
        let ended = self.batch(sql);
        if ended.is_ok() {
            self.is_open.set(false);
            self.patience.set(ANSWER_TIMEOUT);
        }
        ended
    }

    /// Whether nothing can be asked on it any more.
    pub fn is_broken(&self) -> bool {
        self.object.as_ref().is_none_or(|client| client.is_closed())
    }

    fn run<T>(
        &self,
        work: impl AsyncFnOnce(&Object) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T> {
        let url = &self.link.url;
        let Some(client) = &self.object else {
            return Err(unanswered(url));
        };
        let mut answered = false;
        let done = self.link.wait(self.patience.get(), async {
            let done = work(client).await;
            answered = true;
            done.map_err(|error| closed_or(url, client.is_closed(), || server_failed(url, &error)))
        });
        if !answered {
            // An answer that comes later must not be taken for another's.
            self.is_open.set(true);
        }
        done
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.is_open.get()
            && let Some(object) = self.object.take()
        {
            // Nothing of it is kept: the server takes back what was open when the connection ends.
            drop(Object::take(object));
        }
    }
}
