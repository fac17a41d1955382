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
mod refusals;
mod resource;
mod sessions;
mod stored;
mod tls;
mod together;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing,
};
use ipnet::IpNet;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use vesicle_memory::database::PostgresUrl;

use crate::{
    accounts::{
        Authority, AuthorityError, TokenPlace, TokensError,
        oauth::{IssuerError, OAuthConfig, ResourceServer},
    },
    metrics::{Figures, Metrics},
    shared::Shared,
};
pub use clients::{Caller, Clients, Tenants};
pub use dashboard::Seen;
use drain::Drain;
pub use drain::Place;
use gate::Gate;
use listen::Listener;
use names::Names;
use refusals::Refusals;
use tls::Tls;
pub use tls::check_tls;
use together::Together;

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
    /// Where tokens are, where everybody needs one.
    pub tokens: Option<TokenPlace>,
    /// Whose tokens are taken beside those of the file.
    pub oauth: Option<OAuthConfig>,
    /// Whether there is a page that shows what happens.
    pub dashboard: bool,
    /// The database in which sessions are told to other hosts; none where nobody else goes on with them.
    pub sessions: Option<PostgresUrl>,
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
    Tokens(#[from] TokensError),
    /// The system does not let it wait for signals.
    #[error("this process cannot wait for signals: {0}")]
    Signals(std::io::Error),
    /// Nobody could be let in.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The issuer of tokens cannot be asked.
    #[error("the issuer of tokens cannot be used: {0}")]
    Issuer(#[from] IssuerError),
    /// The database of sessions cannot be used.
    #[error("sessions cannot be shared: {0}")]
    Sessions(vesicle_memory::Error),
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
    let authority = config.tokens.as_ref().map(Authority::new).transpose()?;
    if let Some(authority) = &authority {
        let is_local = config.listen.ip().to_canonical().is_loopback();
        let has_none = match authority.tokens() {
            Ok(tokens) => tokens.tokens().is_empty(),
            // It lets nobody in before its database answers, and need not be started again then.
            Err(TokensError::Unasked) => false,
            Err(error) => return Err(error.into()),
        };
        if has_none && !is_local && config.oauth.is_none() {
            return Err(HttpError::NoTokens {
                address: config.listen,
            });
        }
    }
    let tls = config.tls.clone().map(Tls::load).transpose()?;
    let signals = Signals::new().map_err(HttpError::Signals)?;
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
    let sessions = config.sessions.as_ref().map(Shared::new);
    let refusals = Refusals::new(tenants.audit.clone());
    let together = sessions.is_some().then(Together::default).map(Arc::new);
    let gate = Arc::new(Gate {
        authority: authority.map(|authority| authority.with_oauth(oauth.clone())),
        clients: Clients::new(tenants, bounds.clone(), closing.clone(), sessions.clone()),
        drain: drain.clone(),
        bodies: body::Bodies::new(&bounds),
        proxies: config.proxies,
        metrics: metrics.clone(),
        refusals: refusals.clone(),
        together: together.clone(),
    });
    let counted = Arc::downgrade(&gate);
    figures.count_sessions(Box::new(move || {
        let gate = counted.upgrade();
        Box::pin(async move {
            match gate {
                Some(gate) => gate.clients.sessions(),
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
        router = router.merge(dashboard::routes(gate.clone(), closing.clone()));
    }
    let router = router
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(
            (names, refusals.clone()),
            names::check,
        ))
        .layer(middleware::from_fn_with_state(metrics.clone(), count));
    let _counting = sessions
        .as_ref()
        .zip(together)
        .map(|(shared, together)| together::begin(shared, together, &gate))
        .transpose()
        .map_err(HttpError::Sessions)?;
    let _tending = sessions
        .map(|sessions| stored::tend(&sessions, gate.clone(), bounds.session_idle))
        .transpose()
        .map_err(HttpError::Sessions)?;
    let listener = Listener {
        listener,
        tls: tls.clone(),
        bounds: bounds.clone(),
        closing: closing.clone(),
        metrics,
    };
    let serving = tokio::spawn(listener.serve(router));
    told_to_end(signals, tls).await;
    tracing::info!("ending: calls under way are waited for");
    if !drain.begin(bounds.drain).await {
        tracing::warn!("calls were still running when their time was over");
    }
    refusals.tell_all();
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

/// The signals that a host is told with. They are waited for before anybody is answered: who is answered may send one.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

/// Waits for SIGTERM or Ctrl-C. On SIGHUP the certificate is read again.
async fn told_to_end(mut signals: Signals, tls: Option<Tls>) {
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => return,
            _ = signals.interrupt.recv() => return,
            _ = signals.hang_up.recv() => match tls.as_ref().map(Tls::reload) {
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
            sessions: None,
        }
    }
}
