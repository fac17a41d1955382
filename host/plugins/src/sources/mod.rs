//! Components from elsewhere. Whoever names one names its digest as well, so that what comes is what was meant, whoever
//! sends it.

mod download;
mod oci;
mod source;

pub use download::{FETCH_TIME_MAX, Fetcher, REDIRECTS_MAX};
pub use oci::{OCI_MANIFEST_BYTES_MAX, WASM_LAYERS};
pub use source::{Origin, Source, SourceError};

use crate::store::StoreError;

/// Why a component could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No HTTP client can be made.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
    /// The server cannot be reached, or broke off.
    #[error("cannot fetch {url}: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why not.
        why: String,
    },
    /// The server says no.
    #[error("{url} answered with status {status}{hint}")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What that may mean.
        hint: &'static str,
    },
    /// It is too long.
    #[error("{url} has more than {bytes_max} bytes")]
    TooLong {
        /// What was asked for.
        url: String,
        /// How long it may be.
        bytes_max: usize,
    },
    /// It took too long.
    #[error("{source_text} did not come within {} s", FETCH_TIME_MAX.as_secs())]
    TooSlow {
        /// The source.
        source_text: String,
    },
    /// It is something else.
    #[error(
        "{url} is not what was asked for: its digest is {actual}, and {wanted} was named; find out who changed it before you name another digest"
    )]
    Other {
        /// What was asked for.
        url: String,
        /// What was named.
        wanted: String,
        /// What came.
        actual: String,
    },
    /// The artifact is not one of a component.
    #[error("{url} is no component: {why}")]
    NoComponent {
        /// What was asked for.
        url: String,
        /// What it is.
        why: String,
    },
    /// The bytes are no component.
    #[error("{0}")]
    Store(#[from] StoreError),
}
