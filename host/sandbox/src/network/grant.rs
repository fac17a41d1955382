//! What a host grants of the network: places, and the way there.

use std::fmt;
use std::sync::Arc;

use super::elsewhere::Elsewhere;
use super::watch::WatchRequests;
use super::{AllowedHost, Transport};

/// The hosts that an execution may send requests to; none by default.
#[derive(Clone, Default)]
pub struct Network {
    hosts: Arc<[AllowedHost]>,
    pub(super) transport: Option<Arc<Transport>>,
    pub(super) watch: Option<Arc<dyn WatchRequests>>,
    /// Who sends the requests, where this process does not.
    pub(super) elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl Network {
    /// These hosts, by this way.
    pub fn new(hosts: impl IntoIterator<Item = AllowedHost>, transport: Arc<Transport>) -> Self {
        let mut all: Vec<AllowedHost> = Vec::new();
        for host in hosts {
            if !all.contains(&host) {
                all.push(host);
            }
        }
        Self {
            hosts: all.into(),
            transport: Some(transport),
            watch: None,
            elsewhere: None,
        }
    }

    /// The same, with each request sent by somebody else, who checks it once more.
    #[cfg(target_os = "linux")]
    pub(crate) fn sent_by(mut self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        self.elsewhere = Some(elsewhere);
        self
    }

    /// The bounds of requests.
    #[cfg(target_os = "linux")]
    pub(crate) fn limits(&self) -> super::NetworkLimits {
        let transport = self.transport.as_ref();
        transport.map_or_else(Default::default, |transport| transport.limits)
    }

    /// The same, with each request told to `watch` when it is over.
    pub fn watched(mut self, watch: Arc<dyn WatchRequests>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// The hosts.
    pub fn hosts(&self) -> &[AllowedHost] {
        &self.hosts
    }

    /// Whether all of these are among `ceiling`'s, as they are there.
    pub fn is_within(&self, ceiling: &Self) -> bool {
        self.hosts.iter().all(|host| ceiling.hosts.contains(host))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.hosts.iter()).finish()
    }
}

impl PartialEq for Network {
    /// Whether the same hosts are granted.
    fn eq(&self, other: &Self) -> bool {
        self.hosts == other.hosts
    }
}

impl Eq for Network {}
