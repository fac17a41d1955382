//! Logins to servers that ask for one, by OAuth 2.1 as MCP has it; the SDK does the protocol.
//!
//! A login is interactive: a person opens an address in a browser, and the browser comes back to a port of this machine
//! that is open for just this. What it brings is kept in a file of ours, and renewed from there without a person.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use rmcp::transport::{
    AuthError, AuthorizationManager, AuthorizationRequest, AuthorizationSession,
    CredentialRefreshGuard, CredentialStore, StoredCredentials,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::http;
use crate::config::ServerConfig;
use crate::digest::Digest;
use crate::hygiene;
use crate::private;

/// How long a person has for a login.
pub const LOGIN_TIMEOUT: Duration = Duration::from_secs(300);
/// How large what the browser sends may be, in bytes.
const REQUEST_BYTES_MAX: usize = 16 << 10;
/// How long one connection of the browser may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of what an authorization server says of its refusal is told, in characters.
const REFUSAL_CHARS_MAX: usize = 300;
/// How large a file of credentials may be, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why there was no login.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There is no such server.
    #[error("there is no server `{0}`")]
    NoServer(String),
    /// It is none that one can log in to.
    #[error("the server `{0}` is not reached over HTTP: only such servers ask for a login")]
    NotHttp(String),
    /// There is nowhere to keep what a login gives.
    #[error("there is no data directory to keep the login in: configure one")]
    NoDirectory,
    /// This machine does not allow it.
    #[error(
        "no port can be opened for the browser to come back to, or the login cannot be kept: {0}"
    )]
    Io(#[from] std::io::Error),
    /// The server or its authorization server does not allow it, or cannot be reached.
    #[error("the login failed: {}", told(.0))]
    Refused(AuthError),
    /// The person, or the authorization server, said no.
    #[error("the login was refused: {0}. Run the same command to try again")]
    Declined(String),
    /// Nobody came back.
    #[error("nobody completed the login within {LOGIN_TIMEOUT:?}: try again")]
    TimedOut,
}

// Not by thiserror: the error would be told again as the cause of itself.
impl From<AuthError> for LoginError {
    fn from(error: AuthError) -> Self {
        Self::Refused(error)
    }
}

/// What an error of the SDK means to a person.
pub fn told(error: &AuthError) -> String {
    match error {
        AuthError::DiscoveryRequestFailed { url, source } => {
            format!("{url} cannot be reached: {}", http::innermost(&**source))
        }
        AuthError::HttpError(source) => http::innermost(source),
        AuthError::NoAuthorizationSupport => "the server knows of no logins".to_owned(),
        error => http::shortened(&error.to_string()),
    }
}

/// Whether a login is good for nothing any more: its server says so, in the words of RFC 6749, 5.2.
pub fn is_over(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| http::cause(*error));
    causes.any(|error| match error.downcast_ref::<AuthError>() {
        Some(AuthError::TokenRefreshRejected(_) | AuthError::TokenExpired) => true,
        Some(AuthError::TokenRefreshFailed(said)) => {
            ["invalid_client", "invalid_grant", "unauthorized_client"]
                .iter()
                .any(|word| said.contains(word))
        }
        _ => false,
    })
}

/// The credentials of one server, in a file.
#[derive(Debug, Clone)]
pub struct Credentials(PathBuf);

impl Credentials {
    /// Those of this server, in the data directory. They belong to its address: another one never gets them.
    pub fn of(directory: &Path, server: &ServerConfig, url: &str) -> Self {
        let digest = Digest::of("vesicle credentials", &json!([server.name, url]));
        Self(directory.join("credentials").join(format!("{digest}.json")))
    }

    /// Whether there was a login.
    pub fn exist(&self) -> bool {
        self.0.exists()
    }
}

fn failed(error: impl std::fmt::Display) -> AuthError {
    AuthError::CredentialStoreError(error.to_string())
}

#[async_trait]
impl CredentialStore for Credentials {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        let bytes = private::read(&self.0, FILE_BYTES_MAX).map_err(failed)?;
        bytes
            .map(|bytes| serde_json::from_slice(&bytes))
            .transpose()
            .map_err(failed)
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        if let Some(directory) = self.0.parent() {
            private::make_directory(directory).map_err(failed)?;
        }
        let bytes = serde_json::to_vec(&credentials).map_err(failed)?;
        private::replace(&self.0, &bytes).map_err(failed)
    }

    async fn clear(&self) -> Result<(), AuthError> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// Several processes may share the file, and a refresh token is often good for one use only.
    async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
        let path = self.0.with_extension("lock");
        let locked = tokio::task::spawn_blocking(move || private::lock(&path))
            .await
            .map_err(failed)?;
        Ok(Some(CredentialRefreshGuard::new(locked.map_err(failed)?)))
    }
}

