//! Fetching bytes, so many and no more, in so much time and no more.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, Response, Url};
use tokio::time::timeout;

use super::source::is_loopback;
use super::{FetchError, Source, oci};
use crate::digest::Digest;
use crate::store::{COMPONENT_BYTES_MAX, check_component};

/// How long a component may take, all requests for it together.
pub const FETCH_TIME_MAX: Duration = Duration::from_secs(120);
/// How often a server may send a request elsewhere.
pub const REDIRECTS_MAX: usize = 5;
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// Fetches components.
#[derive(Debug, Clone)]
pub struct Fetcher {
    /// By TLS alone.
    secure: Client,
    /// To registries on this machine.
    plain: Client,
}

impl Fetcher {
    /// Trusts the authorities that the system trusts, and those in `authorities`, in PEM.
    ///
    /// # Errors
    /// [`FetchError::Client`].
    pub fn new(authorities: &[u8]) -> Result<Self, FetchError> {
        static CRYPTOGRAPHY: OnceLock<()> = OnceLock::new();
        // Whoever embeds this may have chosen another already, which then stays.
        CRYPTOGRAPHY
            .get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let failed = |error: reqwest::Error| FetchError::Client(reason(&error));
        let authorities = Certificate::from_pem_bundle(authorities).map_err(failed)?;
        let client = || Client::builder().connect_timeout(CONNECT_TIME_MAX);
        let secure = client()
            .https_only(true)
            .redirect(Policy::custom(|attempt| {
                follow(attempt, |url| url.scheme() == "https")
            }))
            .tls_certs_merge(authorities);
        // What is on this machine is not behind a proxy.
        let plain = client()
            .no_proxy()
            .redirect(Policy::custom(|attempt| follow(attempt, is_loopback)));
        Ok(Self {
            secure: secure.build().map_err(failed)?,
            plain: plain.build().map_err(failed)?,
        })
    }

    /// Fetches a component and compares it with its digest.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch(&self, source: &Source) -> Result<Vec<u8>, FetchError> {
        self.fetch_within(source, FETCH_TIME_MAX).await
    }

    /// The same, in less time.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch_within(
        &self,
        source: &Source,
        time_max: Duration,
    ) -> Result<Vec<u8>, FetchError> {
        let fetch = async {
            match source {
                Source::Https { url, digest } => self.https(url, *digest).await,
                Source::Oci {
                    origin,
                    name,
                    sha256,
                } => oci::fetch(self, origin, name, sha256).await,
            }
        };
        let component = timeout(time_max.min(FETCH_TIME_MAX), fetch).await;
        let component = component.map_err(|_| FetchError::TooSlow {
            source_text: source.to_string(),
        })??;
        check_component(&source.to_string(), &component)?;
        Ok(component)
    }

    async fn https(&self, url: &Url, wanted: Digest) -> Result<Vec<u8>, FetchError> {
        let response = self.get(false, url, "application/wasm, */*", None).await?;
        let bytes = bounded(successful(response)?, COMPONENT_BYTES_MAX).await?;
        let actual = Digest::of(&bytes);
        match actual == wanted {
            true => Ok(bytes),
            false => Err(FetchError::Other {
                url: url.to_string(),
                wanted: wanted.to_string(),
                actual: actual.to_string(),
            }),
        }
    }

    pub(super) async fn get(
        &self,
        is_plain: bool,
        url: &Url,
        accept: &str,
        token: Option<&str>,
    ) -> Result<Response, FetchError> {
        let client = if is_plain { &self.plain } else { &self.secure };
        let mut request = client.get(url.clone()).header(ACCEPT, accept);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request
            .send()
            .await
            .map_err(|error| unreachable(url, &error))
    }
}

fn follow(attempt: Attempt<'_>, is_allowed: impl Fn(&Url) -> bool) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTS_MAX {
        return attempt.error(format!(
            "it was sent elsewhere more than {REDIRECTS_MAX} times"
        ));
    }
    match is_allowed(attempt.url()) {
        true => attempt.follow(),
        false => {
            let why = format!("it was sent to {}, which is not as safe", attempt.url());
            attempt.error(why)
        }
    }
}

pub(super) fn successful(response: Response) -> Result<Response, FetchError> {
    let status = response.status();
    match status.is_success() {
        true => Ok(response),
        false => Err(FetchError::Status {
            url: response.url().to_string(),
            status: status.as_u16(),
            hint: match status.as_u16() {
                401 | 403 => {
                    "; only what anybody may read can be fetched: download it, and add the file"
                }
                404 => "; look at the name and the digest",
                _ => "",
            },
        }),
    }
}

pub(super) async fn bounded(
    mut response: Response,
    bytes_max: usize,
) -> Result<Vec<u8>, FetchError> {
    let url = response.url().clone();
    let too_long = || FetchError::TooLong {
        url: url.to_string(),
        bytes_max,
    };
    if response
        .content_length()
        .is_some_and(|length| length > bytes_max as u64)
    {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreachable(&url, &error))?
    {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn unreachable(url: &Url, error: &reqwest::Error) -> FetchError {
    FetchError::Unreachable {
        url: url.to_string(),
        why: reason(error),
    }
}

/// The innermost cause, which says the most.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
