//! What lies in the database of the memory: whatever a host would keep on its own machine, unless it was given a place there.

use vesicle_memory::database::PostgresUrl;

use super::{
    Settled,
    value::{Origin, Value},
};

/// The database that has what this key gives a place to; none where there is no database, or somebody named a place. A place
/// that is not used is not told.
pub(super) fn in_database(settled: &mut Settled, key: &str) -> Option<PostgresUrl> {
    let url = of(settled)?;
    if let Some(row) = settled.row(key) {
        let is_given = !matches!(row.origin, Origin::Default) && row.follows.is_none();
        if is_given {
            return None;
        }
    }
    settled.0.retain(|row| row.key != key);
    Some(url)
}

/// The database.
pub(super) fn of(settled: &mut Settled) -> Option<PostgresUrl> {
    match settled.value("memory.url") {
        Some(Value::Database(url)) => Some(url.clone()),
        _ => None,
    }
}
