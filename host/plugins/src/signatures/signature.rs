//! A signature as a file.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{PublicKey, SignatureError};
use crate::document::{DocumentError, Reader};
use crate::manifest::Manifest;

/// A signature of a manifest, by a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    key: PublicKey,
    bytes: Vec<u8>,
}

impl Signature {
    pub(super) fn new(key: PublicKey, bytes: Vec<u8>) -> Self {
        Self { key, bytes }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(file: &str, text: &str) -> Result<Self, DocumentError> {
        Reader::read(file, text, |root| {
            let key = root.needed("key", "the public key, such as \"ed25519:…\"", |text| {
                PublicKey::parse(text).ok_or_else(String::new)
            });
            let bytes = root.needed("signature", "64 bytes in base64", |text| {
                BASE64_STANDARD.decode(text).map_err(|_| String::new())
            });
            Some(Self {
                key: key?,
                bytes: bytes?,
            })
        })
    }

    /// Whose it says that it is.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// Looks whether it is one of this manifest by its key, whoever that may be.
    ///
    /// # Errors
    /// [`SignatureError::Wrong`].
    pub fn check(&self, manifest: &Manifest) -> Result<(), SignatureError> {
        match self.key.verifies(&manifest.canonical(), &self.bytes) {
            true => Ok(()),
            false => Err(SignatureError::Wrong(self.key)),
        }
    }
}

impl fmt::Display for Signature {
    /// The text of a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "key = \"{}\"", self.key)?;
        writeln!(f, "signature = \"{}\"", BASE64_STANDARD.encode(&self.bytes))
    }
}
