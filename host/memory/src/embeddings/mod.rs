//! What makes texts comparable: one trait, whatever computes the vectors.

mod builtin;
#[cfg_attr(not(feature = "local-embeddings"), path = "local_absent.rs")]
mod local;
mod remote;
mod settings;

use async_trait::async_trait;
use local::local;

pub use builtin::{BUILTIN_DIMENSION, Builtin, Rarity, normalize};
pub use remote::Patience;
pub use settings::{
    EMBEDDING_BATCH, EMBEDDING_BATCH_MAX, EmbeddingRules, EmbeddingSettings, Provider, connect,
    reconnect,
};

use crate::ErrorCode;

/// What a text is embedded for. Some models want to be told; others do the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// It is kept, to be found.
    Document,
    /// It is looked for.
    Query,
}

/// Makes vectors of texts. One value is one model of one provider.
#[async_trait]
pub trait Embeddings: std::fmt::Debug + Send + Sync {
    /// `builtin`, `local`, `openai`, `ollama` or `mistral`.
    fn provider(&self) -> &str;

    /// The model's name, as the provider knows it.
    fn model(&self) -> &str;

    /// How many numbers a vector has.
    fn dimension(&self) -> usize;

    /// How many texts one call of `embed` takes at most.
    fn batch_size(&self) -> usize;

    /// One vector for each text, in their order, each of length 1 and of [`Self::dimension`] numbers.
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// The vector of a text, where it takes no waiting; none where it does.
    fn at_once(&self, text: &str, purpose: Purpose) -> Option<Vec<f32>> {
        let _ = (text, purpose);
        None
    }

    /// Which vectors can be compared with each other: those of the same key.
    fn key(&self) -> String {
        format!("{}/{}/{}", self.provider(), self.model(), self.dimension())
    }
}

/// Why there is no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The provider is not configured as it must be; the message says what to change.
    #[error("{0}")]
    Configuration(String),
    /// The provider is not there, is too slow, or refuses for now; the message says what to do.
    #[error("{0}")]
    Unavailable(String),
    /// The provider answered with something that is no answer; the message says with what.
    #[error("{0}")]
    Answer(String),
}

impl EmbedError {
    /// What kind of failure it is.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Configuration(_) => ErrorCode::InvalidInput,
            Self::Unavailable(_) | Self::Answer(_) => ErrorCode::Unavailable,
        }
    }
}
