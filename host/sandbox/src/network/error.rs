//! Why a request was not answered: for code through its capabilities' errors, for any other component
//! through the codes of `wasi:http`. Addresses are told to neither, as they are the operator's.

use std::time::Duration;

use wasmtime_wasi_http::Error as WasiError;

use crate::CapabilityError;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The host is not granted.
    #[error(
        "{place} is not granted; `allow_hosts = [\"{entry}\"]` in vesicle.toml, or `--allow-host {entry}`, would allow it"
    )]
    NotGranted {
        /// Where to, and by which way.
        place: String,
        /// What would grant it.
        entry: String,
    },
    /// The host is granted, and its name leads nowhere that is.
    #[error(
        "{place} leads to no address that is granted ({why}); `allow_hosts = [{{ host = \"{entry}\", addresses = [\"…\"] }}]` in vesicle.toml would allow its addresses by name"
    )]
    Address {
        /// Where to.
        place: String,
        /// What kind of address.
        why: &'static str,
        /// What grants it so far.
        entry: String,
    },
    /// The URL is none that a request can go to.
    #[error("{0}")]
    Url(String),
    /// The request cannot be sent as it is.
    #[error("{0}")]
    Request(String),
    /// A bound of [`NetworkLimits`](super::NetworkLimits).
    #[error("{what} than the {most} that `network.{name}` allows; {advice}")]
    Limit {
        /// Which.
        name: LimitName,
        /// What was met.
        what: String,
        /// The bound.
        most: u64,
        /// What to do.
        advice: &'static str,
    },
    /// A bound of time.
    #[error("{place} {what} within {} ms (`network.{name}`); try again later", time.as_millis())]
    Time {
        /// Which.
        name: LimitName,
        /// Where to.
        place: String,
        /// What did not happen.
        what: &'static str,
        /// The bound.
        time: Duration,
    },
    /// The name is not known, or the servers of names are out of reach.
    #[error("the name of {place} cannot be looked up: {why}")]
    Name {
        /// Where to.
        place: String,
        /// Why.
        why: String,
    },
    /// No connection.
    #[error("{place} cannot be connected to: {why}")]
    Connect {
        /// Where to.
        place: String,
        /// Why.
        why: String,
    },
    /// No TLS.
    #[error("{place} cannot be spoken to over TLS: {why}")]
    Tls {
        /// Where to.
        place: String,
        /// Why.
        why: String,
    },
    /// What came back is no HTTP, or ends early.
    #[error("the exchange with {place} failed: {why}")]
    Protocol {
        /// Where to.
        place: String,
        /// Why.
        why: String,
    },
    /// A redirect that is not followed.
    #[error("{0}")]
    Redirect(String),
}

/// The keys of `[network]` that errors name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitName {
    Requests,
    RequestBytes,
    ResponseBytes,
    HeaderBytes,
    ConnectMs,
    FirstByteMs,
    BetweenBytesMs,
    TotalMs,
}

impl std::fmt::Display for LimitName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Requests => "requests",
            Self::RequestBytes => "request_bytes",
            Self::ResponseBytes => "response_bytes",
            Self::HeaderBytes => "header_bytes",
            Self::ConnectMs => "connect_ms",
            Self::FirstByteMs => "first_byte_ms",
            Self::BetweenBytesMs => "between_bytes_ms",
            Self::TotalMs => "total_ms",
        })
    }
}

impl NetworkError {
    /// The code that logs have for it, as capabilities have it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotGranted { .. } | Self::Address { .. } => "denied",
            Self::Url(_) | Self::Request(_) => "invalid_input",
            Self::Limit { .. } => "limit_exceeded",
            Self::Time { .. } | Self::Name { .. } | Self::Connect { .. } => "unavailable",
            Self::Tls { .. } | Self::Protocol { .. } | Self::Redirect(_) => "failed",
        }
    }
}

impl From<NetworkError> for CapabilityError {
    fn from(error: NetworkError) -> Self {
        let message = error.to_string();
        match error.code() {
            "denied" => Self::Denied(message),
            "invalid_input" => Self::InvalidInput(message),
            "limit_exceeded" => Self::LimitExceeded(message),
            "unavailable" => Self::Unavailable {
                message,
                retry_after_ms: None,
            },
            _ => Self::Failed(message),
        }
    }
}

impl From<NetworkError> for WasiError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::NotGranted { .. } => Self::HttpRequestDenied,
            NetworkError::Address { .. } => Self::DestinationIpProhibited,
            NetworkError::Url(_) => Self::HttpRequestUriInvalid,
            NetworkError::Limit { name, most, .. } => match name {
                LimitName::RequestBytes => Self::HttpRequestBodySize(Some(most)),
                LimitName::ResponseBytes => Self::HttpResponseBodySize(Some(most)),
                LimitName::HeaderBytes => {
                    Self::HttpResponseHeaderSectionSize(Some(most.try_into().unwrap_or(u32::MAX)))
                }
                _ => Self::ConnectionLimitReached,
            },
            NetworkError::Time { name, .. } => match name {
                LimitName::ConnectMs => Self::ConnectionTimeout,
                LimitName::TotalMs => Self::HttpResponseTimeout,
                _ => Self::ConnectionReadTimeout,
            },
            NetworkError::Name { .. } => Self::DnsError {
                rcode: None,
                info_code: None,
            },
            NetworkError::Connect { .. } => Self::ConnectionRefused,
            NetworkError::Tls { .. } => Self::TlsProtocolError,
            NetworkError::Request(_)
            | NetworkError::Protocol { .. }
            | NetworkError::Redirect(_) => Self::HttpProtocolError,
        }
    }
}
