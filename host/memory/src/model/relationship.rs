//! How episodes stand to each other.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EpisodeId, RelationshipId, Time};
use crate::Error;

/// How one episode stands to another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RelationshipType {
    /// The other is a part of it.
    ParentChild,
    /// It needs the other first.
    DependsOn,
    /// It came after the other.
    Follows,
    /// They have to do with each other.
    RelatedTo,
    /// The other cannot go on before it is done.
    Blocks,
    /// It is the same work as the other.
    Duplicates,
    /// It names the other.
    References,
}

impl RelationshipType {
    /// All types, in the order of their declaration.
    pub const ALL: [Self; 7] = [
        Self::ParentChild,
        Self::DependsOn,
        Self::Follows,
        Self::RelatedTo,
        Self::Blocks,
        Self::Duplicates,
        Self::References,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParentChild => "parent_child",
            Self::DependsOn => "depends_on",
            Self::Follows => "follows",
            Self::RelatedTo => "related_to",
            Self::Blocks => "blocks",
            Self::Duplicates => "duplicates",
            Self::References => "references",
        }
    }

    /// Whether a circle of them makes no sense.
    pub const fn is_acyclic(self) -> bool {
        matches!(
            self,
            Self::ParentChild | Self::DependsOn | Self::Follows | Self::Blocks
        )
    }
}

impl FromStr for RelationshipType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|known| known.as_str() == text);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            let shown: String = text.chars().take(60).collect();
            Error::Invalid(format!(
                "{shown:?} is no relationship_type; send one of {known}"
            ))
        })
    }
}

/// One episode stands to another like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relationship {
    /// Its id.
    pub relationship_id: RelationshipId,
    /// Where it starts.
    pub from_episode_id: EpisodeId,
    /// Where it leads.
    pub to_episode_id: EpisodeId,
    /// What it is.
    pub relationship_type: RelationshipType,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// From 1 to 10.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Who said so.
    #[serde(default)]
    pub created_by: Option<String>,
    /// When.
    pub created_at: Time,
}

/// Which relationships of an episode are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Those that start at it.
    Outgoing,
    /// Those that lead to it.
    Incoming,
    /// All.
    #[default]
    Both,
}
