//! Writes a memory as lines.

use std::io::Write;

use serde::Serialize;
use serde_json::value::RawValue;

use super::line::{FORMAT, Line, VERSION};
use crate::model::EpisodeId;
use crate::store::{self, Filter, Order, Page, Record, RecordKind, Records, Store};
use crate::{Error, Result};

/// Episodes that are read at once.
const BATCH: usize = 256;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// Episodes.
    pub episodes: u64,
    /// Records beside them.
    pub records: u64,
}

/// Writes everything, the oldest first. Others may write meanwhile; what they add may or may not be there. `progress` gets
/// the episodes done and all episodes.
///
/// # Errors
/// Those of the store and of what is written to.
pub fn export(
    store: &dyn Store,
    to: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ExportSummary> {
    let mut summary = ExportSummary::default();
    let header = Line::Header {
        format: FORMAT,
        version: VERSION,
    };
    put(to, &header)?;
    let ids = store::read(store, |tx| {
        tx.list(&Filter::default(), Order::Oldest, Page::ALL)
    })?;
    for batch in ids.chunks(BATCH) {
        summary.episodes += export_episodes(store, to, batch)?;
        progress(summary.episodes, ids.len() as u64);
    }
    for kind in RecordKind::ALL {
        let mut after: Option<String> = None;
        loop {
            let records = store::read(store, |tx| {
                let wanted = Records {
                    after: after.as_deref(),
                    limit: BATCH,
                    ..Records::all(kind)
                };
                tx.records(&wanted)
            })?;
            let Some(last) = records.last() else {
                break;
            };
            after = Some(last.id.clone());
            for record in &records {
                put(to, &line(record)?)?;
                summary.records += 1;
            }
        }
    }
    let ExportSummary { episodes, records } = summary;
    put(to, &Line::End { episodes, records })?;
    to.flush().map_err(unwritten)?;
    Ok(summary)
}

fn export_episodes(store: &dyn Store, to: &mut dyn Write, ids: &[EpisodeId]) -> Result<u64> {
    let episodes = store::read(store, |tx| {
        let mut episodes = Vec::with_capacity(ids.len());
        for &id in ids {
            // What was deleted since is left out.
            if let Some(mut episode) = tx.episode(id)? {
                episode.steps = tx.steps(id)?;
                episodes.push(episode);
            }
        }
        Ok(episodes)
    })?;
    for episode in &episodes {
        put(to, &Line::Episode { episode })?;
    }
    Ok(episodes.len() as u64)
}

fn line(record: &Record) -> Result<Line<'_>> {
    let body = serde_json::from_str::<&RawValue>(&record.body);
    let body =
        body.map_err(|error| Error::Damaged(format!("what is kept is no JSON of ours: {error}")))?;
    Ok(Line::Record {
        record: record.kind.as_str(),
        id: &record.id,
        a: &record.a,
        b: &record.b,
        body,
    })
}

fn put(to: &mut dyn Write, line: &Line<'_>) -> Result<()> {
    let text = serde_json::to_string(line)
        .map_err(|error| Error::Store(format!("it cannot be written as JSON: {error}")))?;
    to.write_all(text.as_bytes())
        .and_then(|()| to.write_all(b"\n"))
        .map_err(unwritten)
}

fn unwritten(error: std::io::Error) -> Error {
    Error::Unavailable(format!(
        "the export cannot be written: {error}; see that there is room, and export again"
    ))
}
