//! What programs of the folder `network` meet: a host that is granted, names that are granted and lead
//! inside, and the inside, which nobody may come to.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use serde_json::value::to_raw_value;
use vesicle_sandbox::{
    AllowedHost, Authorities, Execution, Network, NetworkConfig, Resolve, Transport,
};

use crate::hosts::{Certificates, Host};

/// The programs that meet it.
pub const FOLDER: &str = "network";

struct Names;

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let address = match name {
            "allowed.test" | "unproven.test" | "loopback.names.test" => "127.0.0.1",
            "private.names.test" => "10.0.0.5",
            "metadata.names.test" => "169.254.169.254",
            "mapped.names.test" => "::ffff:127.0.0.1",
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(vec![address.parse().unwrap()])
    }
}

/// The hosts, and how they are granted.
pub struct Hosts {
    allowed: Host,
    unproven: Host,
    inside: Host,
    network: Network,
}

impl Hosts {
    /// Starts them.
    pub async fn start() -> Self {
        let certificates = Certificates::new(&["allowed.test"]);
        let stranger = Certificates::new(&["unproven.test"]);
        let (allowed, unproven) = (Host::tls(&certificates).await, Host::tls(&stranger).await);
        let inside = Host::plain().await;
        let entry = |entry: String| AllowedHost::parse(&entry).unwrap();
        let here = |host: AllowedHost| host.at(["127.0.0.1"]).unwrap();
        let granted = [
            here(entry(format!("allowed.test:{}", allowed.port()))),
            here(entry(format!("unproven.test:{}", unproven.port()))),
            // By name only.
            entry(format!("http://*.names.test:{}", inside.port())),
        ];
        let config = NetworkConfig {
            authorities: Authorities::read(certificates.authority.path()).unwrap(),
            resolver: Arc::new(Names),
            ..NetworkConfig::default()
        };
        Self {
            network: Network::new(granted, Arc::new(Transport::new(config))),
            allowed,
            unproven,
            inside,
        }
    }

    /// Gives them to a program, which learns where they are.
    pub fn grant(&self, execution: &mut Execution) {
        execution.network = self.network.clone();
        let input = json!({
            "allowed": format!("https://allowed.test:{}", self.allowed.port()),
            "unproven": format!("https://unproven.test:{}", self.unproven.port()),
            "inside": self.inside.port(),
        });
        execution.input = to_raw_value(&input).unwrap();
    }

    /// Whether the inside is as alone as it was, and the granted host was asked for what it may be.
    pub fn nobody_was_inside(&self) -> Result<(), String> {
        if self.inside.connections() > 0 {
            return Err(format!("somebody was inside: {:?}", self.inside.received()));
        }
        if let Some(request) = self.unproven.received().first() {
            return Err(format!("a host was told this without proof: {request:?}"));
        }
        let place = format!("allowed.test:{}", self.allowed.port());
        let received = self.allowed.received();
        match received
            .iter()
            .find(|request| request.header("host") != [&place])
        {
            Some(request) => Err(format!(
                "the host got a request that is not its own: {request:?}"
            )),
            None => Ok(()),
        }
    }
}
