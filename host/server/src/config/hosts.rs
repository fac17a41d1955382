//! Hosts that are granted to guests: `allow_hosts`.

use std::fmt;

use serde::Serialize;
use vesicle_sandbox::{AllowedHost, HostError};

/// The key, in the file and in profiles.
pub const ALLOW_HOSTS: &str = "allow_hosts";
/// The keys of one of its entries, where it is a table.
pub const HOST_KEYS: [&str; 2] = ["host", "addresses"];

/// A host that is to be granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostEntry {
    /// Such as `api.example.com:443`.
    pub host: String,
    /// Addresses and ranges where it may be; public ones where nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

impl HostEntry {
    /// This host, at public addresses.
    pub fn new(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            addresses: vec![],
        }
    }

    /// What it grants.
    pub fn grant(&self) -> Result<AllowedHost, HostError> {
        let host = AllowedHost::parse(&self.host)?;
        match self.addresses.is_empty() {
            true => Ok(host),
            false => host.at(self.addresses.iter().map(String::as_str)),
        }
    }
}

impl fmt::Display for HostEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &String| toml::Value::String(text.clone()).to_string();
        let host = text(&self.host);
        if self.addresses.is_empty() {
            return f.write_str(&host);
        }
        let addresses: Vec<String> = self.addresses.iter().map(text).collect();
        write!(
            f,
            "{{ host = {host}, addresses = [{}] }}",
            addresses.join(", ")
        )
    }
}
