//! Episodes and steps within a transaction.

use rusqlite::{Connection, OptionalExtension as _, params};
use rustc_hash::FxHashSet;

use super::errors::store;
use super::{read, records, select, vectors};
use crate::model::{Episode, EpisodeId, Step};
use crate::store::stored::{body_without_steps, json, parsed};
use crate::store::{
    Document, Facts, Filter, Order, Page, Read, Record, RecordKind, Records, Standing, Totals,
    Write,
};
use crate::{Error, Result};

/// How many removed episodes are remembered for indexes that have them still; an index that is further behind is made anew.
pub const REMOVED_KEPT: u64 = 10_000;

/// A transaction on a connection.
#[derive(Debug)]
pub struct Tx<'a> {
    pub(super) connection: &'a Connection,
    seq: u64,
    began_at: u64,
    /// The episode that was changed last, and where it lies: changes of one come together.
    touched: Option<(EpisodeId, i64)>,
    /// Where it is known which words are kept.
    words: Option<&'a mut KnownWords>,
}

/// Hashes of words that the file has; looking there for each word of each episode costs more than all else that is written.
#[derive(Debug, Default)]
pub struct KnownWords(FxHashSet<u32>);

/// Words that are remembered.
const KNOWN_WORDS_MAX: usize = 500_000;

impl KnownWords {
    /// Whether the word was not known, and is now.
    pub fn insert(&mut self, hash: u32) -> bool {
        if self.0.len() >= KNOWN_WORDS_MAX {
            self.0.clear();
        }
        self.0.insert(hash)
    }

    /// After something was taken back, which may have been words.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

impl<'a> Tx<'a> {
    pub fn new(connection: &'a Connection, words: Option<&'a mut KnownWords>) -> Result<Self> {
        let seq = read::seq(connection)?.0;
        Ok(Self {
            connection,
            seq,
            began_at: seq,
            touched: None,
            words,
        })
    }

    /// Keeps the number of the last change.
    pub fn finish(self) -> Result<()> {
        if self.seq > self.began_at {
            self.connection
                .prepare_cached("UPDATE counter SET seq = ?1")
                .and_then(|mut statement| statement.execute([self.seq as i64]))
                .map_err(store)?;
        }
        Ok(())
    }

    pub(super) fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq as i64
    }

    pub(super) fn execute(&self, sql: &str, params: impl rusqlite::Params) -> Result<usize> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params))
            .map_err(store)
    }

    fn row(&self, id: EpisodeId) -> Result<i64> {
        match self.touched {
            Some((touched, row)) if touched == id => Ok(row),
            _ => read::row(self.connection, id)?.ok_or_else(|| Error::no_episode(id)),
        }
    }

    /// Sees to it that the episode counts as changed in this transaction; where it lies.
    fn touch(&mut self, id: EpisodeId) -> Result<i64> {
        let row = self.row(id)?;
        if self.touched != Some((id, row)) {
            let seq = self.next_seq();
            self.execute(
                "UPDATE episodes SET seq = ?2 WHERE row = ?1",
                params![row, seq],
            )?;
            self.touched = Some((id, row));
        }
        Ok(row)
    }

    fn put_tags(&self, row: i64, tags: &[String]) -> Result<()> {
        for tag in tags {
            self.execute(
                "INSERT OR IGNORE INTO tags (tag, episode) VALUES (?1, ?2)",
                params![tag, row],
            )?;
        }
        Ok(())
    }
}

impl Read for Tx<'_> {
    fn standing(&mut self, id: EpisodeId) -> Result<Option<Standing>> {
        self.connection
            .prepare_cached(
                "SELECT domain, outcome IS NOT NULL, steps, body_bytes + step_bytes FROM episodes WHERE id = ?1",
            )
            .and_then(|mut statement| {
                statement
                    .query_row([id.as_bytes().as_slice()], |row| {
                        Ok(Standing {
                            domain: row.get(0)?,
                            completed: row.get(1)?,
                            steps: row.get::<_, i64>(2)? as usize,
                            bytes: row.get::<_, i64>(3)? as usize,
                        })
                    })
                    .optional()
            })
            .map_err(store)
    }

    fn episode(&mut self, id: EpisodeId) -> Result<Option<Episode>> {
        let body: Option<String> = self
            .connection
            .prepare_cached("SELECT body FROM episodes WHERE id = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([id.as_bytes().as_slice()], |row| row.get(0))
                    .optional()
            })
            .map_err(store)?;
        body.as_deref().map(parsed).transpose()
    }

    fn steps(&mut self, id: EpisodeId) -> Result<Vec<Step>> {
        read::steps(self.connection, id)
    }

    fn step(&mut self, id: EpisodeId, number: u32) -> Result<Option<Step>> {
        let body: Option<String> = self
            .connection
            .prepare_cached(
                "SELECT body FROM steps WHERE episode = (SELECT row FROM episodes WHERE id = ?1) AND number = ?2",
            )
            .and_then(|mut statement| {
                statement
                    .query_row(params![id.as_bytes().as_slice(), number], |row| row.get(0))
                    .optional()
            })
            .map_err(store)?;
        body.as_deref().map(parsed).transpose()
    }

    fn list(&mut self, filter: &Filter, order: Order, page: Page) -> Result<Vec<EpisodeId>> {
        select::list(self.connection, filter, order, page)
    }

    fn totals(&mut self, filter: &Filter) -> Result<Totals> {
        select::totals(self.connection, filter)
    }

    fn facts(&mut self, filter: &Filter, page: Page) -> Result<Vec<Facts>> {
        select::facts(self.connection, filter, page)
    }

    fn without_vector(&mut self, key: &str, limit: usize) -> Result<Vec<EpisodeId>> {
        vectors::missing(self.connection, key, limit)
    }

    fn active_vectors(&mut self) -> Result<Option<String>> {
        Ok(vectors::active(self.connection)?.map(|(_, key)| key))
    }

    fn record(&mut self, kind: RecordKind, id: &str) -> Result<Option<Record>> {
        records::one(self.connection, kind, id)
    }

    fn records(&mut self, wanted: &Records<'_>) -> Result<Vec<Record>> {
        records::some(self.connection, wanted)
    }

    fn count_records(&mut self, wanted: &Records<'_>) -> Result<(u64, u64)> {
        records::count(self.connection, wanted)
    }
}

