//! Episodes and steps within a transaction.

use std::collections::BTreeMap;

use super::link::Session;
use super::{read, records, select, vectors, words};
use crate::model::{Episode, EpisodeId, Step};
use crate::store::stored::{body_without_steps, json, parsed};
use crate::store::{
    Document, Facts, Filter, Order, Page, Read, Record, RecordKind, Records, Standing, Totals,
    Write,
};
use crate::{Error, Result};

/// How many removed episodes are remembered for indexes that have them still; an index that is further behind is made anew.
pub const REMOVED_KEPT: i64 = 10_000;

/// A transaction on a connection.
#[derive(Debug)]
pub struct Tx<'a> {
    session: &'a Session,
    seq: i64,
    has_pgvector: bool,
    /// The episode that was changed last, and where it lies: changes of one come together.
    touched: Option<(EpisodeId, i64)>,
}

impl<'a> Tx<'a> {
    pub fn reading(session: &'a Session) -> Self {
        Self::writing(session, 0, false)
    }

    /// `seq` is the number of the last change.
    pub fn writing(session: &'a Session, seq: i64, has_pgvector: bool) -> Self {
        Self {
            session,
            seq,
            has_pgvector,
            touched: None,
        }
    }

    /// The number of the last change now.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }

    /// Sees to it that the episode counts as changed in this transaction; where it lies.
    fn touch(&mut self, id: EpisodeId) -> Result<i64> {
        if let Some((touched, place)) = self.touched
            && touched == id
        {
            return Ok(place);
        }
        let seq = self.next_seq();
        let row = self.session.row(
            "UPDATE episodes SET seq = $2 WHERE id = $1 RETURNING place",
            &[&id.as_bytes().as_slice(), &seq],
        )?;
        let place = row.ok_or_else(|| Error::no_episode(id))?.get(0);
        self.touched = Some((id, place));
        Ok(place)
    }
}

impl Read for Tx<'_> {
    fn standing(&mut self, id: EpisodeId) -> Result<Option<Standing>> {
        let row = self.session.row(
            "SELECT domain, outcome IS NOT NULL, steps, body_bytes + step_bytes FROM episodes WHERE id = $1",
            &[&id.as_bytes().as_slice()],
        )?;
        Ok(row.map(|row| Standing {
            domain: row.get(0),
            completed: row.get(1),
            steps: row.get::<_, i64>(2) as usize,
            bytes: row.get::<_, i64>(3) as usize,
        }))
    }

    fn episode(&mut self, id: EpisodeId) -> Result<Option<Episode>> {
        let row = self.session.row(
            "SELECT body FROM episodes WHERE id = $1",
            &[&id.as_bytes().as_slice()],
        )?;
        row.map(|row| parsed(row.get(0))).transpose()
    }

    fn steps(&mut self, id: EpisodeId) -> Result<Vec<Step>> {
        read::steps(self.session, id)
    }

    fn step(&mut self, id: EpisodeId, number: u32) -> Result<Option<Step>> {
        let row = self.session.row(
            "SELECT body FROM steps WHERE episode = (SELECT place FROM episodes WHERE id = $1) AND number = $2",
            &[&id.as_bytes().as_slice(), &i64::from(number)],
        )?;
        row.map(|row| parsed(row.get(0))).transpose()
    }

    fn list(&mut self, filter: &Filter, order: Order, page: Page) -> Result<Vec<EpisodeId>> {
        select::list(self.session, filter, order, page)
    }

    fn totals(&mut self, filter: &Filter) -> Result<Totals> {
        select::totals(self.session, filter)
    }

    fn facts(&mut self, filter: &Filter, page: Page) -> Result<Vec<Facts>> {
        select::facts(self.session, filter, page)
    }

    fn without_vector(&mut self, key: &str, limit: usize) -> Result<Vec<EpisodeId>> {
        vectors::missing(self.session, key, limit)
    }

    fn active_vectors(&mut self) -> Result<Option<String>> {
        Ok(vectors::active(self.session)?.map(|model| model.key))
    }

    fn record(&mut self, kind: RecordKind, id: &str) -> Result<Option<Record>> {
        records::one(self.session, kind, id)
    }

    fn records(&mut self, wanted: &Records<'_>) -> Result<Vec<Record>> {
        records::some(self.session, wanted)
    }

    fn count_records(&mut self, wanted: &Records<'_>) -> Result<(u64, u64)> {
        records::count(self.session, wanted)
    }
}

