//! What keeps the memory: one small trait, and everything else is written once above it.
//!
//! A store runs closures in transactions. Calls block, and closures borrow: whoever calls from async code puts them on threads that may
//! wait. A write returns once it is durable; what several threads write at the same time may become durable together.

mod filter;
mod index;
pub mod postgresql;
pub mod sqlite;
mod stored;
mod vocabulary;

use schemars::JsonSchema;

use std::path::Path;

pub use filter::{DomainGrant, Filter, Order, Page};

use crate::model::{Complexity, Episode, EpisodeId, OutcomeKind, Step, TaskType, Time};
use crate::{Error, Result};

/// A closure that reads.
pub type ReadWork<'a> = dyn FnMut(&mut dyn Read) -> Result<()> + Send + 'a;
/// A closure that reads and writes. It may be called again if the transaction could not be carried out.
pub type WriteWork<'a> = dyn FnMut(&mut dyn Write) -> Result<()> + Send + 'a;

/// Keeps episodes, and records of other kinds beside them.
pub trait Store: std::fmt::Debug + Send + Sync {
    /// Reads from one moment's state.
    ///
    /// # Errors
    /// Those of `work`, and of the store itself.
    fn read(&self, work: &mut ReadWork<'_>) -> Result<()>;

    /// Writes all or nothing, and returns once it is durable. Writes follow one after the other: what `work` reads, nobody
    /// changes before it is done.
    ///
    /// # Errors
    /// Those of `work`, after which nothing of it is kept, and of the store itself.
    fn write(&self, work: &mut WriteWork<'_>) -> Result<()>;

    /// The best candidates of each channel, in no order. What was written before the call is among what is looked at.
    ///
    /// # Errors
    /// Those of the store.
    fn search(&self, search: &Search) -> Result<Vec<Candidate>>;

    /// How many episodes a filter lets through.
    ///
    /// # Errors
    /// Those of the store.
    fn count(&self, filter: &Filter) -> Result<u64>;

    /// In how many documents each word stands, and how many documents there are.
    ///
    /// # Errors
    /// Those of the store.
    fn frequencies(&self, words: &[String]) -> Result<Frequencies>;

    /// Known words that share parts with this one, at most `limit`, those that share the most first.
    ///
    /// # Errors
    /// Those of the store.
    fn similar_words(&self, word: &str, limit: usize) -> Result<Vec<String>>;

    /// Copies everything into a new file or a new directory while others go on writing. `progress` gets the parts done and
    /// all parts.
    ///
    /// # Errors
    /// Something is at `to` already, it cannot be written, or the store has no backup of its own.
    fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()>;

    /// Looks for damage. No entries mean that there is none.
    ///
    /// # Errors
    /// The store cannot be read at all.
    fn check(&self) -> Result<Vec<String>>;

    /// What the store takes.
    ///
    /// # Errors
    /// Those of the store.
    fn usage(&self) -> Result<Usage>;
}

/// What can be read within a transaction.
pub trait Read {
    /// What has to be known of an episode before a step is added.
    fn standing(&mut self, id: EpisodeId) -> Result<Option<Standing>>;

    /// An episode without its steps.
    fn episode(&mut self, id: EpisodeId) -> Result<Option<Episode>>;

    /// The steps of an episode, by number.
    fn steps(&mut self, id: EpisodeId) -> Result<Vec<Step>>;

    /// One step.
    fn step(&mut self, id: EpisodeId, number: u32) -> Result<Option<Step>>;

    /// The ids of episodes.
    fn list(&mut self, filter: &Filter, order: Order, page: Page) -> Result<Vec<EpisodeId>>;

    /// What episodes come to.
    fn totals(&mut self, filter: &Filter) -> Result<Totals>;

    /// The fixed facts of episodes, oldest first: what series and trends are made of.
    fn facts(&mut self, filter: &Filter, page: Page) -> Result<Vec<Facts>>;

    /// Episodes that have a document but no vector of this key, oldest first.
    fn without_vector(&mut self, key: &str, limit: usize) -> Result<Vec<EpisodeId>>;

    /// The key of the vectors that are searched; none before the first.
    fn active_vectors(&mut self) -> Result<Option<String>>;

    /// One record.
    fn record(&mut self, kind: RecordKind, id: &str) -> Result<Option<Record>>;

    /// Records, by id.
    fn records(&mut self, wanted: &Records<'_>) -> Result<Vec<Record>>;

    /// How many records there would be without the limit, and the number of the last change among them.
    fn count_records(&mut self, wanted: &Records<'_>) -> Result<(u64, u64)>;
}

/// What can be written within a transaction.
pub trait Write: Read {
    /// Keeps an episode, new or changed. Its steps are left alone, whatever `episode.steps` holds.
    fn put_episode(&mut self, episode: &Episode) -> Result<()>;

    /// Keeps steps, new or changed, of an episode that is there.
    fn put_steps(&mut self, id: EpisodeId, steps: &[Step]) -> Result<()>;

    /// Keeps what an episode is found by.
    fn put_document(&mut self, id: EpisodeId, document: &Document) -> Result<()>;

    /// Keeps a vector of an episode.
    fn put_vector(&mut self, id: EpisodeId, key: &str, vector: &[f32]) -> Result<()>;

    /// Removes all vectors of an episode: its text is another now.
    fn drop_vectors(&mut self, id: EpisodeId) -> Result<()>;

    /// Makes vectors of this key the ones that are searched, and drops all others.
    fn activate_vectors(&mut self, key: &str) -> Result<()>;

    /// Removes an episode with all that lies beneath it; whether it was there.
    fn delete_episode(&mut self, id: EpisodeId) -> Result<bool>;

    /// Keeps a record, new or changed.
    fn put_record(&mut self, record: &Record) -> Result<()>;

    /// Removes a record; whether it was there.
    fn delete_record(&mut self, kind: RecordKind, id: &str) -> Result<bool>;
}

/// What has to be known of an episode before a step is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its domain.
    pub domain: String,
    /// Whether it is completed.
    pub completed: bool,
    /// How many steps it has.
    pub steps: usize,
    /// How many bytes of JSON it and its steps have.
    pub bytes: usize,
}

/// What an episode is found by: its words, normalized by the memory, each with how often it stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Each word once.
    pub words: Vec<(String, u32)>,
}

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Normalized words, each with its weight.
    pub words: Vec<(String, f32)>,
    /// A vector of length 1, and its key.
    pub vector: Option<(String, Vec<f32>)>,
    /// What may be found.
    pub filter: Filter,
    /// How many of the best by words, and as many by vector. Without either: how many of the newest.
    pub per_channel: usize,
}

/// What a search came upon.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The episode.
    pub id: EpisodeId,
    /// Its score by words (BM25), 0 without any.
    pub lexical: f32,
    /// The cosine of its vector and the one that was searched for.
    pub semantic: Option<f32>,
    /// Its vector, in eighths of a byte's range and without its length; empty when it has none. For comparing candidates.
    pub vector: Vec<i8>,
    /// Its fixed facts.
    pub facts: Facts,
}

