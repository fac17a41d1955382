//! The lines of an export. The member `kind` says which it is.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::Episode;

/// Grows when older programs could not read the lines.
pub const VERSION: u32 = 1;
/// What the first line names itself.
pub const FORMAT: &str = "vesicle-memory";

/// One line, as it is written.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line<'a> {
    /// The first.
    Header {
        /// [`FORMAT`].
        format: &'a str,
        /// [`VERSION`].
        version: u32,
    },
    /// An episode with its steps.
    Episode {
        /// The episode.
        episode: &'a Episode,
    },
    /// Something beside the episodes.
    Record {
        /// Its kind.
        record: &'a str,
        /// Its id.
        id: &'a str,
        /// The first thing that it is listed by.
        a: &'a str,
        /// The second.
        b: &'a str,
        /// What it is.
        body: &'a RawValue,
    },
    /// The last.
    End {
        /// How many episodes there were.
        episodes: u64,
        /// How many records there were.
        records: u64,
    },
}

/// One line, as it is read: all members that one may have. A tagged enum would be read twice.
#[derive(Debug, Deserialize)]
pub struct AnyLine<'a> {
    /// Which it is.
    pub kind: String,
    /// Of the first line.
    #[serde(default)]
    pub format: String,
    /// Of the first line.
    #[serde(default)]
    pub version: u32,
    /// Of an episode.
    #[serde(default)]
    pub episode: Option<Box<Episode>>,
    /// Of a record.
    #[serde(default)]
    pub record: String,
    /// Of a record.
    #[serde(default)]
    pub id: String,
    /// Of a record.
    #[serde(default)]
    pub a: String,
    /// Of a record.
    #[serde(default)]
    pub b: String,
    /// Of a record.
    #[serde(default, borrow)]
    pub body: Option<&'a RawValue>,
    /// Of the last line.
    #[serde(default)]
    pub episodes: u64,
    /// Of the last line.
    #[serde(default)]
    pub records: u64,
}
