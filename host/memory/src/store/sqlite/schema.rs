//! The tables, version by version.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::errors::store;
use crate::{Error, Result};

/// One step from each version to the next; the number of them is the version as it is now.
const MIGRATIONS: [&str; 1] = [include_str!("schema-1.sql")];

/// What `user_version` says of the tables as they are now.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Brings the tables to the version of this program, in one transaction. Several processes may try at once.
///
/// # Errors
/// A newer program wrote the tables, or SQLite failed.
pub fn migrate(connection: &mut Connection) -> Result<()> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store)?;
    let version = version(&transaction)?;
    if version > SCHEMA_VERSION {
        return Err(Error::Newer(version));
    }
    let done = usize::try_from(version).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration).map_err(store)?;
    }
    if version < SCHEMA_VERSION {
        transaction
            .pragma_update(None, "user_version", SCHEMA_VERSION)
            .map_err(store)?;
    }
    transaction.commit().map_err(store)
}

fn version(transaction: &Transaction<'_>) -> Result<i64> {
    transaction
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(store)
}
