//! Relationships: added, removed and read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::graph;
use crate::limits::{
    LABEL_BYTES_MAX, PRIORITY_MAX, QUERY_LIMIT_MAX, RELATIONSHIP_REASON_BYTES_MAX,
    RELATIONSHIPS_MAX,
};
use crate::memory::complete::{from_json, to_json};
use crate::memory::{Memory, check};
use crate::model::{
    Direction, EpisodeId, OutcomeKind, Relationship, RelationshipId, RelationshipType, now,
};
use crate::store::{Read, Record, RecordKind, Records};
use crate::{Error, Result};

/// A relationship, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelationship {
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
    /// Who says so.
    #[serde(default)]
    pub created_by: Option<String>,
}

/// A relationship was added.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RelationshipAdded {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The relationship.
    #[serde(flatten)]
    pub relationship: Relationship,
    /// For people.
    pub message: String,
}

/// A relationship was removed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RelationshipRemoved {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The relationship that was.
    pub relationship_id: RelationshipId,
    /// For people.
    pub message: String,
}

/// The relationships of an episode.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Relationships {
    /// The episode.
    pub episode_id: EpisodeId,
    /// How many there are.
    pub count: usize,
    /// The oldest first.
    pub relationships: Vec<Relationship>,
}

/// Whether there is a relationship.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RelationshipExists {
    /// Whether there is.
    pub exists: bool,
    /// Its id.
    pub relationship_id: Option<RelationshipId>,
}

/// The episodes that an episode is related to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RelatedEpisodes {
    /// The episode.
    pub episode_id: EpisodeId,
    /// How many there are.
    pub count: usize,
    /// The oldest relationship first.
    pub related: Vec<RelatedEpisode>,
}

/// An episode, and how it is related.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RelatedEpisode {
    /// The other episode.
    pub episode_id: EpisodeId,
    /// What was to be done in it.
    pub task_description: String,
    /// How it ended.
    pub outcome: Option<OutcomeKind>,
    /// What the relationship is.
    pub relationship_type: RelationshipType,
    /// Whether it starts at the episode that was asked about, or leads to it.
    pub direction: Direction,
}

impl Memory {
    /// Adds a relationship. The same one twice is one.
    ///
    /// # Errors
    /// An episode is not there, is the same as the other, or has too many; the relationship would close a circle of a type
    /// that has none; or a field is not what it must be.
    pub async fn add_episode_relationship(
        &self,
        new: NewRelationship,
    ) -> Result<RelationshipAdded> {
        new.check()?;
        self.writing(move |memory, tx| {
            for id in [new.from_episode_id, new.to_episode_id] {
                memory.episode_in(tx, id)?;
                if edges(tx, id, Direction::Both)?.len() >= RELATIONSHIPS_MAX {
                    return Err(Error::Limit(format!(
                        "the episode {id} has {RELATIONSHIPS_MAX} relationships, and that is the most; remove some"
                    )));
                }
            }
            if let Some(relationship) = find(tx, &new)? {
                let message = "The relationship was there before.".to_owned();
                return Ok(RelationshipAdded { success: true, relationship, message });
            }
            if new.relationship_type.is_acyclic()
                && let Some(path) = graph::path(tx, new.to_episode_id, new.from_episode_id, new.relationship_type)?
            {
                let path: Vec<_> = path.iter().map(ToString::to_string).collect();
                return Err(Error::Conflict(format!(
                    "the relationship would close a circle of {}: {} leads back already; remove one of these first",
                    new.relationship_type.as_str(),
                    path.join(" → ")
                )));
            }
            let relationship = new.relationship();
            tx.put_record(&record(&relationship)?)?;
            let message = "The relationship is kept.".to_owned();
            Ok(RelationshipAdded { success: true, relationship, message })
        })
        .await
    }

    /// Removes a relationship.
    ///
    /// # Errors
    /// There is none with this id.
    pub async fn remove_episode_relationship(
        &self,
        id: RelationshipId,
    ) -> Result<RelationshipRemoved> {
        self.writing(move |memory, tx| {
            let instead = "take an id that get_episode_relationships answered with";
            let missing = || Error::not_found("relationship", id, instead);
            let known = tx
                .record(RecordKind::Relationship, &id.to_string())?
                .ok_or_else(missing)?;
            let known: Relationship = from_json(&known.body)?;
            memory
                .episode_in(tx, known.from_episode_id)
                .map_err(|_| missing())?;
            tx.delete_record(RecordKind::Relationship, &id.to_string())?;
            Ok(RelationshipRemoved {
                success: true,
                relationship_id: id,
                message: "The relationship is removed.".to_owned(),
            })
        })
        .await
    }

    /// The relationships of an episode.
    ///
    /// # Errors
    /// There is no such episode.
    pub async fn get_episode_relationships(
        &self,
        id: EpisodeId,
        direction: Direction,
        only: Option<RelationshipType>,
    ) -> Result<Relationships> {
        self.reading(move |memory, tx| {
            memory.episode_in(tx, id)?;
            let mut relationships = edges(tx, id, direction)?;
            relationships.retain(|edge| only.is_none_or(|only| only == edge.relationship_type));
            let mut visible = Vec::with_capacity(relationships.len());
            for edge in relationships {
                if memory.episode_in(tx, other_end(&edge, id)).is_ok() {
                    visible.push(edge);
                }
            }
            Ok(Relationships {
                episode_id: id,
                count: visible.len(),
                relationships: visible,
            })
        })
        .await
    }