impl Write for Tx<'_> {
    fn put_episode(&mut self, episode: &Episode) -> Result<()> {
        let body = body_without_steps(episode)?;
        let seq = self.next_seq();
        let row = self.session.row(
            "INSERT INTO episodes (id, seq, text_seq, domain, task_type, complexity, outcome, start_us, end_us, reward, quality,
                 steps, body_bytes, step_bytes, body)
             VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, 0, $12)
             ON CONFLICT (id) DO UPDATE SET seq = $2, text_seq = $2, domain = $3, task_type = $4, complexity = $5, outcome = $6,
                 start_us = $7, end_us = $8, reward = $9, quality = $10, body_bytes = $11, body = $12
             RETURNING place, xmax = 0",
            &[
                &episode.episode_id.as_bytes().as_slice(),
                &seq,
                &episode.context.domain,
                &episode.task_type.as_str(),
                &(episode.context.complexity as i16),
                &episode.outcome.as_ref().map(|outcome| outcome.kind().as_str()),
                &episode.start_time.timestamp_micros(),
                &episode.end_time.map(|end| end.timestamp_micros()),
                &episode.reward.map(|reward| reward.total),
                &episode.quality_score,
                &(body.len() as i64),
                &body,
            ],
        )?;
        let row = row.ok_or_else(|| Error::Store("an episode was not kept".to_owned()))?;
        let (place, is_new): (i64, bool) = (row.get(0), row.get(1));
        self.touched = Some((episode.episode_id, place));
        if !is_new {
            self.session
                .execute("DELETE FROM tags WHERE episode = $1", &[&place])?;
        }
        if !episode.tags.is_empty() {
            self.session.execute(
                "INSERT INTO tags SELECT unnest($2::text[]), $1 ON CONFLICT DO NOTHING",
                &[&place, &episode.tags],
            )?;
        }
        Ok(())
    }

    /// All in one statement: what was there is counted before what is new takes its place.
    fn put_steps(&mut self, id: EpisodeId, steps: &[Step]) -> Result<()> {
        let mut bodies = BTreeMap::new();
        for step in steps {
            bodies.insert(i64::from(step.step_number), json(step)?);
        }
        let bytes: usize = bodies.values().map(String::len).sum();
        let (numbers, bodies): (Vec<i64>, Vec<String>) = bodies.into_iter().unzip();
        let seq = self.next_seq();
        let row = self.session.row(
            "WITH this AS (SELECT place FROM episodes WHERE id = $1),
                 known AS (
                     SELECT count(*) AS count, coalesce(sum(octet_length(body)), 0)::bigint AS bytes
                     FROM steps WHERE episode = (SELECT place FROM this) AND number = ANY($3)
                 ),
                 put AS (
                     INSERT INTO steps (episode, number, body)
                     SELECT place, number, body FROM this, unnest($3::bigint[], $4::text[]) AS new (number, body)
                     ON CONFLICT (episode, number) DO UPDATE SET body = excluded.body
                 )
             UPDATE episodes SET seq = $2, text_seq = $2, steps = episodes.steps + $5 - known.count,
                 step_bytes = step_bytes + $6 - known.bytes
             FROM known WHERE episodes.id = $1
             RETURNING place",
            &[
                &id.as_bytes().as_slice(),
                &seq,
                &numbers,
                &bodies,
                &(numbers.len() as i64),
                &(bytes as i64),
            ],
        )?;
        let place = row.ok_or_else(|| Error::no_episode(id))?.get(0);
        self.touched = Some((id, place));
        Ok(())
    }

    fn put_document(&mut self, id: EpisodeId, document: &Document) -> Result<()> {
        let place = self.touch(id)?;
        let seq = self.next_seq();
        words::put(self.session, place, seq, document)
    }

    fn put_vector(&mut self, id: EpisodeId, key: &str, vector: &[f32]) -> Result<()> {
        let place = self.touch(id)?;
        vectors::put(self.session, self.has_pgvector, place, key, vector)
    }

    fn drop_vectors(&mut self, id: EpisodeId) -> Result<()> {
        let place = self.touch(id)?;
        self.session
            .execute("DELETE FROM vectors WHERE episode = $1", &[&place])?;
        Ok(())
    }

    fn activate_vectors(&mut self, key: &str) -> Result<()> {
        self.next_seq();
        vectors::activate(self.session, key)
    }

    fn delete_episode(&mut self, id: EpisodeId) -> Result<bool> {
        let bytes = id.as_bytes().as_slice();
        self.touched = None;
        let deleted = self
            .session
            .execute("DELETE FROM episodes WHERE id = $1", &[&bytes])?;
        if deleted == 0 {
            return Ok(false);
        }
        let seq = self.next_seq();
        self.session.execute(
            "INSERT INTO removed (seq, id) VALUES ($1, $2)",
            &[&seq, &bytes],
        )?;
        self.session.execute(
            "DELETE FROM removed WHERE seq <= (SELECT seq FROM removed ORDER BY seq DESC LIMIT 1 OFFSET $1)",
            &[&REMOVED_KEPT],
        )?;
        Ok(true)
    }

    fn put_record(&mut self, record: &Record) -> Result<()> {
        let seq = self.next_seq();
        records::put(self.session, seq, record)
    }

    fn delete_record(&mut self, kind: RecordKind, id: &str) -> Result<bool> {
        records::delete(self.session, kind, id)
    }
}
