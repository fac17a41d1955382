//! Brings the index in memory up to the database: what this host wrote, and what others did.

use super::link::Session;
use super::transaction::REMOVED_KEPT;
use super::{read, select, vectors};
use crate::model::{Episode, EpisodeId};
use crate::store::index::{Entry, Index};
use crate::store::stored::{hashed, parsed, words_of_blob};
use crate::{Result, text};

/// Episodes that are read at once.
const BATCH: i64 = 2_000;

/// Whether something changed since the index was brought up to date.
pub fn is_behind(session: &Session, index: &Index) -> Result<bool> {
    let (seq, generation) = read::seq(session)?;
    Ok((seq as u64, generation as u64) != (index.seq, index.generation))
}

/// Takes in all changes since the last time; vectors only where the host searches them itself.
pub fn follow(session: &Session, index: &mut Index, with_vectors: bool) -> Result<()> {
    session.begin(read::BEGIN)?;
    let (seq, generation) = read::seq(session)?;
    if generation as u64 != index.generation || is_too_far_behind(session, index)? {
        *index = Index::default();
        index.generation = generation as u64;
    }
    let active = vectors::active(session)?.filter(|_| with_vectors);
    let model = active.as_ref().map(|model| model.model);
    index.set_key(active.map(|model| model.key));
    take_removed(session, index)?;
    take_changed(session, index, model)?;
    index.seq = seq as u64;
    index.settle();
    session.end("COMMIT")
}

/// Whether removals that the index does not know of were forgotten.
fn is_too_far_behind(session: &Session, index: &Index) -> Result<bool> {
    let row = session.row("SELECT count(*), coalesce(min(seq), 0) FROM removed", &[])?;
    let (kept, first): (i64, i64) = row.map_or((0, 0), |row| (row.get(0), row.get(1)));
    Ok(index.seq > 0 && kept >= REMOVED_KEPT && first as u64 > index.seq)
}

fn take_removed(session: &Session, index: &mut Index) -> Result<()> {
    let since = index.seq as i64;
    for row in session.rows("SELECT id FROM removed WHERE seq > $1", &[&since])? {
        index.remove(read::id(&row));
    }
    Ok(())
}

fn take_changed(session: &Session, index: &mut Index, model: Option<i64>) -> Result<()> {
    let changed = format!(
        "SELECT {}, words, stale, vectors.body, CASE WHEN stale THEN episodes.body END,
             coalesce((SELECT string_agg(tag, ' ') FROM tags WHERE tags.episode = place), ''), episodes.seq
         FROM episodes
         LEFT JOIN documents ON documents.episode = place
         LEFT JOIN vectors ON vectors.episode = place AND model = $2
         CROSS JOIN LATERAL (SELECT coalesce(documents.seq < text_seq, true) AS stale) AS document
         WHERE episodes.seq > $1
         ORDER BY episodes.seq LIMIT $3",
        select::FACTS
    );
    let mut since = index.seq as i64;
    loop {
        let rows = session.rows(&changed, &[&since, &model, &BATCH])?;
        for row in &rows {
            let facts = select::one(row)?;
            let is_stale: bool = row.get(11);
            let words = if is_stale {
                words_of_text(session, row.get(13), facts.id)?
            } else {
                words_of_blob(row.get::<_, Option<&[u8]>>(10).unwrap_or_default())
            };
            index.put(&Entry {
                facts: &facts,
                tags: row.get(14),
                words: &words,
                vector: row.get::<_, Option<&[u8]>>(12).unwrap_or_default(),
            });
            since = row.get(15);
        }
        if rows.len() < BATCH as usize {
            return Ok(());
        }
    }
}

/// Of an open episode that got steps, whose document was not made yet.
fn words_of_text(session: &Session, body: &str, id: EpisodeId) -> Result<Vec<(u32, u8)>> {
    let mut episode: Episode = parsed(body)?;
    episode.steps = read::steps(session, id)?;
    Ok(hashed(&text::document(&episode)))
}
