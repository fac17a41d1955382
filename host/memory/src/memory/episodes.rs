//! Episodes as they are: read, changed, deleted, and in the order of time.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Deleted, Memory, Timeline, TimelineEntry, Updated, check, steps};
use crate::limits::{
    BULK_MAX, DESCRIPTION_BYTES_MAX, METADATA_KEY_BYTES_MAX, METADATA_MAX, METADATA_VALUE_BYTES_MAX,
};
use crate::model::{Episode, EpisodeId, normalized_tags};
use crate::store::{RecordKind, Records, Write};
use crate::{Error, Result};

/// What is to be changed, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateEpisode {
    /// The episode.
    pub episode_id: EpisodeId,
    /// A new description.
    #[serde(default)]
    pub description: Option<String>,
    /// Tags to add.
    #[serde(default)]
    pub add_tags: Vec<String>,
    /// Tags to remove.
    #[serde(default)]
    pub remove_tags: Vec<String>,
    /// All tags there shall be.
    #[serde(default)]
    pub set_tags: Option<Vec<String>>,
    /// Taken into what is there.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// Several episodes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Bulk {
    /// How many ids were sent.
    pub requested_count: usize,
    /// How many of them are there.
    pub found_count: usize,
    /// How many are not.
    pub missing_count: usize,
    /// Those that are not.
    pub missing: Vec<EpisodeId>,
    /// Those that are, in the order of the ids.
    pub episodes: Vec<Episode>,
}

impl Memory {
    /// An episode with all its steps.
    ///
    /// # Errors
    /// There is no such episode.
    pub async fn get_episode(&self, id: EpisodeId) -> Result<Episode> {
        self.reading(move |memory, tx| memory.whole_in(tx, id))
            .await
    }

    /// Several episodes with all their steps. Those that are not there are named.
    ///
    /// # Errors
    /// More than [`BULK_MAX`] ids.
    pub async fn bulk_episodes(&self, ids: Vec<EpisodeId>) -> Result<Bulk> {
        check::count("episode_ids", ids.len(), BULK_MAX)?;
        self.reading(move |memory, tx| {
            let (mut episodes, mut missing) = (Vec::new(), Vec::new());
            for &id in &ids {
                match memory.whole_in(tx, id) {
                    Ok(episode) => episodes.push(episode),
                    Err(Error::NotFound { .. }) => missing.push(id),
                    Err(error) => return Err(error),
                }
            }
            Ok(Bulk {
                requested_count: ids.len(),
                found_count: episodes.len(),
                missing_count: missing.len(),
                missing,
                episodes,
            })
        })
        .await
    }

    /// Changes what may be changed of an episode, also of a completed one.
    ///
    /// # Errors
    /// There is no such episode, nothing is to be changed, or a bound is exceeded.
    pub async fn update_episode(&self, update: UpdateEpisode) -> Result<Updated> {
        update.check()?;
        self.writing(move |memory, tx| {
            let mut episode = memory.whole_in(tx, update.episode_id)?;
            let updated_fields = update.apply(&mut episode)?;
            memory.put_changed(tx, &episode)?;
            Ok(Updated {
                success: true,
                episode_id: update.episode_id,
                message: format!("Changed: {}.", updated_fields.join(", ")),
                updated_fields,
            })
        })
        .await
        .inspect(|_| self.wake_reindex())
    }

    /// Deletes an episode with its steps, checkpoints and relationships. Patterns keep what they counted.
    ///
    /// # Errors
    /// There is no such episode, or `confirm` is false.
    pub async fn delete_episode(&self, id: EpisodeId, confirm: bool) -> Result<Deleted> {
        if !confirm {
            return Err(Error::Invalid(
                "nothing was deleted; send confirm: true to delete the episode for good".to_owned(),
            ));
        }
        self.writing(move |memory, tx| {
            memory.episode_in(tx, id)?;
            delete(tx, id)?;
            Ok(Deleted {
                success: true,
                episode_id: id,
                message: "The episode is deleted, with its steps, checkpoints and relationships."
                    .to_owned(),
            })
        })
        .await
    }

    /// The steps of an episode in the order of time.
    ///
    /// # Errors
    /// There is no such episode.
    pub async fn get_episode_timeline(&self, id: EpisodeId) -> Result<Timeline> {
        self.reading(move |memory, tx| {
            let episode = memory.whole_in(tx, id)?;
            let mut timeline: Vec<_> = episode
                .steps
                .iter()
                .map(|step| TimelineEntry {
                    step_number: step.step_number,
                    timestamp: step.timestamp,
                    tool: step.tool.clone(),
                    action: step.action.clone(),
                    result_type: step.result_kind(),
                    latency_ms: step.latency_ms,
                })
                .collect();
            timeline.sort_by_key(|entry| (entry.timestamp, entry.step_number));
            Ok(Timeline {
                episode_id: id,
                start_time: episode.start_time,
                end_time: episode.end_time,
                duration_seconds: episode.duration_seconds(),
                step_count: timeline.len(),
                timeline,
                outcome: episode.outcome,
            })
        })
        .await
    }

    /// Keeps an episode whose text or tags changed.
    pub(super) fn put_changed(&self, tx: &mut dyn Write, episode: &Episode) -> Result<()> {
        let bytes = serde_json::to_string(episode).map_or(0, |body| body.len());
        steps::check_bytes(bytes)?;
        self.put_found(tx, episode)
    }
}

