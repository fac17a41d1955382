//! MCP over Streamable HTTP: who is let in, what is bounded, and how it ends. The protocol itself is rmcp's.
//!
//! A request passes `listen.rs` (connections, TLS), `names.rs` (by which name and from which page), `gate.rs` (whose it is,
//! and whether there is room), and reaches the service of its account in `clients.rs`.

mod body;
mod challenge;
mod clients;
mod dashboard;
mod drain;
mod gate;
mod health;
mod listen;
mod names;
mod peer;
mod resource;
mod tls;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing,
};
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    accounts::{
        Authority,
        oauth::{IssuerError, OAuthConfig, ResourceServer},
    },
    metrics::{Figures, Metrics},
};
pub use clients::{Caller, Clients, Tenants};
pub use dashboard::Seen;
use drain::Drain;
use gate::Gate;
use listen::Listener;
use names::Names;
use tls::Tls;
pub use tls::check_tls;

/// Where MCP is.
pub const MCP_PATH: &str = "/mcp";
/// How long connections may take to close once nothing is under way.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// Where MCP is served over HTTP, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// The address.
    pub listen: SocketAddr,
    /// What TLS is spoken with; none where requests come in the clear.
    pub tls: Option<TlsFiles>,
    /// By which names, beside the address itself, in lower case; each for one port or for any.
    pub allowed_hosts: Vec<(String, Option<u16>)>,
    /// From which pages.
    pub allowed_origins: Vec<String>,
    /// Whose word on where a request comes from counts.
    pub proxies: Vec<IpNet>,
    /// How much of everything.
    pub bounds: Bounds,
    /// The file of tokens, where everybody needs one.
    pub tokens: Option<PathBuf>,
    /// Whose tokens are taken beside those of the file.
    pub oauth: Option<OAuthConfig>,
    /// Whether there is a page that shows what happens.
    pub dashboard: bool,
}

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those above it, in PEM format.
    pub cert: PathBuf,
    /// The private key, in PEM format.
    pub key: PathBuf,
}

