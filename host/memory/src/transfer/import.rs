//! Reads lines into a memory.
//!
//! One thread reads and parses, another writes. What is there already stays as it is, so that the same file may be imported
//! again, also after it was broken off.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde::Serialize;

use super::parse::{Parsed, parse};
use crate::embeddings::{Builtin, Embeddings};
use crate::limits::IMPORT_LINE_BYTES_MAX;
use crate::memory::learn;
use crate::model::{Episode, EpisodeId, Pattern};
use crate::store::{self, Document, Record, RecordKind, Store, Write};
use crate::{Error, Result, text};

/// Lines that are written in one transaction.
const BATCH: usize = 512;
/// Batches that are parsed ahead.
const AHEAD: usize = 2;
/// Ids of episodes that are named because another is there.
const CONFLICTS_NAMED_MAX: usize = 20;

/// What the lines are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportFormat {
    /// Those of an export.
    #[default]
    Vesicle,
    /// Runs of tau-bench: `task_id`, `trial`, `reward`, `task_description`, `steps[{tool, parameters, result}]`.
    TauBench,
}

/// What became of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// Episodes that were not there before.
    pub episodes: u64,
    /// Episodes that were there, and are the same.
    pub episodes_unchanged: u64,
    /// Episodes of which another state was there; it stays.
    pub episodes_different: u64,
    /// The first of these.
    pub different: Vec<EpisodeId>,
    /// Records that were not there before, or were seen less often.
    pub records: u64,
    /// Records that were there.
    pub records_unchanged: u64,
}

/// Reads everything. `progress` gets the lines done.
///
/// # Errors
/// A line is not what it should be, or the file ends before its last line; the message names the place, and what came before
/// is kept. Those of the store.
pub fn import(
    store: &dyn Store,
    from: &mut (dyn BufRead + Send),
    format: ImportFormat,
    progress: &mut dyn FnMut(u64),
) -> Result<ImportSummary> {
    let mut summary = ImportSummary::default();
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel(AHEAD);
        scope.spawn(move || read_all(from, format, &send));
        write_all(store, &receive, &mut summary, progress)
    })?;
    Ok(summary)
}

type Batch = Result<Vec<Parsed>>;

fn read_all(from: &mut dyn BufRead, format: ImportFormat, send: &SyncSender<Batch>) {
    let builtin = Builtin::default();
    let mut lines = Lines { from, number: 0 };
    let mut counts = (0, 0);
    let mut is_whole = format == ImportFormat::TauBench;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let mut end = None;
        while batch.len() < BATCH && end.is_none() {
            match lines.next().and_then(|line| {
                line.map(|line| parse(&line, format, &builtin).map_err(|error| lines.at(error)))
                    .transpose()
            }) {
                Ok(Some(Parsed::End { episodes, records })) => {
                    is_whole = (episodes, records) == counts;
                    end = Some(if is_whole {
                        Ok(())
                    } else {
                        Err(cut(lines.number))
                    });
                }
                Ok(Some(parsed)) => {
                    match &parsed {
                        Parsed::Episode { .. } => counts.0 += 1,
                        Parsed::Record(_) => counts.1 += 1,
                        Parsed::Header | Parsed::End { .. } => {}
                    }
                    batch.push(parsed);
                }
                Ok(None) => {
                    end = Some(if is_whole {
                        Ok(())
                    } else {
                        Err(cut(lines.number))
                    })
                }
                Err(error) => end = Some(Err(error)),
            }
        }
        // Who receives nothing more has failed already.
        if send.send(Ok(batch)).is_err() {
            return;
        }
        match end {
            None => {}
            Some(Ok(())) => return,
            Some(Err(error)) => {
                let _ = send.send(Err(error));
                return;
            }
        }
    }
}

fn cut(lines: u64) -> Error {
    Error::Invalid(format!(
        "the file ends after line {lines} without the line that says how much there is: it was cut off. What came before is kept; get the whole file and import it again"
    ))
}

fn write_all(
    store: &dyn Store,
    receive: &Receiver<Batch>,
    summary: &mut ImportSummary,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let mut done = 0;
    let active = store::read(store, |tx| tx.active_vectors())?;
    let is_builtin = active.is_some_and(|active| active == Builtin::default().key());
    for batch in receive {
        let batch = batch?;
        // A transaction may run twice, and its counts must not.
        let counted = store::write(store, |tx| {
            let mut counted = summary.clone();
            for parsed in &batch {
                write(tx, parsed, is_builtin, &mut counted)?;
            }
            Ok(counted)
        })?;
        *summary = counted;
        done += batch.len() as u64;
        progress(done);
    }
    Ok(())
}

