//! What one line of an import becomes, before anything is written: so much of the work as needs no store.

use super::import::ImportFormat;
use super::line::{AnyLine, FORMAT, VERSION};
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
    let line: AnyLine<'_> =
        serde_json::from_str(line).map_err(|error| Error::Invalid(error.to_string()))?;
    match line.kind.as_str() {
        "header" if line.format != FORMAT => Err(Error::Invalid(format!(
            "the format is {:?}, and {FORMAT:?} is read",
            line.format
        ))),
        "header" if line.version > VERSION => Err(Error::Invalid(format!(
            "a newer Vesicle wrote version {}; import it with that one",
            line.version
        ))),
        "header" => Ok(Parsed::Header),
        "episode" => {
            let mut episode = line.episode.ok_or_else(|| {
                Error::Invalid("a line of kind episode has no episode".to_owned())
            })?;
            episode.steps.sort_by_key(|step| step.step_number);
            check_episode(&episode, line_bytes)?;
            let vector = builtin.vector(&text::embedded_text(&episode), Purpose::Document);
            let found_by = Some((text::document(&episode), vector));
            Ok(Parsed::Episode { episode, found_by })
        }
        "record" => {
            let kind = RecordKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == line.record);
            let kind = kind
                .ok_or_else(|| Error::Invalid(format!("{:?} is no kind of record", line.record)))?;
            let body = line
                .body
                .ok_or_else(|| Error::Invalid("a record has no body".to_owned()))?
                .get()
                .to_owned();
            Ok(Parsed::Record(Record {
                kind,
                id: line.id,
                a: line.a,
                b: line.b,
                body,
            }))
        }
        "end" => Ok(Parsed::End {
            episodes: line.episodes,
            records: line.records,
        }),
        other => Err(Error::Invalid(format!("{other:?} is no kind of line"))),
    }
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