    /// The episodes that an episode is related to.
    ///
    /// # Errors
    /// There is no such episode, or the limit is none.
    pub async fn find_related_episodes(
        &self,
        id: EpisodeId,
        only: Option<RelationshipType>,
        limit: usize,
    ) -> Result<RelatedEpisodes> {
        check::within("limit", limit, 1, QUERY_LIMIT_MAX)?;
        self.reading(move |memory, tx| {
            memory.episode_in(tx, id)?;
            let mut related = Vec::new();
            for edge in edges(tx, id, Direction::Both)? {
                let is_wanted = only.is_none_or(|only| only == edge.relationship_type);
                let other = other_end(&edge, id);
                if related.len() == limit || !is_wanted {
                    continue;
                }
                // What may not be seen is left out.
                if let Ok(episode) = memory.episode_in(tx, other) {
                    let is_outgoing = edge.from_episode_id == id;
                    related.push(RelatedEpisode {
                        episode_id: other,
                        task_description: episode.task_description,
                        outcome: episode.outcome.map(|outcome| outcome.kind()),
                        relationship_type: edge.relationship_type,
                        direction: if is_outgoing {
                            Direction::Outgoing
                        } else {
                            Direction::Incoming
                        },
                    });
                }
            }
            Ok(RelatedEpisodes {
                episode_id: id,
                count: related.len(),
                related,
            })
        })
        .await
    }

    /// Whether there is a relationship.
    ///
    /// # Errors
    /// An episode is not there.
    pub async fn check_relationship_exists(
        &self,
        from_episode_id: EpisodeId,
        to_episode_id: EpisodeId,
        relationship_type: RelationshipType,
    ) -> Result<RelationshipExists> {
        self.reading(move |memory, tx| {
            memory.episode_in(tx, from_episode_id)?;
            memory.episode_in(tx, to_episode_id)?;
            let known = edges(tx, from_episode_id, Direction::Outgoing)?.into_iter();
            let mut known = known.filter(|edge| {
                edge.to_episode_id == to_episode_id && edge.relationship_type == relationship_type
            });
            let relationship_id = known.next().map(|edge| edge.relationship_id);
            Ok(RelationshipExists {
                exists: relationship_id.is_some(),
                relationship_id,
            })
        })
        .await
    }
}

impl NewRelationship {
    fn check(&self) -> Result<()> {
        if self.from_episode_id == self.to_episode_id {
            return Err(Error::Invalid(
                "an episode has no relationship to itself; name two different ones".to_owned(),
            ));
        }
        check::text(
            "reason",
            self.reason.as_deref().unwrap_or_default(),
            RELATIONSHIP_REASON_BYTES_MAX,
        )?;
        check::text(
            "created_by",
            self.created_by.as_deref().unwrap_or_default(),
            LABEL_BYTES_MAX,
        )?;
        match self.priority {
            Some(priority) => check::within("priority", priority.into(), 1, PRIORITY_MAX.into()),
            None => Ok(()),
        }
    }

    fn relationship(&self) -> Relationship {
        Relationship {
            relationship_id: RelationshipId::new(),
            from_episode_id: self.from_episode_id,
            to_episode_id: self.to_episode_id,
            relationship_type: self.relationship_type,
            reason: self.reason.clone(),
            priority: self.priority,
            created_by: self.created_by.clone(),
            created_at: now(),
        }
    }
}

fn find(tx: &mut (impl Read + ?Sized), new: &NewRelationship) -> Result<Option<Relationship>> {
    let mut known = edges(tx, new.from_episode_id, Direction::Outgoing)?.into_iter();
    Ok(known.find(|edge| {
        edge.to_episode_id == new.to_episode_id && edge.relationship_type == new.relationship_type
    }))
}

fn record(relationship: &Relationship) -> Result<Record> {
    Ok(Record {
        kind: RecordKind::Relationship,
        id: relationship.relationship_id.to_string(),
        a: relationship.from_episode_id.to_string(),
        b: relationship.to_episode_id.to_string(),
        body: to_json(relationship)?,
    })
}

fn other_end(edge: &Relationship, id: EpisodeId) -> EpisodeId {
    if edge.from_episode_id == id {
        edge.to_episode_id
    } else {
        edge.from_episode_id
    }
}

/// The relationships of an episode, the oldest first.
pub fn edges(
    tx: &mut (impl Read + ?Sized),
    id: EpisodeId,
    direction: Direction,
) -> Result<Vec<Relationship>> {
    let text = id.to_string();
    let all = Records::all(RecordKind::Relationship);
    let mut records = Vec::new();
    if direction != Direction::Incoming {
        records.extend(tx.records(&all.with_a(&text))?);
    }
    if direction != Direction::Outgoing {
        records.extend(tx.records(&all.with_b(&text))?);
    }
    let mut edges = records
        .iter()
        .map(|record| from_json(&record.body))
        .collect::<Result<Vec<Relationship>>>()?;
    edges.sort_by_key(|edge| (edge.created_at, edge.relationship_id));
    Ok(edges)
}
