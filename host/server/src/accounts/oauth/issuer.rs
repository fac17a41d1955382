//! Asks an issuer for its keys, where its metadata says that they are (RFC 8414, OpenID Connect Discovery).

use std::{net::IpAddr, path::Path, time::Duration};

use reqwest::{Client, Url, redirect};
use serde::Deserialize;

use super::keys::KeySet;

/// How long a connection to an issuer may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long all that is asked of an issuer at once may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(15);
/// How long its metadata and its keys may be, each, in bytes.
pub const ANSWER_BYTES_MAX: usize = 256 << 10;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// An address cannot be asked for keys.
    #[error("`{0}` is no https:// address, and none of this machine either")]
    Address(String),
    /// The certificates of further authorities cannot be used.
    #[error("the authorities in `{path}` cannot be read: {why}")]
    Authorities {
        /// The file.
        path: String,
        /// Why not.
        why: String,
    },
    /// It cannot be asked.
    #[error("{url} cannot be read: {why}")]
    Request {
        /// What was asked for.
        url: String,
        /// Why not.
        why: String,
    },
    /// Its metadata is that of another.
    #[error("the metadata at {url} is of `{found}`; set `auth.issuer` to just that if it is meant")]
    Other {
        /// Where it was found.
        url: String,
        /// What it calls itself.
        found: String,
    },
    /// It is too slow.
    #[error("the issuer did not answer within {} s", FETCH_TIMEOUT.as_secs())]
    Slow,
}

/// An authorization server.
#[derive(Debug)]
pub struct Issuer {
    client: Client,
    name: String,
    url: Url,
    jwks: Option<Url>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// The one of this name, whose keys are at `jwks`, or where its metadata says.
    ///
    /// # Errors
    /// The addresses or the authorities cannot be used.
    pub fn new(
        name: &str,
        jwks: Option<&str>,
        ca_file: Option<&Path>,
    ) -> Result<Self, IssuerError> {
        // Whoever embeds this may have chosen another cryptography already, which then stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        let url = safe(name)?;
        // Redirects are not followed: who may say which keys count is who was named.
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none());
        if url.scheme() == "http" {
            // What is on this machine is not behind a proxy.
            builder = builder.no_proxy();
        }
        if let Some(path) = ca_file {
            let failed = |why: String| IssuerError::Authorities {
                path: path.display().to_string(),
                why,
            };
            let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
            let authorities = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|error| failed(error.to_string()))?;
            builder = builder.tls_certs_merge(authorities);
        }
        let client = builder.build().map_err(|error| request(name, &error))?;
        Ok(Self {
            client,
            name: name.to_owned(),
            url,
            jwks: jwks.map(safe).transpose()?,
        })
    }

    /// Its keys, as they are now.
    ///
    /// # Errors
    /// See [`IssuerError`].
    pub async fn keys(&self) -> Result<KeySet, IssuerError> {
        let fetching = tokio::time::timeout(FETCH_TIMEOUT, self.fetch()).await;
        fetching.unwrap_or(Err(IssuerError::Slow))
    }

    async fn fetch(&self) -> Result<KeySet, IssuerError> {
        let url = match &self.jwks {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let read = KeySet::read(&self.get(&url).await?);
        let failed = |why: String| IssuerError::Request {
            url: url.to_string(),
            why,
        };
        let keys = read.map_err(failed)?;
        match keys.is_empty() {
            true => Err(failed("no key in it can check a signature".to_owned())),
            false => Ok(keys),
        }
    }

    async fn discover(&self) -> Result<Url, IssuerError> {
        let mut last = IssuerError::Address(self.name.clone());
        for url in places(&self.url) {
            let body = match self.get(&url).await {
                Ok(body) => body,
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            let metadata: Metadata = match serde_json::from_slice(&body) {
                Ok(metadata) => metadata,
                Err(error) => {
                    last = request(url.as_str(), &error);
                    continue;
                }
            };
            if metadata.issuer != self.name {
                return Err(IssuerError::Other {
                    url: url.to_string(),
                    found: metadata.issuer.chars().take(300).collect(),
                });
            }
            return safe(&metadata.jwks_uri);
        }
        Err(last)
    }

    async fn get(&self, url: &Url) -> Result<Vec<u8>, IssuerError> {
        let failed = |error: reqwest::Error| request(url.as_str(), &error.without_url());
        let answer = self.client.get(url.clone()).send().await.map_err(failed)?;
        let mut answer = match answer.status() {
            reqwest::StatusCode::OK => answer,
            status => {
                return Err(request(
                    url.as_str(),
                    &format!("it is answered with {status}"),
                ));
            }
        };
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                let why = format!("it is longer than {ANSWER_BYTES_MAX} bytes");
                return Err(request(url.as_str(), &why));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Where an issuer's metadata may be, in the order of MCP.
fn places(issuer: &Url) -> Vec<Url> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![format!("{OAUTH}{path}"), format!("{OPENID}{path}")];
    if !path.is_empty() {
        paths.push(format!("{path}{OPENID}"));
    }
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    paths.into_iter().map(at).collect()
}

/// Whether nobody in between can change what is read there: by TLS, or because it is on this machine.
pub fn is_safe(url: &str) -> bool {
    safe(url).is_ok()
}

fn safe(text: &str) -> Result<Url, IssuerError> {
    let url = Url::parse(text).map_err(|_| IssuerError::Address(text.to_owned()))?;
    let is_local = url.host_str().is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || bare
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.to_canonical().is_loopback())
    });
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match url.scheme() {
        "https" if is_plain && url.has_host() => Ok(url),
        "http" if is_plain && is_local => Ok(url),
        _ => Err(IssuerError::Address(text.to_owned())),
    }
}

fn request(url: &str, why: &dyn std::fmt::Display) -> IssuerError {
    IssuerError::Request {
        url: url.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_where_the_standards_have_it() {
        let places = |issuer: &str| {
            let places = places(&Url::parse(issuer).unwrap());
            places.iter().map(Url::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            places("https://auth.example"),
            [
                "https://auth.example/.well-known/oauth-authorization-server",
                "https://auth.example/.well-known/openid-configuration"
            ]
        );
        assert_eq!(
            places("https://auth.example/tenant/"),
            [
                "https://auth.example/.well-known/oauth-authorization-server/tenant",
                "https://auth.example/.well-known/openid-configuration/tenant",
                "https://auth.example/tenant/.well-known/openid-configuration"
            ]
        );
    }

    #[test]
    fn keys_come_by_tls_or_from_this_machine() {
        for (url, is) in [
            ("https://auth.example", true),
            ("http://auth.example", false),
            ("http://127.0.0.1:9", true),
            ("http://[::1]:9/a", true),
            ("http://localhost:9", true),
            ("http://localhost.example", false),
            ("https://user:secret@auth.example", false),
            ("https://auth.example/?a=b", false),
            ("file:///etc/passwd", false),
            ("auth.example", false),
        ] {
            assert_eq!(is_safe(url), is, "{url}");
        }
    }
}
