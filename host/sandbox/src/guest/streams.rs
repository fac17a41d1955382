//! Standard output and standard error of a guest: the beginning is kept, the rest is counted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// How much the guest may hand over at once.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// One stream. Clones write to the same.
#[derive(Clone)]
pub struct Stream {
    name: &'static str,
    bytes_max: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    written: usize,
}

impl Stream {
    /// An empty stream that keeps `bytes_max`; `name` is what a note about its cut calls it.
    pub fn new(name: &'static str, bytes_max: usize) -> Self {
        Self {
            name,
            bytes_max,
            kept: Arc::default(),
        }
    }

    /// What was written, as text, with a note at its end when it was cut.
    pub fn text(&self) -> String {
        let kept = self.kept.lock();
        let cut = kept.written > kept.bytes.len();
        if !cut {
            return String::from_utf8_lossy(&kept.bytes).into_owned();
        }
        // A character that the cut went through is left out.
        let valid = kept.bytes.utf8_chunks();
        let mut text: String = valid.map(|chunk| chunk.valid()).collect();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!(
            "[{} cut: {} of {} bytes kept]\n",
            self.name,
            kept.bytes.len(),
            kept.written
        ));
        text
    }

    /// Forgets what was written.
    pub fn clear(&self) {
        *self.kept.lock() = Kept::default();
    }

    fn write(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock();
        let room = self.bytes_max - kept.bytes.len();
        kept.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        kept.written += bytes.len();
    }
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        Stream::write(self, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Stream::write(&self, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
