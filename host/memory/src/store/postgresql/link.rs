//! Connections to the server: a bounded number, each with the same settings, and none that outlives an answer which never
//! came.
//!
//! The client wants tokio, and a store is called from any thread, tokio's own too. So connections live on a small runtime of
//! the store's, and whoever calls waits on the thread at hand.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::errors::{closed_or, link_failed, server_failed, unanswered};
use super::{
    ANSWER_TIMEOUT, BUSY_TIMEOUT, CONNECT_TIMEOUT, CONNECTIONS_MAX, HNSW_LOOKED_AT,
    IDLE_IN_TRANSACTION_MAX, PATIENCE_MAX, PostgresUrl, STATEMENT_TIMEOUT, tls,
};
use crate::{Error, Result};

/// Values of a statement's parameters.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The way to one database.
pub struct Link {
    url: PostgresUrl,
    pool: Pool,
    /// Taken when the link is dropped.
    runtime: Option<tokio::runtime::Runtime>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Link").field(&self.url).finish()
    }
}

impl Link {
    /// Nothing is connected yet.
    pub fn new(url: &PostgresUrl) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("vesicle-postgresql")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::Unavailable(format!(
                    "no thread can be started: {error}; look at the limits of this user"
                ))
            })?;
        let manager = Manager::from_config(
            (*url.config).clone(),
            tls::connector(url)?,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let settings: Arc<str> = settings(&url.schema).into();
        let settle = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let settings = Arc::clone(&settings);
            Box::pin(async move {
                let done = client.batch_execute(&settings).await;
                done.map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS_MAX)
            .timeouts(Timeouts {
                wait: Some(BUSY_TIMEOUT),
                create: Some(CONNECT_TIMEOUT),
                recycle: Some(CONNECT_TIMEOUT),
            })
            .runtime(Runtime::Tokio1)
            .post_create(settle)
            .build()
            .map_err(|error| Error::Store(error.to_string()))?;
        Ok(Self {
            url: url.clone(),
            pool,
            runtime: Some(runtime),
        })
    }

    pub fn url(&self) -> &PostgresUrl {
        &self.url
    }

    /// A connection that nobody else has, for as long as it is held.
    pub fn session(self: &Arc<Self>) -> Result<Session> {
        let object = self.wait(ANSWER_TIMEOUT, async { Ok(self.pool.get().await) })?;
        Ok(Session {
            object: Some(object.map_err(|error| link_failed(&self.url, &error))?),
            link: Arc::clone(self),
            is_open: Cell::new(false),
            patience: Cell::new(ANSWER_TIMEOUT),
        })
    }

    /// A connection with a transaction, opened by a statement that does. One that was kept and is gone meanwhile, as after a
    /// restart of the server, is another's turn.
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
        let Some(runtime) = &self.runtime else {
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

impl Drop for Link {
    fn drop(&mut self) {
        self.pool.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What holds for every connection. What is of pgvector is a name like any other to a server without it. Where pgvector may lie is looked at after our own tables.
fn settings(schema: &str) -> String {
    format!(
        "SET search_path = {schema}, public, extensions;
         SET statement_timeout = {};
         SET lock_timeout = {};
         SET idle_in_transaction_session_timeout = {};
         SET client_min_messages = warning;
         SET extra_float_digits = 3;
         SET synchronous_commit = on;
         SET hnsw.ef_search = {HNSW_LOOKED_AT}",
        STATEMENT_TIMEOUT.as_millis(),
        BUSY_TIMEOUT.as_millis(),
        IDLE_IN_TRANSACTION_MAX.as_millis(),
    )
}

/// A connection of the pool. It goes back there unless a transaction is open on it, or it is broken.
#[derive(Debug)]
pub struct Session {
    object: Option<Object>,
    link: Arc<Link>,
    is_open: Cell<bool>,
    /// How long is waited for an answer.
    patience: Cell<Duration>,
}

impl Session {
    /// Rows of a query. The statement stays prepared.
    pub fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        self.run(async |client| {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, params).await
        })
    }

    /// The first row, when there is one.
    pub fn row(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        Ok(self.rows(sql, params)?.into_iter().next())
    }

    /// How many rows were changed.
    pub fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64> {
        self.run(async |client| {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, params).await
        })
    }

    /// Statements without parameters.
    pub fn batch(&self, sql: &str) -> Result<()> {
        self.run(async |client| client.batch_execute(sql).await)
    }

    /// Opens a transaction by a statement that does.
    pub fn begin(&self, sql: &str) -> Result<()> {
        self.is_open.set(true);
        self.batch(sql)
    }

    /// Lets the transaction that is open take long, as when all rows are looked at.
    pub fn take_time(&self) -> Result<()> {
        self.patience.set(PATIENCE_MAX);
        self.batch("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
    }

    /// Ends the transaction by a statement that does. Where this fails the connection is given up, and with it what was open.
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
