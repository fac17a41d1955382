//! What all executions' requests have in common: bounds, names, trust, and the secrets of hosts.

use std::fmt;
use std::sync::Arc;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use tokio::sync::Semaphore;

use super::limits::{CONNECTIONS_MAX, NetworkLimits};
use super::resolve::{Resolve, SystemResolver};
use super::target::Target;
use super::tls::{Authorities, Tls};
use super::{AllowedHost, headers};

/// How requests are sent.
pub struct NetworkConfig {
    /// How much one execution may send.
    pub limits: NetworkLimits,
    /// Authorities that are trusted beside the system's.
    pub authorities: Authorities,
    /// What looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Headers that the host adds.
    pub headers: Vec<AttachedHeader>,
    /// Takes the values of these headers out of what comes back from hosts that have them.
    pub redact: Arc<dyn Redact>,
}

impl Default for NetworkConfig {
    /// The system's names and authorities; no headers.
    fn default() -> Self {
        Self {
            limits: NetworkLimits::default(),
            authorities: Authorities::default(),
            resolver: Arc::new(SystemResolver::default()),
            headers: vec![],
            redact: Arc::new(Nothing),
        }
    }
}

/// A header that goes to one host, put there by the operator and never seen by code.
#[derive(Clone)]
pub struct AttachedHeader {
    host: AllowedHost,
    name: HeaderName,
    value: HeaderValue,
}

/// Why a header cannot be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// It would go to hosts that nobody named.
    #[error("a secret goes to one host; name it without a `*`")]
    ManyHosts,
    /// The name is none, or one that only the protocol sets.
    #[error("no header of this name can be attached; take one such as `authorization`")]
    Name,
    /// The value cannot be sent.
    #[error("its value has characters that no header can have")]
    Value,
}

impl AttachedHeader {
    /// Attaches `name: value` to what goes to `host`.
    ///
    /// # Errors
    /// See [`AttachError`].
    pub fn new(host: AllowedHost, name: &str, value: &str) -> Result<Self, AttachError> {
        if !host.is_one() {
            return Err(AttachError::ManyHosts);
        }
        let name: HeaderName = name.parse().map_err(|_| AttachError::Name)?;
        if headers::is_ours(&name) {
            return Err(AttachError::Name);
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| AttachError::Value)?;
        value.set_sensitive(true);
        Ok(Self { host, name, value })
    }
}

impl fmt::Debug for AttachedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.name, self.host)
    }
}

/// Takes secrets out of bytes.
pub trait Redact: Send + Sync {
    /// The bytes, with something else in place of each secret.
    fn redact(&self, bytes: Vec<u8>) -> Vec<u8>;
}

struct Nothing;

impl Redact for Nothing {
    fn redact(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
}

/// Sends requests. Shared by whatever profiles are granted hosts.
pub struct Transport {
    pub(super) limits: NetworkLimits,
    pub(super) tls: Tls,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) connections: Arc<Semaphore>,
    pub(super) redact: Arc<dyn Redact>,
    attached: Vec<AttachedHeader>,
}

impl Transport {
    /// Sends requests so.
    pub fn new(config: NetworkConfig) -> Self {
        Self {
            limits: config.limits,
            tls: Tls::new(config.authorities),
            resolver: config.resolver,
            connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            redact: config.redact,
            attached: config.headers,
        }
    }

    /// Adds what belongs to `target`, in place of what the program said under the same name. Says
    /// whether there was anything.
    pub(super) fn attach(&self, target: &Target, headers: &mut HeaderMap) -> bool {
        let mut attached = false;
        for header in &self.attached {
            if header.host.allows(target) {
                headers.insert(header.name.clone(), header.value.clone());
                attached = true;
            }
        }
        if attached {
            // What is taken out of the answer has to be found in it.
            let identity = HeaderValue::from_static("identity");
            headers.insert(hyper::header::ACCEPT_ENCODING, identity);
        }
        attached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_have_an_end() {
        let transport = Transport::new(NetworkConfig::default());
        let taken: Vec<_> = (0..CONNECTIONS_MAX)
            .map(|_| transport.connections.clone().try_acquire_owned().unwrap())
            .collect();
        assert!(transport.connections.clone().try_acquire_owned().is_err());
        drop(taken);
        assert!(transport.connections.clone().try_acquire_owned().is_ok());
    }

    #[test]
    fn a_header_is_attached_to_one_host_and_by_a_name_that_can_be() {
        let host = |entry: &str| AllowedHost::parse(entry).unwrap();
        let attach = |entry: &str, name: &str, value: &str| {
            AttachedHeader::new(host(entry), name, value).map(|header| format!("{header:?}"))
        };
        assert_eq!(
            attach("a.example:443", "Authorization", "Bearer x").unwrap(),
            "authorization for a.example:443"
        );
        assert_eq!(
            attach("*.a.example:443", "authorization", "x"),
            Err(AttachError::ManyHosts)
        );
        for name in ["host", "content-length", "a b", ""] {
            assert_eq!(attach("a.example:443", name, "x"), Err(AttachError::Name));
        }
        assert_eq!(
            attach("a.example:443", "x", "a\nb"),
            Err(AttachError::Value)
        );
    }
}
