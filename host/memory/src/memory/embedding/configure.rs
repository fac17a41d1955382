//! Which provider is to be used: tried first, kept in the store, and taken up again after a restart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ReindexProgress, StoreRarity};
use crate::embeddings::{
    Builtin, EMBEDDING_BATCH, EMBEDDING_BATCH_MAX, EmbeddingRules, EmbeddingSettings, Embeddings,
    Provider, Purpose, connect, reconnect,
};
use crate::memory::complete::{from_json, to_json};
use crate::memory::semantic::SIMILARITY_THRESHOLD;
use crate::memory::{Memory, check};
use crate::store::{Record, RecordKind};
use crate::{Error, Result};

/// Under which the settings are kept.
const SETTING: &str = "embeddings";
/// How long `configure_embeddings` waits for the new vectors, so that small memories are done when it answers.
const WAIT: Duration = Duration::from_secs(2);
const WAIT_STEP: Duration = Duration::from_millis(20);
/// Numbers of a vector that are shown.
const SAMPLE: usize = 5;
/// What is embedded to see whether it works.
const SAMPLE_TEXT: &str = "Fix the flaky login test";

/// What was configured in this process, or found in the store.
#[derive(Debug, Default)]
pub struct Current {
    settings: Mutex<Option<EmbeddingSettings>>,
}

/// The call, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigureEmbeddings {
    /// Who makes vectors.
    pub provider: Provider,
    /// The model's name, or for `local` its directory.
    #[serde(default)]
    pub model: Option<String>,
    /// The environment variable with the key; the key itself is never sent.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// Where the provider is, when not at its own address.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The least likeness of what queries by meaning find when they do not say; 0.7 when left out.
    #[serde(default)]
    pub similarity_threshold: Option<f64>,
    /// Texts of one call; 32 when left out.
    #[serde(default)]
    pub batch_size: Option<usize>,
}

/// A provider was configured.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Configured {
    /// Always true; a failure is an error, and everything stays as it was.
    pub success: bool,
    /// Who makes vectors now.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// How many numbers a vector has.
    pub dimension: usize,
    /// How many episodes were embedded by it before this answer; more may follow.
    pub reindexed: u64,
    /// What is not done yet, and what to look at.
    pub warnings: Vec<String>,
}

/// Whether a provider works, as tried just now.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProviderTest {
    /// Whether it gave a vector.
    pub available: bool,
    /// Who.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// How many numbers a vector has.
    pub dimension: usize,
    /// How long it took.
    pub test_time_ms: f64,
    /// The beginning of a vector.
    pub sample_embedding: Vec<f32>,
    /// What went wrong.
    pub errors: Vec<String>,
}

/// The provider that was configured, whether it works, and how far its vectors are.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EmbeddingStatus {
    /// The trial.
    #[serde(flatten)]
    pub test: ProviderTest,
    /// Whether queries are embedded by it already. Until its vectors are all there, the one before serves.
    pub active: bool,
    /// Which vectors are searched.
    pub searched: Option<String>,
    /// The least likeness of what queries by meaning find when they do not say.
    pub similarity_threshold: f64,
    /// How far its vectors are.
    pub reindex: ReindexProgress,
}

impl Memory {
    /// Embeds with this provider from now on, and after a restart. It is tried first; then what is kept is embedded anew in
    /// the background, while the vectors of the provider before are searched.
    ///
    /// # Errors
    /// A field is not what it must be, the host does not allow it, the provider does not work, or the store failed; then
    /// everything stays as it was.
    pub async fn configure_embeddings(
        &self,
        wanted: ConfigureEmbeddings,
        rules: &EmbeddingRules,
    ) -> Result<Configured> {
        if self.granted.is_some() {
            return Err(Error::Invalid(
                "embeddings are of the whole memory, and only some of its domains are granted here; ask the operator to configure them".to_owned(),
            ));
        }
        let mut settings = checked(wanted)?;
        let provider = match settings.provider {
            Provider::Builtin => self.builtin(),
            _ => connect(&settings, rules).await?,
        };
        settings.dimension = Some(provider.dimension());
        self.keep(&settings).await?;
        *self.inner.reindex.configured.settings.lock() = Some(settings);
        self.use_embeddings(Arc::clone(&provider)).await?;
        let is_done = self.wait_for(&provider).await;
        let progress = self.reindex_progress();
        let mut warnings: Vec<String> = progress.last_error.into_iter().collect();
        if !is_done {
            warnings.push(format!(
                "{} episodes are embedded so far, and the others follow in the background; until then the vectors from before are searched; embedding_provider_status says how far it is",
                progress.done
            ));
        }
        Ok(Configured {
            success: true,
            provider: provider.provider().to_owned(),
            model: provider.model().to_owned(),
            dimension: provider.dimension(),
            reindexed: progress.done,
            warnings,
        })
    }

