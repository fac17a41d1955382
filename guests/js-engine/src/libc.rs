//! What the C library asks of the system, which it knows as `wasi_snapshot_preview1`.
//!
//! The linker takes a function of the name of an import in place of the import. The usual way, the
//! adapter of preview1, is a second instance in every sandbox with imports of its own, most of them
//! for files that the C library never sees; all of that is linked anew whenever a sandbox starts.

use crate::wasi::clocks::{monotonic_clock, wall_clock};
use crate::{random, streams};

/// Preview1's codes of errors.
const SUCCESS: i32 = 0;
const BAD_DESCRIPTOR: i32 = 8;
const INVALID: i32 = 28;
const IO: i32 = 29;

/// Preview1's clocks.
const REALTIME: i32 = 0;
const MONOTONIC: i32 = 1;

const STANDARD_OUTPUT: i32 = 1;
const STANDARD_ERROR: i32 = 2;

/// A piece of what `fd_write` writes.
#[repr(C)]
struct Piece {
    start: *const u8,
    length: usize,
}

#[unsafe(export_name = "__imported_wasi_snapshot_preview1_clock_time_get")]
unsafe extern "C" fn clock_time_get(clock: i32, _precision: i64, time: *mut u64) -> i32 {
    let nanoseconds = match clock {
        REALTIME => {
            let now = wall_clock::now();
            now.seconds * 1_000_000_000 + u64::from(now.nanoseconds)
        }
        MONOTONIC => monotonic_clock::now(),
        _ => return INVALID,
    };
    // SAFETY: the C library says where it wants the time.
    unsafe { time.write(nanoseconds) };
    SUCCESS
}

#[unsafe(export_name = "__imported_wasi_snapshot_preview1_random_get")]
unsafe extern "C" fn random_get(start: *mut u8, length: usize) -> i32 {
    // SAFETY: the C library has room for as many as it asks for.
    random::fill(unsafe { std::slice::from_raw_parts_mut(start, length) });
    SUCCESS
}

/// There is no environment.
#[unsafe(export_name = "__imported_wasi_snapshot_preview1_environ_sizes_get")]
unsafe extern "C" fn environ_sizes_get(count: *mut usize, bytes: *mut usize) -> i32 {
    // SAFETY: the C library says where it wants them.
    unsafe {
        count.write(0);
        bytes.write(0);
    }
    SUCCESS
}

#[unsafe(export_name = "__imported_wasi_snapshot_preview1_environ_get")]
extern "C" fn environ_get(_entries: *mut *mut u8, _bytes: *mut u8) -> i32 {
    SUCCESS
}

/// For the message of a panic or of `abort`.
#[unsafe(export_name = "__imported_wasi_snapshot_preview1_fd_write")]
unsafe extern "C" fn fd_write(
    descriptor: i32,
    pieces: *const Piece,
    count: usize,
    written: *mut usize,
) -> i32 {
    let write = match descriptor {
        STANDARD_OUTPUT => streams::standard_output,
        STANDARD_ERROR => streams::standard_error,
        _ => return BAD_DESCRIPTOR,
    };
    let mut total = 0;
    // SAFETY: the C library's pieces are `count`.
    for piece in unsafe { std::slice::from_raw_parts(pieces, count) } {
        if piece.length == 0 {
            continue;
        }
        // SAFETY: the C library has written the piece.
        let bytes = unsafe { std::slice::from_raw_parts(piece.start, piece.length) };
        if write(bytes).is_err() {
            return IO;
        }
        total += piece.length;
    }
    // SAFETY: the C library says where it wants the length.
    unsafe { written.write(total) };
    SUCCESS
}

/// Nothing but the standard streams is open, and they stay open.
#[unsafe(export_name = "__imported_wasi_snapshot_preview1_fd_close")]
extern "C" fn fd_close(_descriptor: i32) -> i32 {
    BAD_DESCRIPTOR
}

/// So no stream is taken for a terminal.
#[unsafe(export_name = "__imported_wasi_snapshot_preview1_fd_fdstat_get")]
extern "C" fn fd_fdstat_get(_descriptor: i32, _status: *mut u8) -> i32 {
    BAD_DESCRIPTOR
}

#[unsafe(export_name = "__imported_wasi_snapshot_preview1_fd_seek")]
extern "C" fn fd_seek(_descriptor: i32, _offset: i64, _from: i32, _at: *mut u64) -> i32 {
    BAD_DESCRIPTOR
}

/// The sandbox ends with a trap, after what was written before.
#[unsafe(export_name = "__imported_wasi_snapshot_preview1_proc_exit")]
extern "C" fn proc_exit(_code: i32) -> ! {
    core::arch::wasm32::unreachable()
}