/// The SDK's manager of a server's tokens, with what an earlier login left.
pub async fn manager(
    url: &str,
    credentials: Credentials,
) -> Result<AuthorizationManager, AuthError> {
    let mut manager = AuthorizationManager::new(url).await?;
    manager.set_credential_store(credentials);
    manager.initialize_from_store().await?;
    Ok(manager)
}

/// Logs in to a server. `open` is handed the address that a person has to open.
pub async fn login(
    url: &str,
    credentials: Credentials,
    open: impl FnOnce(&str),
) -> Result<(), LoginError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let redirect = format!(
        "http://127.0.0.1:{}/callback",
        listener.local_addr()?.port()
    );
    let mut manager = AuthorizationManager::new(url).await?;
    manager.set_credential_store(credentials);
    let resolution = manager.resolve_metadata().await?;
    manager.set_metadata(resolution.metadata);
    let request = AuthorizationRequest::new(&redirect)
        .with_client_name("Vesicle")
        .with_initial_scope_selection();
    let session = AuthorizationSession::new(manager, request)
        .await
        .map_err(|(_, error)| error)?;
    open(session.get_authorization_url());
    let origin = redirect.trim_end_matches("/callback");
    let came_back = tokio::time::timeout(LOGIN_TIMEOUT, came_back(&listener, origin)).await;
    let (callback, browser) = came_back.map_err(|_| LoginError::TimedOut)??;
    // The state in the address is checked there: what other pages send the browser here with is of no use.
    let result = match refusal(session.get_authorization_url(), &callback) {
        Some(why) => Err(LoginError::Declined(why)),
        None => session
            .handle_callback_url(&callback)
            .await
            .map_err(LoginError::from),
    };
    let (status, text) = match &result {
        Ok(_) => ("200 OK", "You are logged in. This page can be closed."),
        Err(_) => (
            "400 Bad Request",
            "The login failed. The terminal says why.",
        ),
    };
    answer(browser, status, text).await;
    result?;
    Ok(())
}

/// What the authorization server says where it refuses: one of the protocol's words, and perhaps a sentence. Only the
/// server that we sent the browser to knows the state; what others say is not told in its name.
fn refusal(asked: &str, callback: &str) -> Option<String> {
    let parameter = |address: &str, name: &str| {
        let address = Url::parse(address).ok()?;
        let mut pairs = address.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    let word = parameter(callback, "error")?;
    let state = parameter(callback, "state")?;
    (parameter(asked, "state")? == state).then(|| {
        let told = match parameter(callback, "error_description") {
            Some(sentence) => format!("{} ({word})", sentence.trim_end_matches('.')),
            None => word,
        };
        let told = hygiene::strip(&told).into_owned();
        let told: String = told.chars().take(REFUSAL_CHARS_MAX).collect();
        told.trim().to_owned()
    })
}

/// Waits for the browser; others that connect are answered and forgotten.
async fn came_back(listener: &TcpListener, origin: &str) -> std::io::Result<(String, TcpStream)> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        let Ok(Some(path)) = tokio::time::timeout(REQUEST_TIMEOUT, path_of(&mut stream)).await
        else {
            continue;
        };
        if path.starts_with("/callback?") {
            return Ok((format!("{origin}{path}"), stream));
        }
        answer(stream, "404 Not Found", "Nothing is here.").await;
    }
}

/// What the first line of a request asks for.
async fn path_of(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() >= REQUEST_BYTES_MAX || stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(&request);
    let path = line
        .lines()
        .next()?
        .strip_prefix("GET ")?
        .split(' ')
        .next()?;
    Some(path.to_owned())
}

async fn answer(mut stream: TcpStream, status: &str, text: &str) {
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    let sent = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    };
    // Whether the browser shows it does not matter any more.
    drop(tokio::time::timeout(REQUEST_TIMEOUT, sent).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_where_it_comes_from_whom_was_asked() {
        let asked = "https://login.example/authorize?client_id=a&state=s1";
        let told = |query: &str| refusal(asked, &format!("http://127.0.0.1:1/callback?{query}"));
        assert_eq!(
            told("error=access_denied&state=s1").unwrap(),
            "access_denied"
        );
        let said = "error=access_denied&error_description=%1b%5b2JYou+said+no.&state=s1";
        assert_eq!(told(said).unwrap(), "You said no (access_denied)");
        let long = format!("error={}&state=s1", "x".repeat(REFUSAL_CHARS_MAX + 1));
        assert_eq!(told(&long).unwrap().len(), REFUSAL_CHARS_MAX);
        assert_eq!(told("error=access_denied&state=guessed"), None);
        assert_eq!(told("error=access_denied"), None);
        assert_eq!(told("code=c&state=s1"), None);
    }
}
