//! The network: hosts that an execution may send requests to. There are no sockets.
//!
//! The sender is the host's own, because what has to be decided lies between steps that a library
//! takes at once: which host a URL names, whether it is granted, which of the addresses that its name
//! leads to may be connected to, and that the connection goes to one of these. `wasi:http` and
//! JavaScript's `fetch` are two doors to the same sender. Proxies in environment variables are not
//! used: what is granted is a connection to the host, and a proxy would look its name up again.

mod address;
mod body;
mod connect;
mod elsewhere;
mod error;
mod exchange;
mod fetch;
mod grant;
mod headers;
mod hooks;
mod host;
mod limits;
mod resolve;
mod session;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
mod watch;

pub use error::NetworkError;
pub use grant::Network;
pub use host::{AllowedHost, HostError};
pub use limits::{CONNECTIONS_MAX, HEADERS_MAX, NetworkLimits, REDIRECTS_MAX};
pub use resolve::{LOOKUPS_MAX, Resolve, SystemResolver};
pub use target::URL_BYTES_MAX;
pub use tls::Authorities;
pub use transport::{AttachError, AttachedHeader, NetworkConfig, Redact, Transport};
pub use watch::{RequestRecord, WatchRequests};

#[cfg(target_os = "linux")]
pub(crate) use elsewhere::Elsewhere;
pub(crate) use fetch::{Fetch, Fetched};
pub(crate) use hooks::Hooks;
pub(crate) use session::Session;
