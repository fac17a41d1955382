//! Which provider there is to be: what a client may ask for, what the host allows, and what comes of both.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::remote::{Patience, Remote};
use super::{EmbedError, Embeddings, Purpose};

/// Texts of one call when nothing is said.
pub const EMBEDDING_BATCH: usize = 32;
/// Texts of one call at most.
pub const EMBEDDING_BATCH_MAX: usize = 256;
/// Bytes of a model's name, a URL or the name of a variable.
const NAME_BYTES_MAX: usize = 2_000;

/// Who makes vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// What is always there.
    Builtin,
    /// A model in a directory, run in this process.
    Local,
    /// OpenAI, or a server that speaks its form.
    OpenAi,
    /// Ollama.
    Ollama,
    /// Mistral.
    Mistral,
}

impl Provider {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Local => "local",
            Self::OpenAi => "openai",
            Self::Ollama => "ollama",
            Self::Mistral => "mistral",
        }
    }

    /// The model that is taken when none is named.
    const fn default_model(self) -> Option<&'static str> {
        match self {
            Self::Builtin | Self::Local => None,
            Self::OpenAi => Some("text-embedding-3-small"),
            Self::Ollama => Some("nomic-embed-text"),
            Self::Mistral => Some("mistral-embed"),
        }
    }

    /// Where it is when no address is given.
    pub(super) const fn default_url(self) -> Option<&'static str> {
        match self {
            Self::Builtin | Self::Local => None,
            Self::OpenAi => Some("https://api.openai.com/v1"),
            Self::Ollama => Some("http://localhost:11434"),
            Self::Mistral => Some("https://api.mistral.ai/v1"),
        }
    }

    /// The variable with its key when none is named.
    const fn default_key_env(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("OPENAI_API_KEY"),
            Self::Mistral => Some("MISTRAL_API_KEY"),
            Self::Builtin | Self::Local | Self::Ollama => None,
        }
    }
}

/// A provider with all that it needs; no secret is in it, so that it can be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmbeddingSettings {
    /// Who.
    pub provider: Provider,
    /// The model's name, or for `local` its directory.
    #[serde(default)]
    pub model: Option<String>,
    /// The environment variable with the key.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// Where the provider is, when not at its own address.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The least likeness of what a query by meaning finds when it does not say.
    pub similarity_threshold: f64,
    /// Texts of one call; 32 when left out.
    pub batch_size: usize,
    /// How many numbers a vector has, once that is known.
    #[serde(default)]
    pub dimension: Option<usize>,
}

/// What the host allows whoever configures embeddings. A client that could send any variable's value to any address could
/// read the host's secrets; so both are the host's to say.
#[derive(Debug, Clone, Default)]
pub struct EmbeddingRules {
    /// Addresses that are taken beside the providers' own, as they are given in `base_url`.
    pub base_urls: Vec<String>,
    /// Variables that may hold a key beside the providers' own.
    pub api_key_envs: Vec<String>,
    /// How long is waited, and how often it is tried again.
    pub patience: Patience,
}

/// Where, and with which key.
#[derive(Debug)]
pub(super) struct Access {
    pub provider: Provider,
    pub model: String,
    pub base_url: String,
    pub is_own_url: bool,
    pub key: Option<String>,
    pub batch_size: usize,
    pub patience: Patience,
}

/// The provider of these settings, after a call that shows that it works.
///
/// # Errors
/// The settings are not what they must be, the host does not allow them, or the call failed.
pub async fn connect(
    settings: &EmbeddingSettings,
    rules: &EmbeddingRules,
) -> Result<Arc<dyn Embeddings>, EmbedError> {
    let unknown = EmbeddingSettings {
        dimension: None,
        ..settings.clone()
    };
    match settings.provider {
        Provider::Builtin => Ok(Arc::new(super::Builtin::default())),
        Provider::Local => {
            let local = open_local(&unknown).await?;
            local
                .embed(&["a test".to_owned()], Purpose::Document)
                .await?;
            Ok(local)
        }
        Provider::OpenAi | Provider::Ollama | Provider::Mistral => {
            let remote = Remote::measured(access(&unknown, rules)?).await?;
            Ok(Arc::new(remote))
        }
    }
}