/// What is known of an episode without reading it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The episode.
    pub id: EpisodeId,
    /// Its domain.
    pub domain: String,
    /// Its type.
    pub task_type: TaskType,
    /// How much it asked for.
    pub complexity: Complexity,
    /// How it ended.
    pub outcome: Option<OutcomeKind>,
    /// When it was created.
    pub start_time: Time,
    /// When it was completed.
    pub end_time: Option<Time>,
    /// How many steps it has.
    pub steps: u32,
    /// Its total reward.
    pub reward: Option<f64>,
    /// How much can be learned from it.
    pub quality: Option<f64>,
}

/// What some episodes come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// How many there are.
    pub episodes: u64,
    /// How many are completed.
    pub completed: u64,
    /// How many ended in success, wholly or in part.
    pub successful: u64,
    /// How many failed or were not tried.
    pub failed: u64,
    /// Steps of all.
    pub steps: u64,
    /// The mean of their durations, of those that are completed.
    pub avg_duration_seconds: Option<f64>,
    /// The mean of their rewards, of those that have one.
    pub avg_reward: Option<f64>,
}

/// How common words are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frequencies {
    /// In how many documents each word stands, in the order asked.
    pub documents_with: Vec<u32>,
    /// How many documents there are.
    pub documents: u32,
}

