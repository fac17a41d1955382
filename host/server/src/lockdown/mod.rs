//! Gives up what a host that serves does not need: privileges, system calls, and the rest of the disk. What of it holds for
//! whom is decided here.
//!
//! Everything is done before the process has a second thread, since threads have what the one that starts them has. The
//! order matters. Privileges and system calls (`calls.rs`) are given up first, for the process and all its children. Then the
//! thread that starts other servers begins, and only then is the disk locked (`files.rs`): those servers are programs of the
//! operator's, with files of their own that nobody named here. So the lock on the disk stops whoever talks the host into
//! opening a path. Whoever runs machine code in the host can reach that thread, but has to do so without the calls that debug
//! other processes; where no such server is configured there is no such thread.

mod calls;
mod files;

use std::path::PathBuf;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// What a host may reach on the disk beside the system's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths {
    /// Files and directories to read.
    pub read: Vec<PathBuf>,
    /// Directories to write to.
    pub write: Vec<PathBuf>,
}

/// Locks this process down, as far as the kernel can. What it cannot is logged.
///
/// `before_files` starts the threads that keep the whole disk. There must be no other thread.
pub fn begin(paths: &Paths, before_files: impl FnOnce()) {
    // Neither a core on the disk nor a debugger of the same user gets at secrets.
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "other processes of this user can read this one's memory");
    }
    match calls::give_up() {
        Ok(()) => tracing::info!("locked down: system calls"),
        Err(why) => tracing::warn!(
            why,
            "system calls are not locked down; a kernel with seccomp would"
        ),
    }
    before_files();
    match files::give_up(paths) {
        Ok(()) => tracing::info!("locked down: files"),
        Err(why) => tracing::warn!(
            why,
            "files are not locked down; a kernel from 5.19 on, with Landlock, would"
        ),
    }
}
