//! PostgreSQL, for whatever else a host keeps where its memory is: over the same connections, in a schema of its own.

pub use crate::store::postgresql::{
    CONNECTIONS_MAX, CONNECTIONS_SHARE_MAX, Link, Listening, Params, PostgresUrl, Session, Tables,
    bring_up,
};
pub use tokio_postgres::Row;