/// Bounds of what clients may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// How many connections may be open.
    pub connections: usize,
    /// How many sessions an account may have.
    pub sessions: usize,
    /// How long a session may be silent.
    pub session_idle: Duration,
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// How long all headers may be, in bytes.
    pub header_bytes: usize,
    /// How long a client may take for TLS, for headers and for a body, each.
    pub receive: Duration,
    /// How long calls may still run once the host was told to end.
    pub drain: Duration,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Somebody else has the address, or there is no such address.
    #[error("cannot listen on {address}: {source}; give another address with --http")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("{0}")]
    Tls(#[from] tls::TlsError),
    /// There is nobody who could be let in.
    #[error(
        "{address} can be reached from elsewhere, and there is no token that would let anybody in; \
         make one with `vesicle token create --name NAME`, or listen on 127.0.0.1"
    )]
    NoTokens {
        /// The address.
        address: SocketAddr,
    },
    /// The tokens cannot be read.
    #[error(transparent)]
    Tokens(#[from] vesicle_plugins::operator::OperatorError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Random(getrandom::Error),
    /// The issuer of tokens cannot be asked.
    #[error("the issuer of tokens cannot be used: {0}")]
    Issuer(#[from] IssuerError),
}

/// Serves until the process is told to end, and calls under way have ended or had their time. `listening` is told the URL
/// when clients can connect.
///
/// # Errors
/// See [`HttpError`].
pub async fn serve(
    config: HttpConfig,
    tenants: Tenants,
    figures: Figures,
    listening: impl FnOnce(&str),
) -> Result<(), HttpError> {
    let authority = config.tokens.clone().map(Authority::new);
    let authority = authority.transpose().map_err(HttpError::Random)?;
    if let Some(authority) = &authority {
        let is_local = config.listen.ip().to_canonical().is_loopback();
        if authority.tokens()?.tokens().is_empty() && !is_local && config.oauth.is_none() {
            return Err(HttpError::NoTokens {
                address: config.listen,
            });
        }
    }
    let tls = config.tls.clone().map(Tls::load).transpose()?;
    let bound = TcpListener::bind(config.listen).await;
    let listener = bound.map_err(|source| HttpError::Listen {
        address: config.listen,
        source,
    })?;
    let address = listener.local_addr().unwrap_or(config.listen);
    if tls.is_none() && !address.ip().to_canonical().is_loopback() {
        tracing::warn!(%address, "tokens and results go in the clear: set `http.tls_cert` and `http.tls_key`, or have a proxy speak TLS");
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}{MCP_PATH}");
    let oauth = config.oauth.clone();
    let oauth = oauth.map(|config| ResourceServer::new(config, &url).map(Arc::new));
    let oauth = oauth.transpose()?;
    if let Some(oauth) = oauth.clone() {
        tokio::spawn(async move { oauth.warm_up().await });
    }
    listening(&url);

    let closing = CancellationToken::new();
    let metrics = figures.metrics().clone();
    let drain = Drain::default();
    let bounds = config.bounds.clone();
    let names = Arc::new(Names::new(&config, address));
    let gate = Arc::new(Gate {
        authority: authority.map(|authority| authority.with_oauth(oauth.clone())),
        clients: Clients::new(tenants, bounds.clone(), closing.clone()),
        drain: drain.clone(),
        bodies: body::Bodies::new(&bounds),
        proxies: config.proxies,
        metrics: metrics.clone(),
    });
    let counted = Arc::downgrade(&gate);
    figures.count_sessions(Box::new(move || {
        let gate = counted.upgrade();
        Box::pin(async move {
            match gate {
                Some(gate) => gate.clients.sessions().await,
                None => 0,
            }
        })
    }));
    let mut router = Router::new()
        .route(MCP_PATH, routing::any(gate::mcp))
        .with_state(gate.clone())
        .merge(health::routes(figures, gate.clone()))
        .merge(resource::routes(oauth));
    if config.dashboard {
        router = router.merge(dashboard::routes(gate, closing.clone()));
    }
    let router = router
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(names, names::check))
        .layer(middleware::from_fn_with_state(metrics.clone(), count));
    let listener = Listener {
        listener,
        tls: tls.clone(),
        bounds: bounds.clone(),
        closing: closing.clone(),
        metrics,
    };
    let serving = tokio::spawn(listener.serve(router));
    told_to_end(tls).await;
    tracing::info!("ending: calls under way are waited for");
    if !drain.begin(bounds.drain).await {
        tracing::warn!("calls were still running when their time was over");
    }
    closing.cancel();
    let _ = tokio::time::timeout(CLOSE_WAIT, serving).await;
    Ok(())
}

async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    metrics.responded(response.status().as_u16());
    response
}

async fn not_found() -> (axum::http::StatusCode, String) {
    let text = format!("there is nothing here; MCP is at {MCP_PATH}\n");
    (axum::http::StatusCode::NOT_FOUND, text)
}

/// Waits for SIGTERM or Ctrl-C. On SIGHUP the certificate is read again.
async fn told_to_end(tls: Option<Tls>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => return,
            Ok(()) = tokio::signal::ctrl_c() => return,
            _ = hang_up.recv() => match tls.as_ref().map(Tls::reload) {
                Some(Err(error)) => tracing::error!(%error, "the certificate stays as it was"),
                Some(Ok(())) => tracing::info!("the certificate was read again"),
                None => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tests begin with.
    pub fn config() -> HttpConfig {
        HttpConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            allowed_hosts: vec![],
            allowed_origins: vec![],
            proxies: vec![],
            bounds: Bounds {
                connections: 10,
                sessions: 10,
                session_idle: Duration::from_secs(60),
                body_bytes: 1 << 20,
                header_bytes: 64 << 10,
                receive: Duration::from_secs(5),
                drain: Duration::from_secs(5),
            },
            tokens: None,
            oauth: None,
            dashboard: true,
        }
    }
}
