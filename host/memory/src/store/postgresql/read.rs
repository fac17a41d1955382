//! Small reads that several parts need.

use tokio_postgres::Row;

use super::link::Session;
use crate::model::{EpisodeId, Step};
use crate::store::stored::parsed;
use crate::{Error, Result};

/// One moment's state.
pub const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The number of the last change, and the generation of indexes.
pub fn seq(session: &Session) -> Result<(i64, i64)> {
    counter(session, "SELECT seq, generation FROM counter")
}

/// The same, and nobody else writes until the transaction ends.
pub fn lock(session: &Session) -> Result<(i64, i64)> {
    counter(session, "SELECT seq, generation FROM counter FOR UPDATE")
}

fn counter(session: &Session, sql: &str) -> Result<(i64, i64)> {
    let row = session.row(sql, &[])?;
    let row = row.ok_or_else(|| Error::Damaged("its counter is gone".to_owned()))?;
    Ok((row.get(0), row.get(1)))
}

/// The steps of an episode, by number.
pub fn steps(session: &Session, id: EpisodeId) -> Result<Vec<Step>> {
    let rows = session.rows(
        "SELECT body FROM steps WHERE episode = (SELECT place FROM episodes WHERE id = $1) ORDER BY number",
        &[&id.as_bytes().as_slice()],
    )?;
    rows.iter().map(|row| parsed(row.get(0))).collect()
}

/// The id in the first column.
pub fn id(row: &Row) -> EpisodeId {
    let bytes: &[u8] = row.get(0);
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(bytes) {
        *to = *from;
    }
    EpisodeId::from_bytes(id)
}
