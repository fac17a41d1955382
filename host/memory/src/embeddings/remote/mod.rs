//! Providers over HTTP.

mod request;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;

use super::settings::Access;
use super::{EmbedError, Embeddings, Purpose, normalize};
use crate::limits::DIMENSION_MAX;

/// How long a provider is waited for, and how often it is asked again. Only what may pass is tried again: a provider that is
/// not there or breaks off, and the statuses 429, 500, 502, 503 and 504.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long one answer may take.
    pub answer: Duration,
    /// How long all attempts for a document may take together.
    pub document: Duration,
    /// How long all attempts for a query may take together. Somebody waits, and words can be searched without.
    pub query: Duration,
    /// How often it is tried at most.
    pub attempts: usize,
    /// The first pause; it doubles, and jitter is added.
    pub pause_first: Duration,
    /// The longest pause, also where the provider asks for a longer one: then it is not tried again.
    pub pause_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(60),
            document: Duration::from_secs(180),
            query: Duration::from_secs(10),
            attempts: 5,
            pause_first: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
        }
    }
}

/// A provider over HTTP.
#[derive(Debug)]
pub struct Remote {
    provider: &'static str,
    model: String,
    /// Set where the provider is not at its own address.
    place: Option<String>,
    dimension: usize,
    batch_size: usize,
    wire: wire::Wire,
    endpoint: request::Endpoint,
}

impl Remote {
    /// Asks for a vector, to see that all is right and how many numbers one has.
    ///
    /// # Errors
    /// The settings are wrong, or there is no vector.
    pub async fn measured(access: Access) -> Result<Self, EmbedError> {
        let mut remote = Self::new(access, 0)?;
        let vectors = remote
            .ask(&["a test".to_owned()], Purpose::Document)
            .await?;
        remote.dimension = vectors.first().map_or(0, Vec::len);
        if !(1..=DIMENSION_MAX).contains(&remote.dimension) {
            return Err(EmbedError::Answer(format!(
                "{} answered with a vector of {} numbers; 1 to {DIMENSION_MAX} are taken",
                remote.provider, remote.dimension
            )));
        }
        Ok(remote)
    }

    /// The same without a call.
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn with_dimension(access: Access, dimension: usize) -> Result<Self, EmbedError> {
        Self::new(access, dimension)
    }

    fn new(access: Access, dimension: usize) -> Result<Self, EmbedError> {
        let wire = wire::Wire::of(access.provider);
        let url = format!("{}/{}", access.base_url, wire.path());
        let url = Url::parse(&url).map_err(|error| {
            EmbedError::Configuration(format!(
                "base_url {} cannot be read: {error}; send one like https://api.example.com/v1",
                access.base_url
            ))
        })?;
        Ok(Self {
            provider: access.provider.as_str(),
            endpoint: request::Endpoint::new(
                access.provider.as_str(),
                url,
                access.key,
                access.patience,
            )?,
            place: (!access.is_own_url).then_some(access.base_url),
            model: access.model,
            dimension,
            batch_size: access.batch_size,
            wire,
        })
    }

    /// The vectors as they come, of length 1, each of the same dimension.
    async fn ask(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let body = self.wire.request(&self.model, texts, purpose)?;
        let answer = self.endpoint.post(body, purpose).await?;
        let mut vectors = self.wire.vectors(&answer).map_err(|what| {
            EmbedError::Answer(format!("{} answered with {what}", self.endpoint.name()))
        })?;
        self.check(texts.len(), &vectors)?;
        vectors.iter_mut().for_each(|vector| normalize(vector));
        Ok(vectors)
    }

    fn check(&self, texts: usize, vectors: &[Vec<f32>]) -> Result<(), EmbedError> {
        let name = self.endpoint.name();
        if vectors.len() != texts {
            return Err(EmbedError::Answer(format!(
                "{name} answered with {} vectors for {texts} texts",
                vectors.len()
            )));
        }
        if vectors.iter().flatten().any(|number| !number.is_finite()) {
            return Err(EmbedError::Answer(format!(
                "{name} answered with a vector that has a number in it which is too large or none"
            )));
        }
        let expected = match self.dimension {
            0 => vectors.first().map_or(0, Vec::len),
            dimension => dimension,
        };
        match vectors.iter().find(|vector| vector.len() != expected) {
            Some(wrong) => Err(EmbedError::Answer(format!(
                "{name} answered with a vector of {} numbers, and those of {} have {expected}; if the model behind the name is another now, call configure_embeddings again",
                wrong.len(),
                self.model
            ))),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Embeddings for Remote {
    fn provider(&self) -> &str {
        self.provider
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn batch_size(&self) -> usize {
        self.batch_size
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.batch_size) {
            vectors.append(&mut self.ask(batch, purpose).await?);
        }
        Ok(vectors)
    }

    /// A model of the same name at another address may be another.
    fn key(&self) -> String {
        let place = self.place.as_ref().map(|place| format!("@{place}"));
        let place = place.unwrap_or_default();
        format!("{}{place}/{}/{}", self.provider, self.model, self.dimension)
    }
}
