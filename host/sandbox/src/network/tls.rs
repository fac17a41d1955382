//! TLS by rustls, with the certificates that the system trusts and those of the operator.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

/// Certificates of authorities that are trusted beside the system's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// Reads a file in PEM format.
    ///
    /// # Errors
    /// It cannot be read, or there is no certificate in it.
    pub fn read(file: &Path) -> io::Result<Self> {
        let certificates = CertificateDer::pem_file_iter(file).map_err(io::Error::other)?;
        let certificates: Result<Vec<_>, _> = certificates.collect();
        let certificates = certificates.map_err(io::Error::other)?;
        match certificates.is_empty() {
            true => Err(io::Error::other("there is no certificate in it")),
            false => Ok(Self(certificates)),
        }
    }
}

/// Makes TLS sessions.
#[derive(Default)]
pub struct Tls {
    authorities: Authorities,
    /// Made when it is first wanted: reading the system's certificates takes milliseconds.
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    /// That trusts these as well.
    pub fn new(authorities: Authorities) -> Self {
        Self {
            authorities,
            connector: OnceCell::new(),
        }
    }

    /// Speaks to `host` over `stream`, which must prove that it is the host.
    pub async fn connect(
        &self,
        host: &Host<String>,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
            Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
        };
        let connector = self.connector.get_or_try_init(|| self.connector()).await?;
        connector.connect(name, stream).await
    }

    async fn connector(&self) -> io::Result<TlsConnector> {
        let Authorities(more) = self.authorities.clone();
        let made = tokio::task::spawn_blocking(move || connector(more));
        made.await
            .map_err(io::Error::other)?
            .map_err(io::Error::other)
    }
}

fn connector(more: Vec<CertificateDer<'static>>) -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(more, provider.clone())?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // What its name calls dangerous is a verifier of one's own; this is the system's.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Nothing of one execution's sessions is there for the next.
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}
