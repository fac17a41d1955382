//! Standard output and standard error, and how a stream of WASI's is written.

use std::cell::RefCell;
use std::thread::LocalKey;

use crate::wasi::cli::{stderr, stdout};
use crate::wasi::io::streams::{OutputStream, StreamError};

type Opened = RefCell<Option<OutputStream>>;

thread_local! {
    /// Opened at their first use, so that no handle is in the snapshot of the engine.
    static OUTPUT: Opened = const { RefCell::new(None) };
    static ERROR: Opened = const { RefCell::new(None) };
}

/// Writes to standard output, and flushes: when the program is stopped, what it had written is
/// still reported.
pub fn standard_output(text: &[u8]) -> Result<(), StreamError> {
    write(&OUTPUT, stdout::get_stdout, text)
}

/// Writes to standard error, and flushes.
pub fn standard_error(text: &[u8]) -> Result<(), StreamError> {
    write(&ERROR, stderr::get_stderr, text)
}

fn write(
    opened: &'static LocalKey<Opened>,
    open: fn() -> OutputStream,
    text: &[u8],
) -> Result<(), StreamError> {
    opened.with_borrow_mut(|stream| write_all(stream.get_or_insert_with(open), text))
}

/// Closes what was opened, so that no handle is in the snapshot of a plugin.
pub fn close() {
    for opened in [&OUTPUT, &ERROR] {
        opened.with_borrow_mut(|stream| *stream = None);
    }
}

/// Writes everything, as much at a time as the stream takes, and flushes.
pub fn write_all(stream: &OutputStream, mut rest: &[u8]) -> Result<(), StreamError> {
    while !rest.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        let (chunk, after) = rest.split_at(room.min(rest.len()));
        stream.write(chunk)?;
        stream.blocking_flush()?;
        rest = after;
    }
    Ok(())
}
