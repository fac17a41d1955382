//! The patterns of the domains that were asked about last, read once and then only what changed.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::embeddings::{Builtin, Purpose};
use crate::memory::complete::from_json;
use crate::model::{Pattern, PatternBody, PatternId, TaskType};
use crate::store::{Read, RecordKind, Records};
use crate::{Result, store};

/// Domains that are kept read.
const DOMAINS_MAX: usize = 16;
/// Patterns of all domains together that are kept read; more are read for each asking.
const ALL_KEPT_MAX: usize = 5_000;

/// A pattern, with the vector of what it says.
#[derive(Debug, Clone)]
pub struct Entry {
    pub pattern: Arc<Pattern>,
    pub vector: Arc<[f32]>,
    /// A sequence that lies within a longer one which was seen as often: it says nothing more.
    pub is_part: bool,
}

/// The entries of a domain, and the last change that is in them.
#[derive(Debug, Clone, Default)]
struct Chapter {
    seq: u64,
    entries: Arc<Vec<Entry>>,
    /// When it was asked for, by the count of askings.
    used: u64,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Book {
    chapters: Mutex<Chapters>,
    builtin: Builtin,
}

#[derive(Debug, Default)]
struct Chapters {
    asked: u64,
    /// Under no domain there are those of all.
    by_domain: HashMap<Option<String>, Chapter>,
}

impl Book {
    /// The vector of a text, comparable with those of the entries.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        self.builtin.vector(text, Purpose::Document)
    }

    /// All patterns of a domain, or of all domains.
    pub fn of(&self, store: &dyn store::Store, domain: Option<&str>) -> Result<Arc<Vec<Entry>>> {
        let mut chapter = self.known(domain);
        store::read(store, |tx| self.follow(tx, domain, &mut chapter))?;
        let entries = Arc::clone(&chapter.entries);
        if domain.is_some() || entries.len() <= ALL_KEPT_MAX {
            self.keep(domain, chapter);
        }
        Ok(entries)
    }

    fn follow(&self, tx: &mut dyn Read, domain: Option<&str>, chapter: &mut Chapter) -> Result<()> {
        let scope = Records {
            a: domain,
            ..Records::all(RecordKind::Pattern)
        };
        let (count, seq) = tx.count_records(&scope)?;
        if seq == chapter.seq && count as usize == chapter.entries.len() {
            return Ok(());
        }
        let since = Records {
            since: Some(chapter.seq),
            ..scope
        };
        let changed = tx.records(&since)?;
        let changed = changed.iter().map(|record| self.entry(&record.body));
        let changed = changed.collect::<Result<Vec<_>>>()?;
        let mut entries = Arc::unwrap_or_clone(std::mem::take(&mut chapter.entries));
        let places: HashMap<PatternId, usize> = entries
            .iter()
            .enumerate()
            .map(|(at, entry)| (entry.pattern.pattern_id, at))
            .collect();
        for entry in changed {
            match places
                .get(&entry.pattern.pattern_id)
                .and_then(|&at| entries.get_mut(at))
            {
                Some(known) => *known = entry,
                None => entries.push(entry),
            }
        }
        if entries.len() != count as usize {
            // Some are gone; which, nobody says.
            let records = tx.records(&scope)?;
            entries = records
                .iter()
                .map(|record| self.entry(&record.body))
                .collect::<Result<_>>()?;
        }
        mark_parts(&mut entries);
        chapter.entries = Arc::new(entries);
        chapter.seq = seq;
        Ok(())
    }

    fn entry(&self, body: &str) -> Result<Entry> {
        let pattern: Pattern = from_json(body)?;
        let mut text = pattern.description.clone();
        for tag in &pattern.tags {
            text.push(' ');
            text.push_str(tag);
        }
        let vector = self.vector(&text).into();
        let pattern = Arc::new(pattern);
        Ok(Entry {
            pattern,
            vector,
            is_part: false,
        })
    }

    fn known(&self, domain: Option<&str>) -> Chapter {
        let chapters = self.chapters.lock();
        let known = chapters.by_domain.get(&domain.map(str::to_owned));
        known.cloned().unwrap_or_default()
    }

    fn keep(&self, domain: Option<&str>, mut chapter: Chapter) {
        let mut chapters = self.chapters.lock();
        chapters.asked += 1;
        chapter.used = chapters.asked;
        chapters
            .by_domain
            .insert(domain.map(str::to_owned), chapter);
        if chapters.by_domain.len() > DOMAINS_MAX {
            let oldest = chapters
                .by_domain
                .iter()
                .min_by_key(|(_, chapter)| chapter.used);
            if let Some(oldest) = oldest.map(|(domain, _)| domain.clone()) {
                chapters.by_domain.remove(&oldest);
            }
        }
    }
}

/// Tells which sequences lie within longer ones of the same domain and task type.
fn mark_parts(entries: &mut [Entry]) {
    let patterns: Vec<Arc<Pattern>> = entries
        .iter()
        .map(|entry| Arc::clone(&entry.pattern))
        .collect();
    // How often the most frequent sequence was seen that each one lies within.
    let mut within: HashMap<(&str, TaskType, &[String]), u64> = HashMap::new();
    for pattern in &patterns {
        let PatternBody::ToolSequence { tools } = &pattern.body else {
            continue;
        };
        for part in (2..tools.len()).flat_map(|length| tools.windows(length)) {
            let seen = within
                .entry((&pattern.domain, pattern.task_type, part))
                .or_default();
            *seen = pattern.occurrence_count.max(*seen);
        }
    }
    for (entry, pattern) in entries.iter_mut().zip(&patterns) {
        if let PatternBody::ToolSequence { tools } = &pattern.body {
            let seen = within.get(&(pattern.domain.as_str(), pattern.task_type, tools.as_slice()));
            entry.is_part = seen.is_some_and(|seen| *seen >= pattern.occurrence_count);
        }
    }
}
