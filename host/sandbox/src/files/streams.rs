//! Reading and writing: at once, and as the streams that standard libraries use.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

use super::account::Account;
use super::blocking::{Pending, blocking};
use super::preopens::{Root, Slot};
use crate::guest::wasi_files::types::ErrorCode;

/// The most bytes that are read or taken at once.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// Some bytes of `file` from `offset`; none at its end.
pub async fn read(file: Arc<File>, length: u64, offset: u64) -> Result<Vec<u8>, ErrorCode> {
    let length = usize::try_from(length).map_or(CHUNK_BYTES_MAX, |n| n.min(CHUNK_BYTES_MAX));
    match read_cached(&file, length, offset) {
        Some(read) => Ok(read),
        None => {
            blocking(move || {
                let mut bytes = vec![0; length];
                let read = file.read_at(&mut bytes, offset)?;
                bytes.truncate(read);
                Ok(bytes)
            })
            .await
        }
    }
}

/// What the system has in memory is read on the thread at hand, which costs less than changing it.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, length: usize, offset: u64) -> Option<Vec<u8>> {
    use rustix::io::{ReadWriteFlags, preadv2};
    let mut bytes = vec![0; length];
    let buffer = io::IoSliceMut::new(&mut bytes);
    let read = preadv2(file, &mut [buffer], offset, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

#[cfg(not(target_os = "linux"))]
fn read_cached(_: &File, _: usize, _: u64) -> Option<Vec<u8>> {
    None
}

/// Writes all of `bytes` at `offset`, or at the end, and answers with where they end. What is written is taken from the account
/// first, and so is the hole that it leaves: it costs nothing now, and all of its size later.
pub fn write(
    file: &File,
    bytes: &[u8],
    offset: Option<u64>,
    account: &Account,
) -> Result<u64, ErrorCode> {
    let length = bytes.len() as u64;
    let end = file.metadata()?.len();
    let at = offset.unwrap_or(end);
    let after = at.checked_add(length).ok_or(ErrorCode::FileTooLarge)?;
    account.charge_bytes(length.saturating_add(at.saturating_sub(end)))?;
    match offset {
        Some(offset) => file.write_all_at(bytes, offset)?,
        None => append(file, bytes, end)?,
    }
    Ok(after)
}

/// Others may add to the same file: where its end is is for the system to know.
#[cfg(target_os = "linux")]
fn append(file: &File, mut bytes: &[u8], end: u64) -> io::Result<()> {
    use rustix::io::{Errno, ReadWriteFlags, pwritev2};
    while !bytes.is_empty() {
        let buffer = [io::IoSlice::new(bytes)];
        match pwritev2(file, &buffer, end, ReadWriteFlags::APPEND) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn append(file: &File, bytes: &[u8], end: u64) -> io::Result<()> {
    file.write_all_at(bytes, end)
}

/// An error of a stream, which `filesystem-error-code` finds again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub ErrorCode);

impl From<ErrorCode> for StreamError {
    fn from(code: ErrorCode) -> Self {
        Self::LastOperationFailed(Failure(code).into())
    }
}

/// A file as a stream.
pub struct Input {
    file: Arc<File>,
    offset: u64,
    root: Arc<Root>,
    ahead: Ahead,
    _slot: Slot,
}

/// What was read ahead of who asked to be told when there is something.
enum Ahead {
    Nothing,
    Bytes(Bytes),
    Failed(ErrorCode),
    End,
}

impl Input {
    /// From `offset` on.
    pub fn new(file: Arc<File>, offset: u64, root: Arc<Root>, slot: Slot) -> Self {
        Self {
            file,
            offset,
            root,
            ahead: Ahead::Nothing,
            _slot: slot,
        }
    }
}

#[async_trait]
impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        match &mut self.ahead {
            Ahead::Nothing => Ok(Bytes::new()),
            Ahead::Bytes(bytes) => {
                let taken = bytes.split_to(size.min(bytes.len()));
                if bytes.is_empty() {
                    self.ahead = Ahead::Nothing;
                }
                Ok(taken)
            }
            Ahead::Failed(code) => {
                let code = *code;
                self.ahead = Ahead::End;
                Err(code.into())
            }
            Ahead::End => Err(StreamError::Closed),
        }
    }
}

#[async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        if !matches!(self.ahead, Ahead::Nothing) {
            return;
        }
        const AHEAD_BYTES: u64 = 64 * 1024;
        self.ahead = match read(self.file.clone(), AHEAD_BYTES, self.offset).await {
            Ok(bytes) if bytes.is_empty() => Ahead::End,
            Ok(bytes) => {
                self.offset += bytes.len() as u64;
                self.root.account.note_read(bytes.len());
                Ahead::Bytes(bytes.into())
            }
            Err(code) => Ahead::Failed(code),
        };
    }
}

/// A file as a stream to write to; one write at a time.
pub struct Output {
    file: Arc<File>,
    /// Where the next write goes; `None` is the end.
    offset: Option<u64>,
    root: Arc<Root>,
    state: Writing,
    _slot: Slot,
}

enum Writing {
    Nothing,
    Busy(Pending<u64>),
    Failed(ErrorCode),
    Closed,
}

impl Output {
    /// From `offset` on, or always at the end.
    pub fn new(file: Arc<File>, offset: Option<u64>, root: Arc<Root>, slot: Slot) -> Self {
        Self {
            file,
            offset,
            root,
            state: Writing::Nothing,
            _slot: slot,
        }
    }

    fn check(&mut self) -> StreamResult<()> {
        match self.state {
            Writing::Nothing | Writing::Busy(_) => Ok(()),
            Writing::Failed(code) => {
                self.state = Writing::Closed;
                Err(code.into())
            }
            Writing::Closed => Err(StreamError::Closed),
        }
    }
}

#[async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.check()?;
        if matches!(self.state, Writing::Busy(_)) {
            return Err(StreamError::trap("written before it was ready"));
        }
        let (file, offset, root) = (self.file.clone(), self.offset, self.root.clone());
        let work = move || write(&file, &bytes, offset, &root.account);
        self.state = Writing::Busy(blocking(work));
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.check()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.check()?;
        match self.state {
            Writing::Busy(_) => Ok(0),
            _ => Ok(CHUNK_BYTES_MAX),
        }
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        if let Writing::Busy(work) = &mut self.state {
            self.state = match work.await {
                Ok(after) => {
                    self.offset = self.offset.map(|_| after);
                    Writing::Nothing
                }
                Err(code) => Writing::Failed(code),
            };
        }
    }
}
