//! A server behind streamable HTTP.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use rmcp::RoleClient;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig, StreamableHttpError,
};
use rmcp::transport::{AuthClient, AuthorizationManager, Transport};

use super::replies::BoundedReplies;
use crate::trace::Traced;

/// How long a TCP and TLS connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may be silent in the middle of an answer. Streams that wait for notifications are silent for
/// long, but servers and proxies send comments on them to keep them open; a stream that ends is opened again.
const READ_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a reconnection of a stream is put off at most.
const STREAM_RETRY_MAX: Duration = Duration::from_secs(30);

/// The client that all servers share. Redirects are not followed: one to another host would take the headers along.
pub fn client() -> Result<reqwest::Client, String> {
    static CLIENT: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    CLIENT
        .get_or_init(|| {
            install_tls();
            reqwest::Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(READ_TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .tcp_nodelay(true)
                .build()
                .map_err(|error| format!("no HTTP client can be made: {error}"))
        })
        .clone()
}

/// Gives rustls its cryptography. Whoever embeds the bridge may have chosen another already, which then stays.
pub fn install_tls() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// What an error was caused by. The SDK's error of the HTTP client names its cause in its text only.
pub fn cause<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a (dyn std::error::Error + 'static)> {
    match error.downcast_ref() {
        Some(StreamableHttpError::<reqwest::Error>::Client(error)) => Some(error),
        _ => error.source(),
    }
}

/// The cause of all causes: what lies around it speaks of the SDK's own types.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| cause(*error));
    causes
        .last()
        .map(|error| shortened(&error.to_string()))
        .unwrap_or_default()
}

/// The beginning of a text, on one line.
pub fn shortened(text: &str) -> String {
    let line: String = text
        .chars()
        .take(300)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    line.trim().to_owned()
}

/// Whether a request cannot have reached the server: there was no connection.
pub fn was_never_sent(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| cause(*error)).any(|error| {
        error
            .downcast_ref::<reqwest::Error>()
            .is_some_and(reqwest::Error::is_connect)
    })
}

/// The transport to a server, with what its configuration has for a login.
pub fn transport(
    config: StreamableHttpClientTransportConfig,
) -> Result<impl Transport<RoleClient> + 'static, String> {
    Ok(BoundedReplies::new(
        StreamableHttpClientTransport::with_client(Traced(client()?), config),
    ))
}

/// The transport to a server that somebody logged in to.
pub fn authorized(
    config: StreamableHttpClientTransportConfig,
    manager: AuthorizationManager,
) -> Result<impl Transport<RoleClient> + 'static, String> {
    let client = Traced(AuthClient::new(client()?, manager));
    Ok(BoundedReplies::new(
        StreamableHttpClientTransport::with_client(client, config),
    ))
}

/// What the SDK's transport is made with.
pub fn config(
    url: &str,
    headers: &BTreeMap<String, String>,
    bearer: Option<&str>,
    message_bytes: usize,
    concurrency: usize,
) -> Result<StreamableHttpClientTransportConfig, String> {
    let mut custom = HashMap::with_capacity(headers.len());
    for (name, value) in headers {
        let header = HeaderName::try_from(name.as_str())
            .map_err(|_| format!("`{name}` is no name of a header: correct it in `headers`"))?;
        let mut value = HeaderValue::try_from(value.as_str())
            .map_err(|_| format!("the header `{name}` has characters that no header may have: correct it in `headers`"))?;
        value.set_sensitive(true);
        custom.insert(header, value);
    }
    let mut config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(custom)
        .max_sse_event_size(message_bytes)
        .max_concurrent_requests(concurrency)
        .reinit_on_expired_session(true);
    let mut retry = ExponentialBackoff::default();
    retry.max_delay = Some(STREAM_RETRY_MAX);
    config.retry_config = Arc::new(retry);
    if let Some(bearer) = bearer {
        config = config.auth_header(bearer);
    }
    Ok(config)
}
