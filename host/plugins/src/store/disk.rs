//! Every change of the store, one system call at a time. Whoever tests the store can look on, fail a step or end the process at
//! it; nothing is changed by another way.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{StoreError, io};
use crate::private::{self, DIR_MODE, FILE_MODE};

/// Sees each step before it is done, and may fail it.
pub type Watch = Arc<dyn Fn(Step<'_>) -> io::Result<()> + Send + Sync>;

/// A change that is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'p> {
    /// What.
    pub action: Action,
    /// Of what.
    pub path: &'p Path,
}

/// Changes of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A directory is made.
    MakeDirectory,
    /// An empty file is made.
    Create,
    /// The first half of a file is written.
    Write,
    /// The second half is.
    WriteRest,
    /// A file is made to last.
    Sync,
    /// It gets its name; the path is that.
    Rename,
    /// The names in a directory are made to last.
    SyncDirectory,
    /// A file or directory is removed.
    Remove,
}

/// The disk, as far as the store changes it.
#[derive(Clone)]
pub(super) struct Disk {
    incoming: PathBuf,
    watch: Option<Watch>,
    /// Tells apart what one process writes at once.
    count: Arc<AtomicU64>,
}

impl Disk {
    pub(super) fn new(incoming: PathBuf, watch: Option<Watch>) -> Self {
        Self {
            incoming,
            watch,
            count: Arc::default(),
        }
    }

    fn step(&self, action: Action, path: &Path) -> io::Result<()> {
        match &self.watch {
            Some(watch) => watch(Step { action, path }),
            None => Ok(()),
        }
    }

    /// Makes a directory, if it is not there, and makes it last.
    pub(super) fn make_directory(&self, path: &Path) -> Result<(), StoreError> {
        let make = || {
            self.step(Action::MakeDirectory, path)?;
            match DirBuilder::new().mode(DIR_MODE).create(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                Err(error) => Err(error),
                Ok(()) => self.sync(private::parent(path)),
            }
        };
        match path.is_dir() {
            true => Ok(()),
            false => make().map_err(|error| io("make the directory", path, error)),
        }
    }

    /// Writes a file whole or not at all, in place of what is there.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let half = self
            .incoming
            .join(format!("{}-{number}", std::process::id()));
        let written = self.write_by(&half, path, bytes);
        if written.is_err() {
            // If this fails as well, the next to write sets it aside.
            let _ = fs::remove_file(&half);
        }
        written.map_err(|error| io("write", path, error))
    }

    fn write_by(&self, half: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(Action::Create, half)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(half)?;
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        self.step(Action::Write, half)?;
        file.write_all(first)?;
        self.step(Action::WriteRest, half)?;
        file.write_all(rest)?;
        self.step(Action::Sync, half)?;
        file.sync_all()?;
        self.rename_by(half, path)
    }

    /// Gives a file or directory another name, and makes that last.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        self.rename_by(from, to)
            .and_then(|()| self.sync(private::parent(from)))
            .map_err(|error| io("rename", from, error))
    }

    fn rename_by(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Action::Rename, to)?;
        fs::rename(from, to)?;
        self.sync(private::parent(to))
    }

    fn sync(&self, directory: &Path) -> io::Result<()> {
        self.step(Action::SyncDirectory, directory)?;
        private::sync_directory(directory)
    }

    /// Removes a file, or a directory with all that is in it; it may be gone.
    pub(super) fn remove(&self, path: &Path) -> Result<(), StoreError> {
        let remove = || {
            self.step(Action::Remove, path)?;
            match path.symlink_metadata()?.is_dir() {
                true => fs::remove_dir_all(path),
                false => fs::remove_file(path),
            }
        };
        match remove() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io("remove", path, error)),
            _ => Ok(()),
        }
    }

    /// Notes at a file that it is needed no longer since now. What is lost by failing is only that it is kept longer or shorter.
    pub(super) fn touch(&self, path: &Path) {
        let now = std::time::SystemTime::now();
        let touched = File::options()
            .append(true)
            .open(path)
            .and_then(|file| file.set_modified(now));
        if let Err(error) = touched {
            tracing::debug!(path = %path.display(), %error, "the time is not noted");
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("incoming", &self.incoming)
            .finish_non_exhaustive()
    }
}