impl UpdateEpisode {
    /// A change of nothing yet.
    pub fn new(episode_id: EpisodeId) -> Self {
        Self {
            episode_id,
            description: None,
            add_tags: Vec::new(),
            remove_tags: Vec::new(),
            set_tags: None,
            metadata: BTreeMap::new(),
        }
    }

    fn check(&self) -> Result<()> {
        if let Some(description) = &self.description {
            check::filled("description", description, DESCRIPTION_BYTES_MAX)?;
        }
        for (key, value) in &self.metadata {
            check::filled("a key of metadata", key, METADATA_KEY_BYTES_MAX)?;
            check::text("a value of metadata", value, METADATA_VALUE_BYTES_MAX)?;
        }
        Ok(())
    }

    fn apply(&self, episode: &mut Episode) -> Result<Vec<&'static str>> {
        let mut fields = Vec::new();
        if let Some(description) = &self.description {
            episode.task_description.clone_from(description);
            fields.push("description");
        }
        if self.set_tags.is_some() || !self.add_tags.is_empty() || !self.remove_tags.is_empty() {
            let removed = normalized_tags(&self.remove_tags)?;
            let mut tags = match &self.set_tags {
                Some(tags) => normalized_tags(tags)?,
                None => std::mem::take(&mut episode.tags),
            };
            tags.retain(|tag| !removed.contains(tag));
            tags.extend(normalized_tags(&self.add_tags)?);
            episode.tags = normalized_tags(&tags)?;
            fields.push("tags");
        }
        if !self.metadata.is_empty() {
            episode.metadata.extend(self.metadata.clone());
            check::count("metadata", episode.metadata.len(), METADATA_MAX)?;
            fields.push("metadata");
        }
        if fields.is_empty() {
            return Err(Error::Invalid(
                "there is nothing to change; send description, add_tags, remove_tags, set_tags or metadata".to_owned(),
            ));
        }
        Ok(fields)
    }
}

/// Deletes an episode and the records that hang on it.
pub fn delete(tx: &mut dyn Write, id: EpisodeId) -> Result<()> {
    let text = id.to_string();
    for kind in [
        RecordKind::Relationship,
        RecordKind::Checkpoint,
        RecordKind::Session,
    ] {
        let mut records = tx.records(&Records::all(kind).with_a(&text))?;
        if kind == RecordKind::Relationship {
            records.extend(tx.records(&Records::all(kind).with_b(&text))?);
        }
        for record in records {
            tx.delete_record(kind, &record.id)?;
        }
    }
    tx.delete_episode(id)?;
    Ok(())
}

/// Only these parts of a value, by dotted paths. In lists a path means that of each entry. No paths mean the whole.
///
/// # Errors
/// A path leads nowhere.
pub fn selected(value: &Value, fields: &[String]) -> Result<Value> {
    if fields.is_empty() {
        return Ok(value.clone());
    }
    check::count("fields", fields.len(), crate::limits::FIELDS_MAX)?;
    let mut selection = Value::Null;
    for field in fields {
        let path: Vec<&str> = field.split('.').collect();
        if !copy(value, &mut selection, &path) {
            let known = value
                .as_object()
                .map(|members| members.keys().cloned().collect::<Vec<_>>().join(", "));
            return Err(Error::Invalid(format!(
                "fields: {field:?} leads nowhere; at the top there are {}",
                known.unwrap_or_default()
            )));
        }
    }
    Ok(selection)
}

fn copy(from: &Value, to: &mut Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        to.clone_from(from);
        return true;
    };
    match from {
        Value::Object(members) => {
            let Some(member) = members.get(*first) else {
                return false;
            };
            if !to.is_object() {
                *to = Value::Object(serde_json::Map::new());
            }
            match to.as_object_mut() {
                Some(into) => copy(member, into.entry(*first).or_insert(Value::Null), rest),
                None => false,
            }
        }
        Value::Array(entries) => {
            if !to.is_array() {
                *to = Value::Array(vec![Value::Null; entries.len()]);
            }
            let into = to.as_array_mut().into_iter().flatten();
            // What some entries do not have is left out of them; an empty list has all paths.
            let copied: Vec<bool> = entries
                .iter()
                .zip(into)
                .map(|(from, to)| copy(from, to, path))
                .collect();
            copied.is_empty() || copied.contains(&true)
        }
        // A part of what is not there is not there either, and no mistake.
        Value::Null => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_select_parts() {
        let value: Value = serde_json::from_str(
            r#"{"a":{"b":1,"c":2},"steps":[{"tool":"x","n":1},{"tool":"y","n":2}],"end":null,"none":[]}"#,
        )
        .unwrap();
        let select = |fields: &[&str]| {
            let fields: Vec<_> = fields.iter().map(|&field| field.to_owned()).collect();
            selected(&value, &fields)
        };
        assert_eq!(select(&[]).unwrap(), value);
        let part = select(&["a.b", "steps.tool", "end.x", "none.y"]).unwrap();
        insta::assert_snapshot!(part, @r#"{"a":{"b":1},"steps":[{"tool":"x"},{"tool":"y"}],"end":null,"none":[]}"#);
        insta::assert_snapshot!(select(&["a.z"]).unwrap_err(), @r#"fields: "a.z" leads nowhere; at the top there are a, steps, end, none"#);
    }
}
