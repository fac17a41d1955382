//! The lines of an export.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::Episode;

/// Grows when older programs could not read the lines.
pub const VERSION: u32 = 1;
/// What the first line names itself.
pub const FORMAT: &str = "vesicle-memory";

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line<'a> {
    /// The first.
    Header {
        /// [`FORMAT`].
        format: Cow<'a, str>,
        /// [`VERSION`].
        version: u32,
    },
    /// An episode with its steps.
    Episode {
        /// The episode.
        episode: Cow<'a, Episode>,
    },
    /// Something beside the episodes.
    Record {
        /// Its kind.
        record: Cow<'a, str>,
        /// Its id.
        id: Cow<'a, str>,
        /// The first thing that it is listed by.
        #[serde(default)]
        a: Cow<'a, str>,
        /// The second.
        #[serde(default)]
        b: Cow<'a, str>,
        /// What it is.
        body: Cow<'a, RawValue>,
    },
    /// The last.
    End {
        /// How many episodes there were.
        episodes: u64,
        /// How many records there were.
        records: u64,
    },
}
