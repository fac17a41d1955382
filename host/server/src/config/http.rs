//! `[http]` and `[auth]`: where and how MCP is served over the network, and to whom.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{
    Configuration, Problem, Settled, follow_data_dir,
    kind::{authority, network},
    shared,
    value::{Origin, Value},
};
use crate::{
    accounts::TokenPlace,
    http::{Bounds, HttpConfig, TlsFiles},
};

impl Configuration {
    /// Where MCP is served over HTTP, and how; none where it is served over standard input and output.
    pub fn http(&self) -> Option<&HttpConfig> {
        self.http.as_ref()
    }

    /// Where tokens are, if there is a place for them.
    pub fn tokens(&self) -> Option<&TokenPlace> {
        self.tokens.as_ref()
    }
}

/// Where tokens are. Where nobody set a place, that is the database of the memory, or a file in the data directory.
pub(super) fn tokens(settled: &mut Settled) -> Option<TokenPlace> {
    follow_data_dir(settled, "auth.tokens", "tokens.toml");
    match shared::in_database(settled, "auth.tokens") {
        Some(url) => Some(TokenPlace::Database(url)),
        None => path(settled, "auth.tokens").map(TokenPlace::File),
    }
}

/// What the keys say.
pub(super) fn resolve(
    settled: &mut Settled,
    tokens: Option<TokenPlace>,
    has_accounts: bool,
    problems: &mut Vec<Problem>,
) -> Option<HttpConfig> {
    let listen: SocketAddr = match settled.value("http.listen") {
        Some(Value::Text(address)) => address.parse().ok()?,
        _ => return None,
    };
    let tls = match (
        path(settled, "http.tls_cert"),
        path(settled, "http.tls_key"),
    ) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (None, None) => None,
        (cert, _) => {
            let (there, missing) = match cert {
                Some(_) => ("http.tls_cert", "http.tls_key"),
                None => ("http.tls_key", "http.tls_cert"),
            };
            problems.push(Problem {
                origin: origin(settled, there),
                what: format!("there is `{there}` and no `{missing}`"),
                advice: format!("set `{missing}` too, or neither"),
            });
            None
        }
    };
    let is_local = listen.ip().to_canonical().is_loopback();
    let required = settled.value("auth.required").cloned();
    if !is_local && required == Some(Value::Boolean(false)) {
        problems.push(Problem {
            origin: origin(settled, "auth.required"),
            what: format!("`auth.required` is false, and `http.listen` is {listen}, which others can reach"),
            advice: "take `auth.required` out and make tokens with `vesicle token create`, or listen on 127.0.0.1"
                .to_owned(),
        });
    }
    let has_issuer = settled.value("auth.issuer").is_some();
    if has_issuer && required == Some(Value::Boolean(false)) {
        problems.push(Problem {
            origin: origin(settled, "auth.required"),
            what: "`auth.required` is false, and there is `auth.issuer`".to_owned(),
            advice: "take one of them out".to_owned(),
        });
    }
    // Who describes accounts means tokens to count.
    let requires_token = required.map_or(!is_local || has_issuer || has_accounts, |required| {
        required != Value::Boolean(false)
    });
    if requires_token && tokens.is_none() {
        let what = "there is no user's data directory for tokens".to_owned();
        let advice = "give --data-dir, or set `tokens` under [auth] in vesicle.toml".to_owned();
        problems.push(Problem::general(what, advice));
    }
    let sessions = shared::of(settled);
    let allowed_hosts = settled.list("http.allowed_hosts");
    let proxies = settled.list("auth.proxies");
    let mut number = |key: &str| match settled.value(key) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    };
    let bounds = Bounds {
        connections: number("http.connections") as usize,
        sessions: number("http.sessions") as usize,
        session_idle: Duration::from_millis(number("http.session_idle_ms")),
        body_bytes: number("http.body_bytes") as usize,
        header_bytes: number("http.header_bytes") as usize,
        receive: Duration::from_millis(number("http.receive_ms")),
        drain: Duration::from_millis(number("http.drain_ms")),
    };
    Some(HttpConfig {
        listen,
        tls,
        allowed_hosts: allowed_hosts
            .iter()
            .filter_map(|host| authority(host))
            .collect(),
        allowed_origins: settled.list("http.allowed_origins"),
        proxies: proxies.iter().filter_map(|range| network(range)).collect(),
        bounds,
        tokens: tokens.filter(|_| requires_token),
        oauth: None,
        dashboard: settled.value("http.dashboard") != Some(&Value::Boolean(false)),
        sessions,
    })
}

pub(super) fn path(settled: &mut Settled, key: &str) -> Option<PathBuf> {
    match settled.value(key) {
        Some(Value::Path(path)) => Some(path.clone()),
        _ => None,
    }
}

pub(super) fn origin(settled: &mut Settled, key: &str) -> Origin {
    settled
        .row(key)
        .map_or(Origin::Default, |row| row.origin.clone())
}
