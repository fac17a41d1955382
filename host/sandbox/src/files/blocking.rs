//! Work that waits for a disk goes to threads that are for waiting, never to one that runs guests.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

use crate::guest::wasi_files::types::ErrorCode;

/// Work under way. Where the execution ends first, it is done to its end, and nobody hears of it.
#[derive(Debug)]
pub struct Pending<T>(JoinHandle<Result<T, ErrorCode>>);

/// Does `work` on a thread for it.
pub fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ErrorCode> + Send + 'static,
) -> Pending<T> {
    Pending(tokio::task::spawn_blocking(work))
}

impl<T> Future for Pending<T> {
    type Output = Result<T, ErrorCode>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = Pin::new(&mut self.0).poll(context);
        ended.map(|ended| ended.unwrap_or(Err(ErrorCode::Io)))
    }
}