fn write(
    tx: &mut dyn Write,
    parsed: &Parsed,
    is_builtin: bool,
    summary: &mut ImportSummary,
) -> Result<()> {
    match parsed {
        Parsed::Header | Parsed::End { .. } => Ok(()),
        Parsed::Record(record) => write_record(tx, record, summary),
        Parsed::Episode { episode, found_by } => {
            let id = episode.episode_id;
            if tx.standing(id)?.is_some() {
                return compare(tx, episode, found_by.is_none(), summary);
            }
            let key = is_builtin.then(|| Builtin::default().key());
            match found_by {
                Some((document, vector)) => {
                    put(tx, episode, document, key.map(|key| (key, vector)))?
                }
                None => {
                    let mut episode = Episode::clone(episode);
                    learn(tx, &mut episode)?;
                    let text = text::embedded_text(&episode);
                    let vector = Builtin::default().vector(&text, crate::Purpose::Document);
                    put(
                        tx,
                        &episode,
                        &text::document(&episode),
                        key.map(|key| (key, &vector)),
                    )?;
                }
            }
            summary.episodes += 1;
            Ok(())
        }
    }
}

fn put(
    tx: &mut dyn Write,
    episode: &Episode,
    document: &Document,
    vector: Option<(String, &Vec<f32>)>,
) -> Result<()> {
    let id = episode.episode_id;
    tx.put_episode(episode)?;
    tx.put_steps(id, &episode.steps)?;
    tx.put_document(id, document)?;
    match vector {
        Some((key, vector)) => tx.put_vector(id, &key, vector),
        None => Ok(()),
    }
}

/// Whether the episode that is there is the same. What was learned here does not count where the line has none of it.
fn compare(
    tx: &mut dyn Write,
    episode: &Episode,
    is_unlearned: bool,
    summary: &mut ImportSummary,
) -> Result<()> {
    let id = episode.episode_id;
    let known = tx.episode(id)?;
    let steps = tx.steps(id)?;
    let is_same = known.is_some_and(|mut known| {
        known.steps = steps;
        if is_unlearned {
            known.steps == episode.steps
                && known.outcome == episode.outcome
                && known.task_description == episode.task_description
        } else {
            known == *episode
        }
    });
    if is_same {
        summary.episodes_unchanged += 1;
    } else {
        summary.episodes_different += 1;
        if summary.different.len() < CONFLICTS_NAMED_MAX {
            summary.different.push(id);
        }
    }
    Ok(())
}

/// A pattern that was seen more often here stays; one that was seen more often there takes its place.
fn write_record(tx: &mut dyn Write, record: &Record, summary: &mut ImportSummary) -> Result<()> {
    let known = tx.record(record.kind, &record.id)?;
    let is_better = match (&known, record.kind) {
        (None, _) => true,
        (Some(known), RecordKind::Pattern) => seen(&known.body) < seen(&record.body),
        (Some(_), _) => false,
    };
    if is_better {
        tx.put_record(record)?;
        summary.records += 1;
    } else {
        summary.records_unchanged += 1;
    }
    Ok(())
}

fn seen(body: &str) -> u64 {
    serde_json::from_str(body).map_or(0, |pattern: Pattern| pattern.occurrence_count)
}

/// Lines of bounded length, counted.
struct Lines<'a> {
    from: &'a mut dyn BufRead,
    number: u64,
}

impl Lines<'_> {
    /// The next line that is not empty.
    fn next(&mut self) -> Result<Option<String>> {
        loop {
            let mut line = Vec::new();
            let unread = |error: std::io::Error| {
                Error::Unavailable(format!("the import cannot be read: {error}"))
            };
            loop {
                let (bytes, is_end) = {
                    let buffer = self.from.fill_buf().map_err(unread)?;
                    match buffer.iter().position(|&byte| byte == b'\n') {
                        Some(at) => {
                            line.extend_from_slice(buffer.get(..at).unwrap_or_default());
                            (at + 1, true)
                        }
                        None => {
                            line.extend_from_slice(buffer);
                            (buffer.len(), buffer.is_empty())
                        }
                    }
                };
                self.from.consume(bytes);
                if line.len() > IMPORT_LINE_BYTES_MAX {
                    self.number += 1;
                    return Err(self.at(Error::Limit(format!(
                        "it has more than {IMPORT_LINE_BYTES_MAX} bytes"
                    ))));
                }
                if is_end {
                    if bytes == 0 && line.is_empty() {
                        return Ok(None);
                    }
                    break;
                }
            }
            self.number += 1;
            let line = String::from_utf8(line)
                .map_err(|_| self.at(Error::Invalid("it is not UTF-8".to_owned())))?;
            if !line.trim().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    fn at(&self, error: Error) -> Error {
        let message = format!("line {}: {error}. What came before is kept", self.number);
        match error {
            Error::Limit(_) => Error::Limit(message),
            _ => Error::Invalid(message),
        }
    }
}