    /// Takes up what was configured before a restart, and goes on with what was not embedded yet; whether there was
    /// anything. A provider over HTTP is not called for it.
    ///
    /// # Errors
    /// The host does not allow it any more, a key or a directory is gone, or the store failed; what is built in stays.
    pub async fn restore_embeddings(&self, rules: &EmbeddingRules) -> Result<bool> {
        let record = self
            .reading(|_, tx| tx.record(RecordKind::Setting, SETTING))
            .await?;
        let Some(record) = record else {
            return Ok(false);
        };
        let settings: EmbeddingSettings = from_json(&record.body)?;
        let provider = match settings.provider {
            Provider::Builtin => self.builtin(),
            _ => match reconnect(&settings, rules).await {
                Ok(provider) => provider,
                Err(error) => {
                    self.inner.reindex.progress.lock().last_error = Some(error.to_string());
                    return Err(error.into());
                }
            },
        };
        *self.inner.reindex.configured.settings.lock() = Some(settings);
        self.use_embeddings(provider).await?;
        Ok(true)
    }

    /// Tries the provider that was configured.
    pub async fn test_embeddings(&self) -> ProviderTest {
        let provider = self.configured_provider();
        let began = Instant::now();
        let texts = [SAMPLE_TEXT.to_owned()];
        let embedded = provider.embed(&texts, Purpose::Query).await;
        let test_time_ms = began.elapsed().as_secs_f64() * 1e3;
        let (sample, errors) = match embedded {
            Ok(vectors) => (vectors.into_iter().next().unwrap_or_default(), Vec::new()),
            Err(error) => (Vec::new(), vec![error.to_string()]),
        };
        ProviderTest {
            available: errors.is_empty(),
            provider: provider.provider().to_owned(),
            model: provider.model().to_owned(),
            dimension: provider.dimension(),
            test_time_ms,
            sample_embedding: sample.into_iter().take(SAMPLE).collect(),
            errors,
        }
    }

    /// The provider that was configured, whether it works, and how far its vectors are.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn embedding_provider_status(&self) -> Result<EmbeddingStatus> {
        let mut test = self.test_embeddings().await;
        let reindex = self.reindex_progress();
        test.errors.extend(reindex.last_error.clone());
        let searched = self.reading(|_, tx| tx.active_vectors()).await?;
        let key = self.configured_provider().key();
        Ok(EmbeddingStatus {
            test,
            active: self.embeddings().key() == key && searched.as_ref() == Some(&key),
            searched,
            similarity_threshold: self.similarity_threshold(),
            reindex,
        })
    }

    /// The least likeness of what queries by meaning find when they do not say.
    pub(in crate::memory) fn similarity_threshold(&self) -> f64 {
        let settings = self.inner.reindex.configured.settings.lock();
        let configured = settings.as_ref();
        configured.map_or(SIMILARITY_THRESHOLD, |settings| {
            settings.similarity_threshold
        })
    }

    fn builtin(&self) -> Arc<dyn Embeddings> {
        let rarity = StoreRarity::new(Arc::clone(&self.inner.store));
        Arc::new(Builtin::with_rarity(Arc::new(rarity)))
    }

    fn configured_provider(&self) -> Arc<dyn Embeddings> {
        let next = self.inner.reindex.next.lock().clone();
        next.unwrap_or_else(|| self.embeddings())
    }

    async fn keep(&self, settings: &EmbeddingSettings) -> Result<()> {
        let body = to_json(settings)?;
        self.writing(move |_, tx| {
            tx.put_record(&Record {
                kind: RecordKind::Setting,
                id: SETTING.to_owned(),
                a: String::new(),
                b: String::new(),
                body: body.clone(),
            })
        })
        .await
    }

    /// Whether all vectors are there, after a while.
    async fn wait_for(&self, provider: &Arc<dyn Embeddings>) -> bool {
        let until = Instant::now() + WAIT;
        loop {
            if Arc::ptr_eq(&self.embeddings(), provider) {
                return true;
            }
            if Instant::now() > until || self.reindex_progress().last_error.is_some() {
                return false;
            }
            tokio::time::sleep(WAIT_STEP).await;
        }
    }
}

fn checked(wanted: ConfigureEmbeddings) -> Result<EmbeddingSettings> {
    let similarity_threshold = wanted.similarity_threshold.unwrap_or(SIMILARITY_THRESHOLD);
    check::share("similarity_threshold", similarity_threshold)?;
    let batch_size = wanted.batch_size.unwrap_or(EMBEDDING_BATCH);
    check::within("batch_size", batch_size, 1, EMBEDDING_BATCH_MAX)?;
    let remote = [
        ("base_url", wanted.base_url.is_some()),
        ("api_key_env", wanted.api_key_env.is_some()),
    ];
    if matches!(wanted.provider, Provider::Builtin | Provider::Local)
        && let Some((field, _)) = remote.iter().find(|(_, is_there)| *is_there)
    {
        return Err(Error::Invalid(format!(
            "{field} means nothing to the provider {}; leave it out",
            wanted.provider.as_str()
        )));
    }
    let mut model = wanted.model;
    // The next process may start elsewhere.
    if wanted.provider == Provider::Local
        && let Some(directory) = &mut model
        && let Ok(absolute) = std::path::absolute(&directory)
    {
        *directory = absolute.to_string_lossy().into_owned();
    }
    Ok(EmbeddingSettings {
        provider: wanted.provider,
        model,
        api_key_env: wanted.api_key_env,
        base_url: wanted.base_url,
        similarity_threshold,
        batch_size,
        dimension: None,
    })
}
