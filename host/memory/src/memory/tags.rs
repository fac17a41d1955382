//! Tags of episodes.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Memory, Tagged, check};
use crate::Result;
use crate::limits::QUERY_LIMIT_MAX;
use crate::model::{Episode, EpisodeId, normalized_tags};
use crate::store::{Filter, Order, Page};

/// Episodes with tags.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaggedEpisodes {
    /// How many there are here.
    pub count: usize,
    /// The newest first, without their steps.
    pub episodes: Vec<Episode>,
}

impl Memory {
    /// Adds tags.
    ///
    /// # Errors
    /// There is no such episode, or a tag is not one.
    pub async fn add_episode_tags(&self, id: EpisodeId, tags: &[String]) -> Result<Tagged> {
        let tags = normalized_tags(tags)?;
        self.change_tags(id, move |current| {
            let added: Vec<_> = tags
                .iter()
                .filter(|tag| !current.contains(tag))
                .cloned()
                .collect();
            current.extend(added.clone());
            (Some(added), None, None)
        })
        .await
    }

    /// Removes tags.
    ///
    /// # Errors
    /// There is no such episode, or a tag is not one.
    pub async fn remove_episode_tags(&self, id: EpisodeId, tags: &[String]) -> Result<Tagged> {
        let tags = normalized_tags(tags)?;
        self.change_tags(id, move |current| {
            let removed: Vec<_> = tags
                .iter()
                .filter(|tag| current.contains(tag))
                .cloned()
                .collect();
            current.retain(|tag| !removed.contains(tag));
            (None, Some(removed), None)
        })
        .await
    }

    /// Puts these tags in place of all.
    ///
    /// # Errors
    /// There is no such episode, or a tag is not one.
    pub async fn set_episode_tags(&self, id: EpisodeId, tags: &[String]) -> Result<Tagged> {
        let tags = normalized_tags(tags)?;
        self.change_tags(id, move |current| {
            current.clone_from(&tags);
            (None, None, Some(tags.clone()))
        })
        .await
    }

    /// The tags of an episode.
    ///
    /// # Errors
    /// There is no such episode.
    pub async fn get_episode_tags(&self, id: EpisodeId) -> Result<Tagged> {
        self.reading(move |memory, tx| {
            let episode = memory.episode_in(tx, id)?;
            Ok(tagged(id, (None, None, None), episode.tags))
        })
        .await
    }

    /// Episodes with one of these tags, or with all.
    ///
    /// # Errors
    /// No tags, a tag that is not one, or a limit that is not from 1 to [`QUERY_LIMIT_MAX`].
    pub async fn search_episodes_by_tags(
        &self,
        tags: &[String],
        require_all: bool,
        limit: usize,
    ) -> Result<TaggedEpisodes> {
        check::within("limit", limit, 1, QUERY_LIMIT_MAX)?;
        let tags = normalized_tags(tags)?;
        check::within("the number of tags", tags.len(), 1, crate::limits::TAGS_MAX)?;
        let filter = Filter {
            tags,
            any_tag: !require_all,
            ..self.filter()
        };
        self.reading(move |memory, tx| {
            let ids = tx.list(&filter, Order::Newest, Page::first(limit))?;
            let episodes = ids.into_iter().map(|id| memory.episode_in(tx, id));
            let episodes = episodes.collect::<Result<Vec<_>>>()?;
            Ok(TaggedEpisodes {
                count: episodes.len(),
                episodes,
            })
        })
        .await
    }

    async fn change_tags(
        &self,
        id: EpisodeId,
        mut change: impl FnMut(&mut Vec<String>) -> Changes + Send + 'static,
    ) -> Result<Tagged> {
        self.writing(move |memory, tx| {
            let mut episode = memory.whole_in(tx, id)?;
            let before = episode.tags.clone();
            let changes = change(&mut episode.tags);
            episode.tags = normalized_tags(&episode.tags)?;
            if episode.tags != before {
                memory.put_changed(tx, &episode)?;
            }
            Ok(tagged(id, changes, episode.tags))
        })
        .await
        .inspect(|_| self.wake_reindex())
    }
}

/// Added, removed, set.
type Changes = (
    Option<Vec<String>>,
    Option<Vec<String>>,
    Option<Vec<String>>,
);

fn tagged(episode_id: EpisodeId, changes: Changes, current_tags: Vec<String>) -> Tagged {
    let (tags_added, tags_removed, tags_set) = changes;
    Tagged {
        success: true,
        episode_id,
        tags_added,
        tags_removed,
        tags_set,
        current_tags,
    }
}
