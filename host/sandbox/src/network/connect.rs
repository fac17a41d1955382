//! From a granted target to a connection: its name is looked up once, each address is checked, and the
//! connection goes to one that passed. What a name leads to later is not asked again, so that it makes
//! no difference.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::NetworkError;
use super::host::AllowedHost;
use super::target::{Scheme, Target};
use super::transport::Transport;

/// How many addresses of a name are tried.
const ADDRESSES_MAX: usize = 8;

/// A connection to a host.
pub enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects before `deadline`. `hosts` are the entries that grant the target.
pub async fn connect(
    transport: &Transport,
    hosts: &[&AllowedHost],
    target: &Target,
    deadline: Instant,
) -> Result<Connection, NetworkError> {
    let addresses = addresses(transport, hosts, target).await?;
    let stream = reach(&addresses, target, deadline).await?;
    match target.scheme {
        Scheme::Http => Ok(Connection::Plain(stream)),
        Scheme::Https => match transport.tls.connect(&target.host, stream).await {
            Ok(stream) => Ok(Connection::Tls(Box::new(stream))),
            Err(error) => Err(NetworkError::Tls {
                place: target.to_string(),
                why: error.to_string(),
            }),
        },
    }
}

/// The addresses that the target may be reached at. Those that are refused are left out, so that a
/// name with an address for the inside and one for the outside works by the latter; what counts is
/// that none is connected to that was not checked.
async fn addresses(
    transport: &Transport,
    hosts: &[&AllowedHost],
    target: &Target,
) -> Result<Vec<IpAddr>, NetworkError> {
    let found = match &target.host {
        Host::Ipv4(address) => vec![IpAddr::V4(*address)],
        Host::Ipv6(address) => vec![IpAddr::V6(*address)],
        Host::Domain(name) => {
            let found = transport.resolver.resolve(name).await;
            found.map_err(|error| NetworkError::Name {
                place: target.to_string(),
                why: error.to_string(),
            })?
        }
    };
    if found.is_empty() {
        return Err(NetworkError::Name {
            place: target.to_string(),
            why: "it has no address".to_owned(),
        });
    }
    let mut why = "not granted";
    let mut allowed = Vec::new();
    for address in found {
        let verdicts = hosts.iter().map(|host| host.allows_address(address));
        // One that allows it is enough; else the last says why not.
        let verdict = verdicts.reduce(Result::or).unwrap_or(Err("not granted"));
        match verdict {
            Ok(()) => allowed.push(address),
            Err(refused) => {
                tracing::warn!(host = %target, %address, refused, "an address of a granted host is not connected to");
                why = refused;
            }
        }
    }
    allowed.truncate(ADDRESSES_MAX);
    match allowed.is_empty() {
        true => Err(NetworkError::Address {
            place: target.to_string(),
            why,
            entry: target.entry(),
        }),
        false => Ok(allowed),
    }
}

/// One after the other, each with its share of the time that is left.
async fn reach(
    addresses: &[IpAddr],
    target: &Target,
    deadline: Instant,
) -> Result<TcpStream, NetworkError> {
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (addresses.len() - index) as u32;
        let place = SocketAddr::new(*address, target.port);
        last = match tokio::time::timeout(share, TcpStream::connect(place)).await {
            Ok(Ok(stream)) => {
                // Requests are written at once; there is nothing to wait for more of.
                stream.set_nodelay(true).ok();
                return Ok(stream);
            }
            Ok(Err(error)) => error,
            Err(_) => io::Error::from(io::ErrorKind::TimedOut),
        };
    }
    Err(NetworkError::Connect {
        place: target.to_string(),
        why: last.kind().to_string(),
    })
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
