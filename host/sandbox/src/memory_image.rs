//! The memory that instances of a component begin with, made when it is loaded.
//!
//! Wasmtime keeps it in a file in memory and seals that. While the kernel holds a page of the file for
//! an instant, to move it or to write it out, sealing fails with `EBUSY`: once in some hundred loads on
//! a machine that has much to do. Left to the first call, that call would fail.

use std::time::Duration;

use rustix::io::Errno;
use wasmtime::component::Component;

/// How often it is tried.
const TRIES_MAX: u32 = 8;
/// How long after the first failure; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// Makes what all instances of a component share of their memory. Blocks.
///
/// # Errors
/// What Wasmtime says.
pub fn make(component: &Component) -> wasmtime::Result<()> {
    persistently(|| component.initialize_copy_on_write_image())
}

/// Does what may find a page busy, and tries again for a while where it does. Blocks.
pub fn persistently(mut make: impl FnMut() -> wasmtime::Result<()>) -> wasmtime::Result<()> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES_MAX {
        match make() {
            Err(error) if is_busy(&error) => {
                tracing::debug!(%error, "a memory image is tried again");
                std::thread::sleep(pause);
                pause *= 2;
            }
            made => return made,
        }
    }
    make()
}

fn is_busy(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.and_then(Errno::from_io_error) == Some(Errno::BUSY)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `memfd` tells it: the system's error behind its own.
    fn failed(errno: Errno) -> wasmtime::Error {
        let seal = std::io::Error::from(errno);
        wasmtime::Error::new(seal).context("cannot add seals to the memfd")
    }

    fn tries(outcome: impl Fn(u32) -> wasmtime::Result<()>) -> (u32, bool) {
        let mut tries = 0;
        let made = persistently(|| {
            tries += 1;
            outcome(tries)
        });
        (tries, made.is_ok())
    }

    #[test]
    fn what_is_busy_is_tried_again_so_often() {
        assert_eq!(tries(|_| Ok(())), (1, true));
        let once = |try_of| match try_of {
            1 => Err(failed(Errno::BUSY)),
            _ => Ok(()),
        };
        assert_eq!(tries(once), (2, true));
        assert_eq!(tries(|_| Err(failed(Errno::BUSY))), (TRIES_MAX, false));
        assert_eq!(tries(|_| Err(failed(Errno::NOMEM))), (1, false));
    }
}
