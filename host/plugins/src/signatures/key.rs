//! Keys.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::Signature;
use crate::manifest::Manifest;
use crate::private::{self, FILE_MODE};

const PREFIX: &str = "ed25519:";
const KEY_BYTES: usize = 32;
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// The longest file of a private key, in bytes.
const FILE_BYTES_MAX: u64 = 4_096;

/// Whom a signature is by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// Reads `ed25519:` and 32 bytes in base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Whether `signature` is one by this key of `bytes`.
    pub(super) fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(bytes, signature)
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Why a private key cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system refused.
    #[error("cannot {doing} the key `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others may read it.
    #[error("the key `{}` can be read by others; take that away with `chmod 600`, and make another key if they may have", .0.display())]
    Open(PathBuf),
    /// It is none.
    #[error("`{}` is no ed25519 private key in PKCS#8 and PEM, as `vesicle plugin sign` and `openssl genpkey -algorithm ed25519` write it", .0.display())]
    NoKey(PathBuf),
    /// There is no randomness.
    #[error("the system has no randomness for a key")]
    Random,
}

/// What signatures are made with.
#[derive(Debug)]
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes a key and writes it to `path`, where nothing may be.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Io {
            doing: "write",
            path: path.to_owned(),
            source,
        };
        let key =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
        let text = format!("{BEGIN}\n{}\n{END}\n", BASE64_STANDARD.encode(key.as_ref()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)
            .map_err(failed)?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        private::sync_directory(private::parent(path)).map_err(failed)?;
        Self::read(path)
    }

    /// Reads a key that nobody else may read.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Io {
            doing: "read",
            path: path.to_owned(),
            source,
        };
        let file = private::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
            return Err(KeyError::Open(path.to_owned()));
        }
        let bytes = private::read_all(&file, FILE_BYTES_MAX).map_err(failed)?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let inner = text
            .trim()
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(END));
        let digits: Option<String> = inner.map(|inner| inner.split_ascii_whitespace().collect());
        let der = digits.and_then(|digits| BASE64_STANDARD.decode(digits).ok());
        // What others write has no public key in it.
        let pair = der.and_then(|der| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok());
        pair.map(Self)
            .ok_or_else(|| KeyError::NoKey(path.to_owned()))
    }

    /// What others know it by.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; KEY_BYTES];
        for (to, from) in bytes.iter_mut().zip(self.0.public_key().as_ref()) {
            *to = *from;
        }
        PublicKey(bytes)
    }

    /// Signs what a manifest says, its provenance left out.
    pub fn sign(&self, manifest: &Manifest) -> Signature {
        let signature = self.0.sign(&manifest.canonical());
        Signature::new(self.public(), signature.as_ref().to_vec())
    }
}
