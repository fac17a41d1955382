//! Standard output and standard error, and how a stream of WASI's is written.

use std::cell::OnceCell;
use std::thread::LocalKey;

use crate::wasi::cli::{stderr, stdout};
use crate::wasi::io::streams::{OutputStream, StreamError};

type Opened = OnceCell<OutputStream>;

thread_local! {
    /// Opened at their first use, so that no handle is in the snapshot.
    static OUTPUT: Opened = const { OnceCell::new() };
    static ERROR: Opened = const { OnceCell::new() };
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
    opened.with(|stream| write_all(stream.get_or_init(open), text))
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