impl Write for Tx<'_> {
    fn put_episode(&mut self, episode: &Episode) -> Result<()> {
        let body = body_without_steps(episode)?;
        let id = episode.episode_id.as_bytes().as_slice();
        let before = read::row(self.connection, episode.episode_id)?;
        let seq = self.next_seq();
        self.execute(
            "INSERT INTO episodes (id, seq, text_seq, domain, task_type, complexity, outcome, start_us, end_us, reward, quality,
                 steps, body_bytes, step_bytes, body)
             VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, 0, ?12)
             ON CONFLICT (id) DO UPDATE SET seq = ?2, text_seq = ?2, domain = ?3, task_type = ?4, complexity = ?5, outcome = ?6,
                 start_us = ?7, end_us = ?8, reward = ?9, quality = ?10, body_bytes = ?11, body = ?12",
            params![
                id,
                seq,
                episode.context.domain,
                episode.task_type.as_str(),
                episode.context.complexity as u8,
                episode.outcome.as_ref().map(|outcome| outcome.kind().as_str()),
                episode.start_time.timestamp_micros(),
                episode.end_time.map(|end| end.timestamp_micros()),
                episode.reward.map(|reward| reward.total),
                episode.quality_score,
                body.len() as i64,
                body,
            ],
        )?;
        let row = before.unwrap_or_else(|| self.connection.last_insert_rowid());
        self.touched = Some((episode.episode_id, row));
        if before.is_some() {
            self.execute("DELETE FROM tags WHERE episode = ?1", [row])?;
        }
        self.put_tags(row, &episode.tags)
    }

    fn put_steps(&mut self, id: EpisodeId, steps: &[Step]) -> Result<()> {
        let row = self.row(id)?;
        let (mut added, mut bytes) = (0_i64, 0_i64);
        for step in steps {
            let body = json(step)?;
            bytes += body.len() as i64;
            let known = read::step_bytes(self.connection, row, step.step_number)?;
            match known {
                None => added += 1,
                Some(known) => bytes -= known,
            }
            self.execute(
                "INSERT INTO steps (episode, number, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT (episode, number) DO UPDATE SET body = ?3",
                params![row, step.step_number, body],
            )?;
        }
        let seq = self.next_seq();
        self.execute(
            "UPDATE episodes SET seq = ?2, text_seq = ?2, steps = steps + ?3, step_bytes = step_bytes + ?4 WHERE row = ?1",
            params![row, seq, added, bytes],
        )?;
        self.touched = Some((id, row));
        Ok(())
    }

    fn put_document(&mut self, id: EpisodeId, document: &Document) -> Result<()> {
        let row = self.touch(id)?;
        let seq = self.next_seq();
        vectors::put_document(
            self.connection,
            row,
            seq,
            document,
            self.words.as_deref_mut(),
        )
    }

    fn put_vector(&mut self, id: EpisodeId, key: &str, vector: &[f32]) -> Result<()> {
        let row = self.touch(id)?;
        vectors::put(self.connection, row, key, vector)
    }

    fn drop_vectors(&mut self, id: EpisodeId) -> Result<()> {
        let row = self.touch(id)?;
        self.execute("DELETE FROM vectors WHERE episode = ?1", [row])?;
        Ok(())
    }

    fn activate_vectors(&mut self, key: &str) -> Result<()> {
        self.next_seq();
        vectors::activate(self.connection, key)
    }

    fn delete_episode(&mut self, id: EpisodeId) -> Result<bool> {
        let bytes = id.as_bytes().as_slice();
        self.touched = None;
        if self.execute("DELETE FROM episodes WHERE id = ?1", [bytes])? == 0 {
            return Ok(false);
        }
        let seq = self.next_seq();
        self.execute(
            "INSERT INTO removed (seq, id) VALUES (?1, ?2)",
            params![seq, bytes],
        )?;
        self.execute(
            "DELETE FROM removed WHERE seq <= (SELECT seq FROM removed ORDER BY seq DESC LIMIT 1 OFFSET ?1)",
            [REMOVED_KEPT as i64],
        )?;
        Ok(true)
    }

    fn put_record(&mut self, record: &Record) -> Result<()> {
        let seq = self.next_seq();
        records::put(self.connection, seq, record)
    }

    fn delete_record(&mut self, kind: RecordKind, id: &str) -> Result<bool> {
        records::delete(self.connection, kind, id)
    }
}
