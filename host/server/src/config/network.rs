//! `[network]`, and the secrets that go to hosts: how requests of guests are sent.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use vesicle_sandbox::{
    AllowedHost, AttachedHeader, Authorities, NetworkConfig, NetworkLimits, Transport,
};

use super::{
    ConfigError, Configuration, Problem, Settled, keys,
    value::{Entry, Origin, Value},
};
use crate::secrets::Secrets;

/// What the keys say.
#[derive(Debug)]
pub struct NetworkKeys {
    limits: NetworkLimits,
    ca_file: Option<(PathBuf, Origin)>,
}

/// A secret that goes to a host.
#[derive(Debug)]
pub struct SentTo {
    /// The secret's name.
    pub secret: String,
    /// The host.
    pub host: Entry,
    /// The header that it goes in.
    pub header: String,
    /// What stands before it there.
    pub prefix: String,
}

/// The header that a secret goes in where none is named.
pub const HEADER: &str = "authorization";

impl Configuration {
    /// The file of further authorities, if there is one.
    pub fn ca_file(&self) -> Option<&Path> {
        self.network
            .ca_file
            .as_ref()
            .map(|(file, _)| file.as_path())
    }

    /// What sends requests, with `secrets` in those that they are for.
    ///
    /// # Errors
    /// The file of authorities cannot be read, or a secret cannot be sent.
    pub fn transport(&self, secrets: &Secrets) -> Result<Arc<Transport>, ConfigError> {
        let mut problems = Vec::new();
        let authorities = match &self.network.ca_file {
            None => Authorities::default(),
            Some((file, origin)) => Authorities::read(file).unwrap_or_else(|error| {
                problems.push(Problem {
                    origin: origin.clone(),
                    what: format!(
                        "the authorities in `{}` cannot be read: {error}",
                        file.display()
                    ),
                    advice: "name a file of certificates in PEM format".to_owned(),
                });
                Authorities::default()
            }),
        };
        let mut headers = Vec::new();
        for sent in &self.sent_to {
            match sent.attach(secrets) {
                Ok(header) => headers.push(header),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        Ok(Arc::new(Transport::new(NetworkConfig {
            limits: self.network.limits,
            authorities,
            headers,
            redact: Arc::new(secrets.clone()),
            ..NetworkConfig::default()
        })))
    }
}

impl SentTo {
    fn attach(&self, secrets: &Secrets) -> Result<AttachedHeader, Problem> {
        let problem = |what: &str, advice: &str| Problem {
            origin: self.host.origin.clone(),
            what: format!(
                "the secret `{}` cannot be sent to this host: {what}",
                self.secret
            ),
            advice: advice.to_owned(),
        };
        let Value::Text(entry) = &self.host.value else {
            return Err(problem(
                "it is no text",
                "give `host = \"api.example.com:443\"`",
            ));
        };
        let host = AllowedHost::parse(entry).map_err(|error| {
            problem(
                &error.to_string(),
                "give it as in `allow_hosts`, such as \"api.example.com:443\"",
            )
        })?;
        let value = secrets.value(&self.secret).unwrap_or_default();
        AttachedHeader::new(host, &self.header, &format!("{}{value}", self.prefix)).map_err(
            |error| {
                problem(
                    &error.to_string(),
                    "see [secrets.NAME] in `vesicle config show --defaults`",
                )
            },
        )
    }
}

pub(super) fn resolve(settled: &mut Settled) -> NetworkKeys {
    let mut number = |name: &str| match settled.value(&format!("{}.{name}", keys::NETWORK)) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    };
    let mut ms = |name: &str| Duration::from_millis(number(name));
    let (connect, first_byte) = (ms("connect_ms"), ms("first_byte_ms"));
    let (between_bytes, total) = (ms("between_bytes_ms"), ms("total_ms"));
    let limits = NetworkLimits {
        requests: number("requests"),
        requests_at_once: usize::try_from(number("requests_at_once")).unwrap_or(usize::MAX),
        request_bytes: number("request_bytes"),
        response_bytes: number("response_bytes"),
        header_bytes: usize::try_from(number("header_bytes")).unwrap_or(usize::MAX),
        connect,
        first_byte,
        between_bytes,
        total,
    };
    let ca_file = settled
        .row("network.ca_file")
        .and_then(|row| match &row.value {
            Value::Path(file) => Some((file.clone(), row.origin.clone())),
            _ => None,
        });
    NetworkKeys { limits, ca_file }
}
