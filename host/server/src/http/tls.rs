//! TLS by rustls, with a certificate that can be read again while connections are open.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::RwLock;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;

use super::TlsFiles;

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not what it should be.
    #[error("cannot read the {what} in `{}`: {why}", path.display())]
    File {
        /// What should be there.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The two do not belong together, or rustls does not take them.
    #[error("the certificate in `{}` cannot be used with its key: {why}", path.display())]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// Why not.
        why: rustls::Error,
    },
}

/// What TLS is spoken with. Clones share it.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let config = RwLock::new(read(&files)?);
        Ok(Self(Arc::new(Shared { files, config })))
    }

    /// Reads both again. New connections have what was read.
    ///
    /// # Errors
    /// See [`TlsError`]; what was there stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        *self.0.config.write() = read(&self.0.files)?;
        Ok(())
    }

    /// What begins TLS on a connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.config.read().clone())
    }
}

/// Whether TLS could be spoken with these.
///
/// # Errors
/// See [`TlsError`].
pub fn check_tls(files: &TlsFiles) -> Result<(), TlsError> {
    read(files).map(drop)
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let failed = |what: &'static str, path: &Path| {
        let path = path.to_owned();
        move |why: rustls::pki_types::pem::Error| TlsError::File {
            what,
            path,
            why: why.to_string(),
        }
    };
    let certificates = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed("certificate", &files.cert))?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(failed("private key", &files.key))?;
    let pair = |why| TlsError::Pair {
        path: files.cert.clone(),
        why,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_files_is_told_and_the_old_ones_stay() {
        let directory = tempfile::tempdir().unwrap();
        let files = TlsFiles {
            cert: directory.path().join("cert.pem"),
            key: directory.path().join("key.pem"),
        };
        let make = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let (one, other) = (make("one.example"), make("other.example"));
        assert!(matches!(
            Tls::load(files.clone()),
            Err(TlsError::File { .. })
        ));
        std::fs::write(&files.cert, one.cert.pem()).unwrap();
        std::fs::write(&files.key, other.signing_key.serialize_pem()).unwrap();
        assert!(matches!(
            Tls::load(files.clone()),
            Err(TlsError::Pair { .. })
        ));
        std::fs::write(&files.key, one.signing_key.serialize_pem()).unwrap();
        let tls = Tls::load(files.clone()).unwrap();
        let before = tls.0.config.read().clone();
        std::fs::write(&files.cert, "no certificate").unwrap();
        assert!(tls.reload().is_err());
        assert!(Arc::ptr_eq(&before, &tls.0.config.read()));
        std::fs::write(&files.cert, one.cert.pem()).unwrap();
        tls.reload().unwrap();
        assert!(!Arc::ptr_eq(&before, &tls.0.config.read()));
    }
}
