//! A network that ends in this process: what leads out of it is seen and goes nowhere.
//!
//! `connect` is this program's own. It looks whether the address is one that was granted, by a second
//! reading of the grants that shares nothing with the host's. Where it was, the connection goes to a
//! listener here, whatever the address. Where it was not, that is a finding.

mod connect;
mod listener;
mod oracle;

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use vesicle_sandbox::{AllowedHost, Network, NetworkConfig, NetworkLimits, Resolve, Transport};

use oracle::Grant;

/// How many requests an execution may send.
const REQUESTS_MAX: u64 = 8;

/// The bounds are small, so that each execution is short.
static TRANSPORT: LazyLock<Arc<Transport>> = LazyLock::new(|| {
    let time = Duration::from_millis(20);
    Arc::new(Transport::new(NetworkConfig {
        limits: NetworkLimits {
            requests: REQUESTS_MAX,
            requests_at_once: 2,
            request_bytes: 2000,
            response_bytes: 1000,
            header_bytes: 1000,
            connect: time,
            first_byte: time,
            between_bytes: time,
            total: time,
        },
        resolver: Arc::new(Names),
        ..NetworkConfig::default()
    }))
});

/// Grants what these lines say, each an entry of `allow_hosts`, with the addresses that its name may
/// lead to behind an `@`; those that are no entries are left out. Everybody answers `response`.
pub fn grant(lines: &str, response: &[u8]) -> Network {
    let mut hosts = Vec::new();
    let mut grants = Vec::new();
    for line in lines.lines() {
        let (entry, addresses) = match line.split_once('@') {
            Some((entry, addresses)) => (entry, Some(addresses)),
            None => (line, None),
        };
        let Ok(host) = AllowedHost::parse(entry) else {
            continue;
        };
        let host = match addresses {
            Some(addresses) => host.at(addresses.split(',')),
            None => Ok(host),
        };
        if let Ok(host) = host {
            grants.push(Grant::read(&host.to_string(), addresses));
            hosts.push(host);
        }
    }
    oracle::begin(grants, response);
    Network::new(hosts, TRANSPORT.clone())
}

/// Listens, from the first call on.
pub fn start() {
    listener::start();
}

/// Waits until what was connected to is over. What is under way ends with the execution; so where that
/// takes long, it is a finding.
pub async fn settle() {
    listener::settle().await;
}

/// Stops here, so that the input is kept.
fn finding(what: &str) -> ! {
    eprintln!("finding: {what}");
    std::process::abort();
}

/// Names that lead to places of all kinds, and elsewhere the next time.
struct Names;

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        oracle::resolve(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
