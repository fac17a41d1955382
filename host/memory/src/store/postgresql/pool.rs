//! The connections of a process to one database. All that it keeps there goes over them, each account's memory too, so that
//! what a server has to bear is known beforehand. A connection is set to the schema of whoever has it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Pool, RecycleResult, Timeouts};
use deadpool_postgres::{ClientWrapper, ManagerConfig, RecyclingMethod};
use parking_lot::Mutex;

use super::{
    BUSY_TIMEOUT, CONNECT_TIMEOUT, CONNECTIONS_MAX, HNSW_LOOKED_AT, IDLE_IN_TRANSACTION_MAX,
    PostgresUrl, STATEMENT_TIMEOUT, tls,
};
use crate::{Error, Result};

/// A connection that is taken out of the pool.
pub type Object = managed::Object<Manager>;

/// The pool, and the small runtime that its connections live on.
#[derive(Debug)]
pub struct Connections {
    pub pool: Pool<Manager>,
    /// Taken when it is dropped.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Connections {
    fn new(url: &PostgresUrl) -> Result<Self> {
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
        let manager = deadpool_postgres::Manager::from_config(
            (*url.config).clone(),
            tls::connector(url)?,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(Manager(manager))
            .max_size(CONNECTIONS_MAX)
            .timeouts(Timeouts {
                wait: Some(BUSY_TIMEOUT),
                create: Some(CONNECT_TIMEOUT),
                recycle: Some(CONNECT_TIMEOUT),
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Store(error.to_string()))?;
        Ok(Self {
            pool,
            runtime: Some(runtime),
        })
    }

    pub fn runtime(&self) -> Option<&tokio::runtime::Runtime> {
        self.runtime.as_ref()
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.pool.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A place for the connections of one URL, made when they are first wanted. Clones share it.
#[derive(Clone, Default)]
pub struct SharedPool(Arc<Mutex<Option<Arc<Connections>>>>);

impl SharedPool {
    /// The connections to where `url` leads.
    pub fn connections(&self, url: &PostgresUrl) -> Result<Arc<Connections>> {
        let mut made = self.0.lock();
        if let Some(made) = &*made {
            return Ok(Arc::clone(made));
        }
        let connections = Arc::new(Connections::new(url)?);
        *made = Some(Arc::clone(&connections));
        Ok(connections)
    }
}

/// Whether anybody connected yet is nothing that tells one URL from another.
impl PartialEq for SharedPool {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SharedPool {}

/// Makes connections, each with the same settings.
pub struct Manager(deadpool_postgres::Manager);

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Manager")
    }
}

/// A connection, and the schema that its names are looked up in.
#[derive(Debug)]
pub struct Connection {
    client: ClientWrapper,
    schema: Option<String>,
}

impl Connection {
    /// Looks names up in this schema from now on. Where pgvector may lie is looked at after our own tables.
    pub async fn set_schema(&mut self, schema: &str) -> Result<(), tokio_postgres::Error> {
        if self.schema.as_deref() == Some(schema) {
            return Ok(());
        }
        self.schema = None;
        let set = format!("SET search_path = {schema}, public, extensions");
        self.client.batch_execute(&set).await?;
        self.schema = Some(schema.to_owned());
        Ok(())
    }
}

impl Deref for Connection {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Connection, tokio_postgres::Error> {
        let client = self.0.create().await?;
        client.batch_execute(&settings()).await?;
        Ok(Connection {
            client,
            schema: None,
        })
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<tokio_postgres::Error> {
        self.0.recycle(&mut connection.client, metrics).await
    }

    fn detach(&self, connection: &mut Connection) {
        self.0.detach(&mut connection.client);
    }
}

/// What holds for every connection. What is of pgvector is a name like any other to a server without it.
fn settings() -> String {
    format!(
        "SET statement_timeout = {};
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
