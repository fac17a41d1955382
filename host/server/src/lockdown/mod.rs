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

/// What was given up, and what could not be, which whoever reads the log is told.
#[must_use = "who cannot lock the host down should read why in its log"]
#[derive(Debug, Default)]
pub struct GivenUp(Vec<String>);

impl GivenUp {
    /// The host keeps everything.
    pub fn nothing() -> Self {
        let what = "this host keeps all of the disk, all system calls and its privileges; without --no-lockdown it would not";
        Self(vec![what.to_owned()])
    }

    /// Logs what could not be given up.
    pub fn log(&self) {
        for why in &self.0 {
            tracing::warn!("{why}");
        }
    }
}

/// Locks this process down, as far as the kernel can.
///
/// `before_files` starts the threads that keep the whole disk. There must be no other thread.
pub fn begin(paths: &Paths, before_files: impl FnOnce()) -> GivenUp {
    let mut kept = Vec::new();
    // Neither a core on the disk nor a debugger of the same user gets at secrets.
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        kept.push(format!(
            "other processes of this user can read this one's memory: {error}"
        ));
    }
    if let Err(why) = calls::give_up() {
        kept.push(format!(
            "system calls are not locked down, as they would be by a kernel with seccomp: {why}"
        ));
    }
    before_files();
    kept.extend(files::make(paths));
    if let Err(why) = files::give_up(paths) {
        kept.push(format!(
            "files are not locked down, as they would be by a kernel from 5.19 on with Landlock: {why}"
        ));
    }
    GivenUp(kept)
}
