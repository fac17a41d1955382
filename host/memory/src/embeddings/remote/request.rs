//! One request: with its key, its bounds, and again where that may help.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::{Instant, sleep, timeout_at};

use super::{Patience, wire};
use crate::embeddings::{EmbedError, Purpose};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer: 256 vectors of 8 192 numbers, as long as numbers are written.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a refusal that are read, and characters that are passed on.
const REFUSAL_BYTES_MAX: usize = 16 * 1024;
const REFUSAL_CHARS_MAX: usize = 300;

/// Where requests go.
pub struct Endpoint {
    name: String,
    url: Url,
    key: Option<Key>,
    client: Client,
    patience: Patience,
}

/// A key: as it is sent, and as it is looked for in what a provider says.
struct Key {
    header: HeaderValue,
    secret: String,
}

/// Without the key.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url.as_str())
            .field("has_key", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

/// How one attempt failed.
struct Failure {
    error: EmbedError,
    again: bool,
    /// How long the provider wants to be left alone.
    pause: Option<Duration>,
}

impl Failure {
    fn lasting(error: EmbedError) -> Self {
        Self {
            error,
            again: false,
            pause: None,
        }
    }
}

impl Endpoint {
    pub fn new(
        provider: &str,
        url: Url,
        key: Option<String>,
        patience: Patience,
    ) -> Result<Self, EmbedError> {
        // Whoever embeds the memory may have chosen another cryptography already, which then stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        // Redirects are not followed: one to another host would take the key along.
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                EmbedError::Configuration(format!("no HTTP client can be made: {error}"))
            })?;
        let key = key.map(Key::new).transpose()?;
        let place = url.host_str().unwrap_or_default();
        Ok(Self {
            name: format!("{provider} at {place}"),
            url,
            key,
            client,
            patience,
        })
    }

    /// Who it is, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The body of the answer.
    pub async fn post(&self, body: Vec<u8>, purpose: Purpose) -> Result<Vec<u8>, EmbedError> {
        let patience = &self.patience;
        let deadline = Instant::now()
            + match purpose {
                Purpose::Document => patience.document,
                Purpose::Query => patience.query,
            };
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(patience.pause_first)
            .with_max_delay(patience.pause_max)
            .with_max_times(patience.attempts.saturating_sub(1))
            .with_jitter()
            .build();
        loop {
            let failure = match self.once(body.clone(), deadline).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let pause = pauses
                .next()
                .map(|pause| pause.max(failure.pause.unwrap_or_default()))
                .filter(|pause| failure.again && *pause <= patience.pause_max)
                .filter(|pause| Instant::now() + *pause < deadline);
            let Some(pause) = pause else {
                return Err(failure.error);
            };
            tracing::debug!(provider = %self.name, error = %failure.error, ?pause, "texts are sent again");
            sleep(pause).await;
        }
    }

    async fn once(&self, body: Vec<u8>, deadline: Instant) -> Result<Vec<u8>, Failure> {
        let until = deadline.min(Instant::now() + self.patience.answer);
        let began = Instant::now();
        let mut request = self.client.post(self.url.clone());
        request = request.header(CONTENT_TYPE, "application/json").body(body);
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, key.header.clone());
        }
        let answered = timeout_at(until, async {
            let response = request.send().await.map_err(|error| self.broken(&error))?;
            self.read(response).await
        });
        answered.await.unwrap_or_else(|_| {
            Err(Failure::lasting(EmbedError::Unavailable(format!(
                "{} did not answer within {:.1} s; look whether it is overloaded, or lower batch_size",
                self.name,
                began.elapsed().as_secs_f64()
            ))))
        })
    }

    async fn read(&self, response: Response) -> Result<Vec<u8>, Failure> {
        let status = response.status();
        if status.is_success() {
            return self.bytes(response, ANSWER_BYTES_MAX).await;
        }
        let pause = response.headers().get(RETRY_AFTER).and_then(seconds);
        let body = self.bytes(response, REFUSAL_BYTES_MAX).await;
        let said = self.passed_on(&body.unwrap_or_default());
        Err(self.refused(status, pause, &said))
    }

    async fn bytes(&self, mut response: Response, bytes_max: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        while let Some(part) = response
            .chunk()
            .await
            .map_err(|error| self.broken(&error))?
        {
            if bytes.len() + part.len() > bytes_max {
                return Err(Failure::lasting(EmbedError::Answer(format!(
                    "{} answered with more than {bytes_max} bytes; lower batch_size",
                    self.name
                ))));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }

    fn broken(&self, error: &reqwest::Error) -> Failure {
        let mut causes = vec![error.to_string()];
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        Failure {
            error: EmbedError::Unavailable(format!(
                "{} cannot be reached, or broke off: {}; look whether it runs and whether base_url is right",
                self.name,
                self.passed_on(causes.join(": ").as_bytes())
            )),
            again: true,
            pause: None,
        }
    }

    fn refused(&self, status: StatusCode, pause: Option<Duration>, said: &str) -> Failure {
        let name = &self.name;
        let instead = match status.as_u16() {
            401 | 403 => "look whether the key is right and may use the model",
            404 => "look whether the model is there and base_url is right",
            300..=399 => {
                "redirects are not followed, as the key would go along; set base_url to where it is"
            }
            400 | 413 | 422 => "look whether it takes this model, or lower batch_size",
            429 => "it allows no more for now; wait, or lower batch_size",
            _ => "wait, and look at the provider's own log",
        };
        let again = matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504);
        let wait = pause.map(|pause| format!(" (it asks for {} s of quiet)", pause.as_secs()));
        let message = format!(
            "{name} refused with {status}{}: {said}; {instead}",
            wait.unwrap_or_default()
        );
        Failure {
            error: if again {
                EmbedError::Unavailable(message)
            } else {
                EmbedError::Configuration(message)
            },
            again,
            pause,
        }
    }

    /// What a provider says, short, in one line, and without the key, which some repeat.
    fn passed_on(&self, body: &[u8]) -> String {
        let mut said = wire::message(body);
        if let Some(key) = &self.key {
            said = said.replace(&key.secret, "•••");
        }
        let printable = said.chars().map(|c| if c.is_control() { ' ' } else { c });
        printable.take(REFUSAL_CHARS_MAX).collect()
    }
}

impl Key {
    fn new(secret: String) -> Result<Self, EmbedError> {
        let header = HeaderValue::from_str(&format!("Bearer {secret}"));
        let mut header = header.map_err(|_| {
            EmbedError::Configuration(
                "the key has characters that cannot stand in a header; set the variable again"
                    .to_owned(),
            )
        })?;
        header.set_sensitive(true);
        Ok(Self { header, secret })
    }
}

/// `Retry-After` in seconds, or as a date.
fn seconds(header: &HeaderValue) -> Option<Duration> {
    let text = header.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    let left = date.signed_duration_since(chrono::Utc::now()).to_std();
    Some(left.unwrap_or_default())
}
