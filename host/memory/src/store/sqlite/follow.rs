//! Brings the index in memory up to the file: what this process wrote, and what others did.

use rusqlite::{Connection, Row, params};

use super::errors::store;
use super::transaction::REMOVED_KEPT;
use super::vectors;
use super::{read, select};
use crate::model::Episode;
use crate::store::Facts;
use crate::store::index::{Entry, Index};
use crate::store::stored::{hashed, parsed, words_of_blob};
use crate::{Result, text};

/// Whether something changed since the index was brought up to date.
pub fn is_behind(connection: &Connection, index: &Index) -> Result<bool> {
    Ok(read::seq(connection)? != (index.seq, index.generation))
}

/// Takes in all changes since the last time.
pub fn follow(connection: &Connection, index: &mut Index) -> Result<()> {
    let transaction = connection.unchecked_transaction().map_err(store)?;
    let (seq, generation) = read::seq(&transaction)?;
    if generation != index.generation || is_too_far_behind(&transaction, index)? {
        *index = Index::default();
        index.generation = generation;
    }
    let active = vectors::active(&transaction)?;
    let model = active.as_ref().map(|(model, _)| *model);
    index.set_key(active.map(|(_, key)| key));
    take_removed(&transaction, index)?;
    take_changed(&transaction, index, model)?;
    index.seq = seq;
    index.settle();
    transaction.finish().map_err(store)
}

/// Whether removals that the index does not know of were forgotten.
fn is_too_far_behind(connection: &Connection, index: &Index) -> Result<bool> {
    let (kept, first): (i64, i64) = connection
        .prepare_cached("SELECT count(*), coalesce(min(seq), 0) FROM removed")
        .and_then(|mut statement| statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(store)?;
    Ok(index.seq > 0 && kept as u64 >= REMOVED_KEPT && (first as u64) > index.seq)
}

fn take_removed(connection: &Connection, index: &mut Index) -> Result<()> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM removed WHERE seq > ?1")
        .map_err(store)?;
    let mut rows = statement.query([index.seq as i64]).map_err(store)?;
    while let Some(row) = rows.next().map_err(store)? {
        let id = row.get_ref(0).map_err(store)?;
        index.remove(read::id(id.as_blob().unwrap_or_default()));
    }
    Ok(())
}

const CHANGED: &str = "
    SELECT id, domain, task_type, complexity, outcome, start_us, end_us, steps, reward, quality,
        words, coalesce(documents.seq < text_seq, 1), vectors.body, episodes.body,
        coalesce((SELECT group_concat(tag, ' ') FROM tags WHERE tags.episode = row), '')
    FROM episodes
    LEFT JOIN documents ON documents.episode = row
    LEFT JOIN vectors ON vectors.episode = row AND model = ?2
    WHERE episodes.seq > ?1
    ORDER BY episodes.seq";

fn take_changed(connection: &Connection, index: &mut Index, model: Option<i64>) -> Result<()> {
    let mut statement = connection.prepare_cached(CHANGED).map_err(store)?;
    let mut rows = statement
        .query(params![index.seq as i64, model])
        .map_err(store)?;
    while let Some(row) = rows.next().map_err(store)? {
        let facts = select::one(row)?;
        let is_stale: bool = row.get(11).map_err(store)?;
        let words = if is_stale {
            words_of_text(connection, row, &facts)?
        } else {
            words_of_blob(
                row.get_ref(10)
                    .map_err(store)?
                    .as_blob()
                    .unwrap_or_default(),
            )
        };
        let vector = row.get_ref(12).map_err(store)?;
        let vector = vector.as_blob_or_null().ok().flatten().unwrap_or_default();
        let tags = row.get_ref(14).map_err(store)?;
        index.put(&Entry {
            facts: &facts,
            tags: tags.as_str().unwrap_or_default(),
            words: &words,
            vector,
        });
    }
    Ok(())
}

/// Of an open episode that got steps, whose document was not made yet.
fn words_of_text(connection: &Connection, row: &Row<'_>, facts: &Facts) -> Result<Vec<(u32, u8)>> {
    let body = row.get_ref(13).map_err(store)?;
    let mut episode: Episode = parsed(body.as_str().unwrap_or_default())?;
    episode.steps = read::steps(connection, facts.id)?;
    Ok(hashed(&text::document(&episode)))
}
