//! New episodes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Created, Memory, check};
use crate::limits::{DESCRIPTION_BYTES_MAX, LABEL_BYTES_MAX};
use crate::model::{Complexity, Context, Episode, EpisodeId, TaskType, normalized_tags, now};
use crate::{Error, Result};

/// What an episode is created with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEpisode {
    /// What is to be done.
    pub task_description: String,
    /// The area of work; queries filter by it.
    pub domain: String,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// The programming language.
    #[serde(default)]
    pub language: Option<String>,
    /// The framework.
    #[serde(default)]
    pub framework: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How much the task asks for.
    #[serde(default)]
    pub complexity: Complexity,
}

impl NewEpisode {
    /// An episode of moderate complexity, without anything that may be left out.
    pub fn new(task_description: &str, domain: &str, task_type: TaskType) -> Self {
        Self {
            task_description: task_description.to_owned(),
            domain: domain.to_owned(),
            task_type,
            language: None,
            framework: None,
            tags: Vec::new(),
            complexity: Complexity::default(),
        }
    }

    fn into_episode(self) -> Result<Episode> {
        check::filled(
            "task_description",
            &self.task_description,
            DESCRIPTION_BYTES_MAX,
        )?;
        check::filled("domain", &self.domain, LABEL_BYTES_MAX)?;
        for (field, label) in [("language", &self.language), ("framework", &self.framework)] {
            check::text(field, label.as_deref().unwrap_or_default(), LABEL_BYTES_MAX)?;
        }
        let tags = normalized_tags(&self.tags)?;
        Ok(Episode {
            episode_id: EpisodeId::new(),
            task_type: self.task_type,
            task_description: self.task_description,
            context: Context {
                language: self.language,
                framework: self.framework,
                complexity: self.complexity,
                domain: self.domain,
                tags: tags.clone(),
            },
            start_time: now(),
            end_time: None,
            steps: Vec::new(),
            outcome: None,
            reward: None,
            reflection: None,
            patterns: Vec::new(),
            heuristics: Vec::new(),
            applied_patterns: Vec::new(),
            metadata: Default::default(),
            tags,
            checkpoints: Vec::new(),
            salient_features: None,
            quality_score: None,
        })
    }
}

impl Memory {
    /// Opens an episode.
    ///
    /// # Errors
    /// A field is not what it must be, or its domain may not be written.
    pub async fn create_episode(&self, new: NewEpisode) -> Result<Created> {
        let episode = new.into_episode()?;
        self.check_domain(&episode.context.domain)?;
        self.writing(move |memory, tx| {
            memory.put_found(tx, &episode)?;
            Ok(Created {
                success: true,
                episode_id: episode.episode_id,
                task_description: episode.task_description.clone(),
                domain: episode.context.domain.clone(),
                task_type: episode.task_type,
                message: "The episode is open; add steps, then complete it.".to_owned(),
            })
        })
        .await
        .inspect(|_| self.wake_reindex())
    }

    pub(super) fn check_domain(&self, domain: &str) -> Result<()> {
        match &self.granted {
            Some(granted) if !granted.allows(domain) => Err(Error::Invalid(format!(
                "the domain {domain:?} is not granted here; take one of {}",
                granted.patterns().join(", ")
            ))),
            _ => Ok(()),
        }
    }
}
