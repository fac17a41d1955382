//! What one line of an import becomes, before anything is written: so much of the work as needs no store.

use serde_json::value::RawValue;

use super::import::ImportFormat;
use super::line::{FORMAT, Line, VERSION};
use super::tau_bench;
use crate::embeddings::{Builtin, Purpose};
use crate::limits::{DESCRIPTION_BYTES_MAX, LABEL_BYTES_MAX, STEPS_MAX};
use crate::memory::{check, check_bytes, check_outcome, check_step};
use crate::model::{Episode, normalized_tags};
use crate::store::{Document, Record, RecordKind};
use crate::{Error, Result, text};

/// A line, ready to be written.
#[derive(Debug)]
pub enum Parsed {
    /// The first line.
    Header,
    /// An episode, with what it is found by. One that is to be learned from gets that when it is written.
    Episode {
        episode: Box<Episode>,
        found_by: Option<(Document, Vec<f32>)>,
    },
    /// Something beside the episodes.
    Record(Record),
    /// The last line.
    End { episodes: u64, records: u64 },
}

/// Reads one line.
///
/// # Errors
/// The line is not what it should be; the message says why, and the caller adds where.
pub fn parse(line: &str, format: ImportFormat, builtin: &Builtin) -> Result<Parsed> {
    match format {
        ImportFormat::TauBench => {
            let episode = tau_bench::episode(line)?;
            check_episode(&episode, line.len())?;
            Ok(Parsed::Episode {
                episode: Box::new(episode),
                found_by: None,
            })
        }
        ImportFormat::Vesicle => parse_own(line, builtin),
    }
}

fn parse_own(line: &str, builtin: &Builtin) -> Result<Parsed> {
    let line_bytes = line.len();
    let line: Line<'_> =
        serde_json::from_str(line).map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(match line {
        Line::Header { format, version } => {
            if format != FORMAT {
                return Err(Error::Invalid(format!(
                    "the format is {format:?}, and {FORMAT:?} is read"
                )));
            }
            if version > VERSION {
                return Err(Error::Invalid(format!(
                    "a newer Vesicle wrote version {version}; import it with that one"
                )));
            }
            Parsed::Header
        }
        Line::Episode { episode } => {
            let mut episode = episode.into_owned();
            episode.steps.sort_by_key(|step| step.step_number);
            check_episode(&episode, line_bytes)?;
            let vector = builtin.vector(&text::embedded_text(&episode), Purpose::Document);
            let found_by = Some((text::document(&episode), vector));
            Parsed::Episode {
                episode: Box::new(episode),
                found_by,
            }
        }
        Line::Record {
            record,
            id,
            a,
            b,
            body,
        } => {
            let kind = RecordKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == record);
            let kind =
                kind.ok_or_else(|| Error::Invalid(format!("{record:?} is no kind of record")))?;
            let body = RawValue::get(&body).to_owned();
            Parsed::Record(Record {
                kind,
                id: id.into_owned(),
                a: a.into_owned(),
                b: b.into_owned(),
                body,
            })
        }
        Line::End { episodes, records } => Parsed::End { episodes, records },
    })
}

/// What an episode has to be to be kept, whoever made it. Times in the future are let stand: clocks differ.
fn check_episode(episode: &Episode, bytes: usize) -> Result<()> {
    check::filled(
        "task_description",
        &episode.task_description,
        DESCRIPTION_BYTES_MAX,
    )?;
    check::filled("domain", &episode.context.domain, LABEL_BYTES_MAX)?;
    check::count("steps", episode.steps.len(), STEPS_MAX)?;
    if normalized_tags(&episode.tags)? != episode.tags {
        return Err(Error::Invalid(
            "the tags are not in their normal form: sorted, each once, a-z 0-9 - _".to_owned(),
        ));
    }
    let mut before = 0;
    for step in &episode.steps {
        check_step(step)?;
        if step.step_number == before {
            return Err(Error::Invalid(format!("there are two steps {before}")));
        }
        before = step.step_number;
    }
    if let Some(outcome) = &episode.outcome {
        check_outcome(outcome)?;
    }
    check_bytes(bytes)
}
