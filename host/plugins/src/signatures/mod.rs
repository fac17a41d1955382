//! Who vouches for a plugin: ed25519 over what its manifest says, which names its component by digest.

mod key;
mod signature;
mod trust;

pub use key::{KeyError, PublicKey, SigningKey};
pub use signature::Signature;
pub use trust::{KEYS_MAX, TrustFile, TrustedKey, Verdict};

use crate::document::DocumentError;

/// Why a plugin is refused for its signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none, and the policy wants one.
    #[error(
        "the plugin is not signed, and `require_signature` is set; sign it with `vesicle plugin sign`"
    )]
    Unsigned,
    /// The file is no signature.
    #[error("{0}")]
    Document(#[from] DocumentError),
    /// It is a signature of something else: the manifest was changed, or the signature.
    #[error("the signature by {0} is not one of this manifest: one of the two was changed")]
    Wrong(PublicKey),
    /// Nobody trusts the key, and the policy wants one that is trusted.
    #[error(
        "the plugin is signed by {0}, which is not trusted; trust it with `vesicle plugin trust`"
    )]
    Untrusted(PublicKey),
    /// The trust in the key is over.
    #[error(
        "the plugin is signed by `{name}` ({key}), which was trusted until {expires}; renew that with `vesicle plugin trust`"
    )]
    Expired {
        /// What the operator calls the key.
        name: String,
        /// The key.
        key: PublicKey,
        /// Until when, as the operator wrote it.
        expires: String,
    },
    /// The key is trusted for other plugins.
    #[error(
        "the plugin is signed by `{name}` ({key}), which is trusted for other plugins: {plugins}"
    )]
    Elsewhere {
        /// What the operator calls the key.
        name: String,
        /// The key.
        key: PublicKey,
        /// Patterns of names.
        plugins: String,
    },
}
