//! What one execution may still do with the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;

use super::error::LimitName;
use super::target::Target;
use super::transport::Transport;
use super::{AllowedHost, Network, NetworkError, NetworkLimits};

/// The network of one execution.
pub struct Session {
    pub(super) network: Network,
    requests: AtomicU64,
    pub(super) places: Arc<Semaphore>,
}

/// A target that is granted: how it is reached, and by which entries.
pub struct Granted<'s> {
    pub transport: &'s Arc<Transport>,
    pub hosts: Vec<&'s AllowedHost>,
}

impl Session {
    /// With what is granted.
    pub fn new(network: &Network) -> Self {
        let at_once = network
            .transport
            .as_ref()
            .map_or(0, |transport| transport.limits.requests_at_once);
        Self {
            network: network.clone(),
            requests: AtomicU64::new(0),
            places: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// The bounds that hold.
    pub fn limits(&self) -> NetworkLimits {
        let transport = self.network.transport.as_ref();
        transport.map_or_else(NetworkLimits::default, |transport| transport.limits)
    }

    /// Whether a request may go there.
    pub fn grant(&self, target: &Target) -> Result<Granted<'_>, NetworkError> {
        let hosts = self.network.hosts().iter();
        let hosts: Vec<_> = hosts.filter(|host| host.allows(target)).collect();
        match &self.network.transport {
            Some(transport) if !hosts.is_empty() => Ok(Granted { transport, hosts }),
            _ => Err(NetworkError::NotGranted {
                place: target.entry(),
                entry: target.entry(),
            }),
        }
    }

    /// Takes one of the requests that may be sent.
    pub fn count(&self) -> Result<(), NetworkError> {
        let most = self.limits().requests;
        let counted = self
            .requests
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |sent| {
                (sent < most).then_some(sent + 1)
            });
        match counted {
            Ok(_) => Ok(()),
            Err(_) => Err(NetworkError::Limit {
                name: LimitName::Requests,
                what: "the code sends more requests".to_owned(),
                most,
                advice: "ask for more with each",
            }),
        }
    }
}
