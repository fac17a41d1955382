//! What a host grants: directories, opened before any guest runs.

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use serde::{Deserialize, Serialize};

use super::Quota;
use super::open::is_pseudo;
use super::path::is_guest_root;

/// The longest name that guests know a directory by, in bytes.
pub const GUEST_PATH_BYTES_MAX: usize = 256;
/// How many directories one execution may have.
pub const DIRECTORIES_MAX: usize = 16;

/// What may be done in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading, writing, making, moving and removing.
    ReadWrite,
}

/// A directory of the host, under the name that guests know it by. It is the directory that was
/// there when it was opened, whatever its path means later. Clones share it.
#[derive(Debug, Clone)]
pub struct Directory {
    pub(super) dir: Arc<Dir>,
    pub(super) guest: Arc<str>,
    pub(super) access: Access,
    pub(super) quota: Quota,
}

/// Why a directory cannot be granted.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be opened.
    #[error("cannot open the directory `{}`: {source}", host.display())]
    Open {
        /// Which.
        host: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It belongs to the kernel.
    #[error("`{}` shows the system itself, which no guest may see; grant a directory with files", .0.display())]
    Pseudo(PathBuf),
    /// The guests' name for it is none.
    #[error(
        "`{0}` cannot be a directory's name for guests; give an absolute path of at most {GUEST_PATH_BYTES_MAX} bytes, such as /data"
    )]
    Guest(String),
    /// Too many.
    #[error("at most {DIRECTORIES_MAX} directories can be granted; grant one that holds several")]
    TooMany,
}

impl Directory {
    /// Opens `host`, which guests are to know as `guest`.
    ///
    /// # Errors
    /// See [`DirectoryError`].
    pub fn open(
        host: &Path,
        guest: &str,
        access: Access,
        quota: Quota,
    ) -> Result<Self, DirectoryError> {
        if guest.len() > GUEST_PATH_BYTES_MAX || !is_guest_root(guest) {
            return Err(DirectoryError::Guest(guest.to_owned()));
        }
        let failed = |source| DirectoryError::Open {
            host: host.to_owned(),
            source,
        };
        let dir = Dir::open_ambient_dir(host, ambient_authority()).map_err(failed)?;
        if is_pseudo(&dir) {
            return Err(DirectoryError::Pseudo(host.to_owned()));
        }
        Ok(Self {
            dir: Arc::new(dir),
            guest: guest.into(),
            access,
            quota,
        })
    }

    /// A directory that another process opened and checked.
    #[cfg(target_os = "linux")]
    pub(crate) fn received(fd: OwnedFd, guest: &str, access: Access, quota: Quota) -> Self {
        Self {
            dir: Arc::new(Dir::from_std_file(fd.into())),
            guest: guest.into(),
            access,
            quota,
        }
    }

    /// Its descriptor.
    #[cfg(target_os = "linux")]
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    /// How much one execution may write into it.
    #[cfg(target_os = "linux")]
    pub(crate) fn quota(&self) -> Quota {
        self.quota
    }

    /// The guests' name for it.
    pub fn guest(&self) -> &str {
        &self.guest
    }

    /// What may be done in it.
    pub fn access(&self) -> Access {
        self.access
    }
}

impl PartialEq for Directory {
    /// Whether it is the same directory, opened once, with the same rights.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dir, &other.dir)
            && self.guest == other.guest
            && self.access == other.access
            && self.quota == other.quota
    }
}

impl Eq for Directory {}

/// The directories that an execution may use; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(Vec<Directory>);

impl Files {
    /// These directories. Of two with the same name for guests the later one counts.
    ///
    /// # Errors
    /// [`DirectoryError::TooMany`].
    pub fn new(directories: impl IntoIterator<Item = Directory>) -> Result<Self, DirectoryError> {
        let mut files = Self::default();
        for directory in directories {
            files.0.retain(|other| other.guest != directory.guest);
            files.0.push(directory);
        }
        match files.0.len() > DIRECTORIES_MAX {
            true => Err(DirectoryError::TooMany),
            false => Ok(files),
        }
    }

    /// Whether all of these are among `ceiling`'s, as they are there.
    pub fn is_within(&self, ceiling: &Self) -> bool {
        self.0.iter().all(|one| ceiling.0.contains(one))
    }

    /// The directories.
    pub fn directories(&self) -> &[Directory] {
        &self.0
    }
}
