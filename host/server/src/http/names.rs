//! By which name a request asks for this host, and from which page it comes. A page of somebody else's that a person
//! has open can reach this machine, by a name of its own that it lets lead here; its requests carry that name and the page's.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{HttpConfig, peer::Peer, refusals::Refusals};
use crate::config::authority;

/// What may be asked for, and by whom.
pub struct Names {
    hosts: Vec<(String, Option<u16>)>,
    /// Where the host listens at all of its addresses, each of them counts: only a name can be made to lead elsewhere.
    takes_addresses: bool,
    origins: Vec<String>,
}

impl Names {
    /// Those of this configuration, with those of the address itself.
    pub fn new(config: &HttpConfig, address: SocketAddr) -> Self {
        let mut hosts = config.allowed_hosts.clone();
        let ip = address.ip().to_canonical();
        if !ip.is_unspecified() {
            let own = SocketAddr::new(ip, address.port()).to_string();
            hosts.extend(authority(&own));
        }
        if ip.is_loopback() {
            let local = ["localhost", "127.0.0.1", "[::1]"];
            hosts.extend(local.map(|name| (name.to_owned(), Some(address.port()))));
        }
        let origins = config.allowed_origins.iter();
        let origins = origins.map(|origin| origin.trim_end_matches('/').to_ascii_lowercase());
        Self {
            hosts,
            takes_addresses: ip.is_unspecified(),
            origins: origins.collect(),
        }
    }

    fn refuses(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        // HTTP/2 has it in the URI.
        let host = match headers.get(header::HOST) {
            Some(host) => host.to_str().ok(),
            None => uri.authority().map(|authority| authority.as_str()),
        };
        let Some((name, port)) = host.and_then(authority) else {
            return Some("the request names no host, or one that cannot be".to_owned());
        };
        let is_listed = self.hosts.iter().any(|(known, known_port)| {
            *known == name && known_port.is_none_or(|known| Some(known) == port)
        });
        let is_known = is_listed || self.takes_addresses && is_address(&name);
        if !is_known {
            return Some(format!(
                "this host is not known as `{name}`; its operator adds names to `allowed_hosts` under [http] in vesicle.toml"
            ));
        }
        let origin = headers.get(header::ORIGIN)?;
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        // A page that this host itself gave.
        let own = host.map(str::to_ascii_lowercase);
        let is_own = origin
            .split_once("://")
            .is_some_and(|(_, rest)| Some(rest) == own.as_deref());
        (!is_own && !self.origins.contains(&origin)).then(|| {
            "pages of this origin may not ask this host; its operator adds origins to `allowed_origins` under [http] in vesicle.toml"
                .to_owned()
        })
    }
}

/// Whether a host is called by an address that a machine can have. Browsers take that of no machine for this one.
fn is_address(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>()
        .is_ok_and(|ip| !ip.to_canonical().is_unspecified())
}

/// Lets a request pass, or answers it with 403.
pub async fn check(
    State((names, refusals)): State<(Arc<Names>, Refusals)>,
    request: Request,
    next: Next,
) -> Response {
    match names.refuses(request.uri(), request.headers()) {
        None => next.run(request).await,
        Some(why) => {
            tracing::warn!(why, "a request was refused");
            let peer = request.extensions().get::<Peer>();
            refusals.note("name", peer.map(|peer| peer.0.ip().to_canonical()), None);
            (StatusCode::FORBIDDEN, why + "\n").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tests::config;

    fn refused(names: &Names, host: Option<&str>, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(header::HOST, host.parse().unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        names.refuses(&Uri::from_static("/mcp"), &headers).is_some()
    }

    #[test]
    fn names_of_this_machine_count_with_its_port() {
        let names = Names::new(&config(), "127.0.0.1:8787".parse().unwrap());
        for host in [
            "127.0.0.1:8787",
            "localhost:8787",
            "LOCALHOST:8787",
            "[::1]:8787",
        ] {
            assert!(!refused(&names, Some(host), None), "{host}");
        }
        for host in [
            "localhost",
            "localhost:80",
            "evil.example:8787",
            "127.0.0.1.evil.example:8787",
            "",
        ] {
            assert!(refused(&names, Some(host), None), "{host}");
        }
        assert!(refused(&names, None, None));
    }

    #[test]
    fn names_that_were_allowed_count_for_their_port_or_any() {
        let mut config = config();
        config.allowed_hosts = vec![
            ("a.example".to_owned(), None),
            ("b.example".to_owned(), Some(443)),
        ];
        let names = Names::new(&config, "0.0.0.0:8787".parse().unwrap());
        for (host, passes) in [
            ("a.example", true),
            ("a.example:1", true),
            ("b.example:443", true),
            ("b.example", false),
            ("0.0.0.0:8787", false),
            ("localhost:8787", false),
            ("192.0.2.7:8787", true),
            ("[2001:db8::7]:8787", true),
            ("192.0.2.7.evil.example:8787", false),
        ] {
            assert_eq!(refused(&names, Some(host), None), !passes, "{host}");
        }
    }

    #[test]
    fn pages_of_others_are_refused_and_allowed_ones_are_not() {
        let mut config = config();
        config.allowed_origins = vec!["https://App.example/".to_owned()];
        let names = Names::new(&config, "127.0.0.1:8787".parse().unwrap());
        for (origin, passes) in [
            ("https://app.example", true),
            ("http://localhost:8787", true),
            ("http://localhost:9999", false),
            ("http://127.0.0.1:8787", false),
            ("https://evil.example", false),
            ("null", false),
        ] {
            let host = Some("localhost:8787");
            assert_eq!(refused(&names, host, Some(origin)), !passes, "{origin}");
        }
    }
}
