//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// The client: the other end, or, where that is one of `proxies`, the last one that it names and that is none.
    pub fn client(self, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
        let is_proxy = |address: &IpAddr| proxies.iter().any(|range| range.contains(address));
        let mut client = self.0.ip().to_canonical();
        let lines = headers.get_all(FORWARDED_FOR).iter();
        let named: Vec<&str> = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        for name in named.into_iter().rev() {
            if !is_proxy(&client) {
                break;
            }
            let Ok(address) = name.trim().parse::<IpAddr>() else {
                break;
            };
            client = address.to_canonical();
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_is_believed_and_only_up_to_the_first_that_is_none() {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        for (peer, forwarded, client) in [
            ("192.0.2.1:5", "203.0.113.9", "192.0.2.1"),
            ("10.0.0.1:5", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1:5", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1:5", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1:5", "unknown", "10.0.0.1"),
            ("[::ffff:10.0.0.1]:5", "203.0.113.9", "203.0.113.9"),
        ] {
            let headers = HeaderMap::from_iter([(FORWARDED_FOR, forwarded.parse().unwrap())]);
            let found = Peer(peer.parse().unwrap()).client(&headers, &proxies);
            assert_eq!(
                found,
                client.parse::<IpAddr>().unwrap(),
                "{peer} {forwarded}"
            );
        }
    }
}
