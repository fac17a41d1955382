//! Small reads that several parts need.

use rusqlite::{Connection, OptionalExtension as _};

use super::errors::store;
use crate::Result;
use crate::model::{EpisodeId, Step};
use crate::store::stored::parsed;

/// The number of the last change, and the generation of indexes.
pub fn seq(connection: &Connection) -> Result<(u64, u64)> {
    connection
        .prepare_cached("SELECT seq, generation FROM counter")
        .and_then(|mut statement| {
            statement.query_row([], |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
            })
        })
        .map_err(store)
}

/// Where an episode lies.
pub fn row(connection: &Connection, id: EpisodeId) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT row FROM episodes WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([id.as_bytes().as_slice()], |row| row.get(0))
                .optional()
        })
        .map_err(store)
}

/// The bytes of a step that is kept.
pub fn step_bytes(connection: &Connection, row: i64, number: u32) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT octet_length(body) FROM steps WHERE episode = ?1 AND number = ?2")
        .and_then(|mut statement| {
            statement
                .query_row(rusqlite::params![row, number], |row| row.get(0))
                .optional()
        })
        .map_err(store)
}

/// The steps of an episode, by number.
pub fn steps(connection: &Connection, id: EpisodeId) -> Result<Vec<Step>> {
    let mut statement = connection
        .prepare_cached(
            "SELECT body FROM steps WHERE episode = (SELECT row FROM episodes WHERE id = ?1) ORDER BY number",
        )
        .map_err(store)?;
    let mut rows = statement.query([id.as_bytes().as_slice()]).map_err(store)?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next().map_err(store)? {
        let body = row.get_ref(0).map_err(store)?;
        steps.push(parsed(body.as_str().unwrap_or_default())?);
    }
    Ok(steps)
}

/// An id as it lies in a column.
pub fn id(bytes: &[u8]) -> EpisodeId {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(bytes) {
        *to = *from;
    }
    EpisodeId::from_bytes(id)
}