/// The provider of settings that worked before, without a call: it may be away just now, and come back.
///
/// # Errors
/// The settings are not what they must be, or the host does not allow them any more.
pub async fn reconnect(
    settings: &EmbeddingSettings,
    rules: &EmbeddingRules,
) -> Result<Arc<dyn Embeddings>, EmbedError> {
    match (settings.provider, settings.dimension) {
        (Provider::OpenAi | Provider::Ollama | Provider::Mistral, Some(dimension)) => Ok(Arc::new(
            Remote::with_dimension(access(settings, rules)?, dimension)?,
        )),
        _ => connect(settings, rules).await,
    }
}

async fn open_local(settings: &EmbeddingSettings) -> Result<Arc<dyn Embeddings>, EmbedError> {
    let Some(directory) = settings.model.clone() else {
        return Err(EmbedError::Configuration(
            "the provider local needs a model: the directory with model.safetensors, tokenizer.json and config.json".to_owned(),
        ));
    };
    super::local(directory.into(), settings.batch_size).await
}

fn access(settings: &EmbeddingSettings, rules: &EmbeddingRules) -> Result<Access, EmbedError> {
    let provider = settings.provider;
    let model = settings.model.as_deref().or(provider.default_model());
    let model = model.unwrap_or_default().to_owned();
    short("model", &model)?;
    let own = provider.default_url().unwrap_or_default();
    let base_url = settings
        .base_url
        .as_deref()
        .unwrap_or(own)
        .trim_end_matches('/');
    short("base_url", base_url)?;
    let is_own_url = base_url == own;
    let is_allowed = |url: &String| url.trim_end_matches('/') == base_url;
    if !is_own_url && !rules.base_urls.iter().any(is_allowed) {
        return Err(EmbedError::Configuration(format!(
            "this host does not send texts to {base_url}; leave base_url out for {own}, or have the operator allow the address"
        )));
    }
    Ok(Access {
        provider,
        key: key(settings, rules, is_own_url)?,
        model,
        base_url: base_url.to_owned(),
        is_own_url,
        batch_size: settings.batch_size.clamp(1, EMBEDDING_BATCH_MAX),
        patience: rules.patience,
    })
}

/// The key. A provider's own variable is not read for another address unless it is named.
fn key(
    settings: &EmbeddingSettings,
    rules: &EmbeddingRules,
    is_own_url: bool,
) -> Result<Option<String>, EmbedError> {
    let own = settings.provider.default_key_env();
    let name = match &settings.api_key_env {
        Some(name) => {
            short("api_key_env", name)?;
            if own != Some(name) && !rules.api_key_envs.contains(name) {
                return Err(EmbedError::Configuration(format!(
                    "this host does not hand out the variable {name}; leave api_key_env out, or have the operator allow the variable"
                )));
            }
            name
        }
        None => match own.filter(|_| is_own_url) {
            Some(name) => name,
            None => return Ok(None),
        },
    };
    match std::env::var(name) {
        Ok(key) if !key.trim().is_empty() => Ok(Some(key.trim().to_owned())),
        _ => Err(EmbedError::Configuration(format!(
            "the environment variable {name} is not set where Vesicle runs; set it to the key, and start Vesicle again"
        ))),
    }
}

fn short(field: &str, value: &str) -> Result<(), EmbedError> {
    if value.is_empty() || value.len() > NAME_BYTES_MAX {
        return Err(EmbedError::Configuration(format!(
            "{field} has {} bytes; 1 to {NAME_BYTES_MAX} are taken",
            value.len()
        )));
    }
    Ok(())
}