/// What a store takes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, JsonSchema)]
pub struct Usage {
    /// `sqlite` or `postgresql`.
    pub backend: &'static str,
    /// Where it lies; without a password.
    pub place: String,
    /// The version of its tables.
    pub schema_version: i64,
    /// Bytes on the disk.
    pub bytes: u64,
    /// Bytes in memory, of the index for search.
    pub index_bytes: u64,
}

/// Kinds of records. What `a` and `b` are is said for each; records can be listed by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// [`crate::Pattern`]; domain and task type.
    Pattern,
    /// [`crate::Heuristic`]; domain and task type.
    Heuristic,
    /// [`crate::Relationship`]; the episodes it starts at and leads to.
    Relationship,
    /// The episode of a [`crate::Checkpoint`], under the id of the checkpoint; the episode.
    Checkpoint,
    /// [`crate::Session`]; the episode.
    Session,
    /// Something that the memory itself has to know.
    Setting,
}

impl RecordKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 6] = [
        Self::Pattern,
        Self::Heuristic,
        Self::Relationship,
        Self::Checkpoint,
        Self::Session,
        Self::Setting,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pattern => "pattern",
            Self::Heuristic => "heuristic",
            Self::Relationship => "relationship",
            Self::Checkpoint => "checkpoint",
            Self::Session => "session",
            Self::Setting => "setting",
        }
    }
}

/// Something that is kept beside the episodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its kind.
    pub kind: RecordKind,
    /// Unique within the kind.
    pub id: String,
    /// The first thing that it is listed by; may be empty.
    pub a: String,
    /// The second.
    pub b: String,
    /// JSON.
    pub body: String,
}

/// Which records are meant.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    /// Their kind.
    pub kind: RecordKind,
    /// Those with this `a`.
    pub a: Option<&'a str>,
    /// Those with this `b`.
    pub b: Option<&'a str>,
    /// Those whose id comes after this one.
    pub after: Option<&'a str>,
    /// Those that changed after the change of this number.
    pub since: Option<u64>,
    /// So many at most.
    pub limit: usize,
}

impl<'a> Records<'a> {
    /// All of a kind.
    pub fn all(kind: RecordKind) -> Self {
        Self {
            kind,
            a: None,
            b: None,
            after: None,
            since: None,
            limit: usize::MAX,
        }
    }

    /// Those with this `a`.
    pub fn with_a(self, a: &'a str) -> Self {
        Self { a: Some(a), ..self }
    }

    /// Those with this `b`.
    pub fn with_b(self, b: &'a str) -> Self {
        Self { b: Some(b), ..self }
    }
}

/// Reads and gives back what `work` made.
///
/// # Errors
/// Those of [`Store::read`].
pub fn read<T: Send>(
    store: &dyn Store,
    mut work: impl FnMut(&mut dyn Read) -> Result<T> + Send,
) -> Result<T> {
    let mut made = None;
    store.read(&mut |transaction| {
        made = Some(work(transaction)?);
        Ok(())
    })?;
    made.ok_or_else(unrun)
}

/// Writes and gives back what `work` made.
///
/// # Errors
/// Those of [`Store::write`].
pub fn write<T: Send>(
    store: &dyn Store,
    mut work: impl FnMut(&mut dyn Write) -> Result<T> + Send,
) -> Result<T> {
    let mut made = None;
    store.write(&mut |transaction| {
        made = Some(work(transaction)?);
        Ok(())
    })?;
    made.ok_or_else(unrun)
}

fn unrun() -> Error {
    Error::Store("a transaction ended without having run".to_owned())
}
