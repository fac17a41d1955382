//! Servers that are reached over a stream of bytes which somebody else opens.

use std::fmt;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes in both directions.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// Opens a stream to a server, anew for each connection.
#[derive(Clone)]
pub struct Connector(Arc<dyn Fn() -> Box<dyn ByteStream> + Send + Sync>);

impl Connector {
    /// One that opens streams so.
    pub fn new(open: impl Fn() -> Box<dyn ByteStream> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    pub(crate) fn open(&self) -> Box<dyn ByteStream> {
        (self.0)()
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl PartialEq for Connector {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Connector {}
