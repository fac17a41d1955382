//! Ids, one type for each kind of thing, so that none is taken for another.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;

macro_rules! id {
    ($name:ident, $what:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String")] Uuid);

        impl $name {
            /// The id with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its bytes, in the order in which ids sort.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match Uuid::try_parse(text) {
                    Ok(id) => Ok(Self(id)),
                    Err(_) => {
                        let shown: String = text.chars().take(60).collect();
                        Err(Error::Invalid(format!(
                            concat!(
                                "{:?} is no id of ",
                                $what,
                                "; an id is a UUID, such as 019a0000-0000-7000-8000-000000000000"
                            ),
                            shown
                        )))
                    }
                }
            }
        }
    };
}

/// Ids that are made when the thing is: UUIDv7, so that they sort by time.
macro_rules! new {
    ($($name:ident),+) => {
        $(impl $name {
            /// An id that nothing else has.
            #[allow(clippy::new_without_default, reason = "each one is another")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        })+
    };
}

/// Ids that follow from what the thing is: UUIDv8 of a digest. The same pattern has the same id wherever it is seen, and so
/// has an episode that is imported from data without ids.
macro_rules! derived {
    ($($name:ident),+) => {
        $(impl $name {
            /// The id of what has this signature.
            pub fn of(signature: &str) -> Self {
                let digest = blake3::hash(signature.as_bytes());
                let mut bytes = [0; 16];
                for (to, from) in bytes.iter_mut().zip(digest.as_bytes()) {
                    *to = *from;
                }
                Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
            }
        })+
    };
}

id!(EpisodeId, "an episode", "The id of an episode.");
id!(PatternId, "a pattern", "The id of a pattern.");
id!(HeuristicId, "a heuristic", "The id of a heuristic.");
id!(CheckpointId, "a checkpoint", "The id of a checkpoint.");
id!(
    RelationshipId,
    "a relationship",
    "The id of a relationship."
);
id!(
    SessionId,
    "a recommendation session",
    "The id of a recommendation session."
);
new!(EpisodeId, CheckpointId, RelationshipId, SessionId);
derived!(EpisodeId, PatternId, HeuristicId);
