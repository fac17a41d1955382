//! TLS towards the server, as everywhere in the host by rustls. Whenever it is used, the certificate and the name on it are
//! checked.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresUrl;
use crate::{Error, Result};

/// Makes TLS connections to where the URL leads.
pub fn connector(url: &PostgresUrl) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    let config = match &url.root_certificates {
        Some(path) => {
            let roots = own_roots(path).map_err(|cause| {
                Error::Invalid(format!(
                    "the certificates at {} (sslrootcert of the memory's URL) cannot be used: {cause}; name a file in PEM",
                    path.display()
                ))
            })?;
            config.with_root_certificates(roots)
        }
        None if url.may_use_tls() => config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(system_roots(provider)?)),
        None => config.with_root_certificates(RootCertStore::empty()),
    };
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

fn own_roots(path: &std::path::Path) -> std::result::Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("there is none in it".to_owned());
    }
    Ok(roots)
}

fn system_roots(provider: Arc<CryptoProvider>) -> Result<Verifier> {
    Verifier::new(provider).map_err(|error| unusable(&error))
}

fn unusable(error: &rustls::Error) -> Error {
    Error::Unavailable(format!(
        "the system's certificates cannot be used: {error}; name a file with sslrootcert= in the memory's URL, or sslmode=disable"
    ))
}
