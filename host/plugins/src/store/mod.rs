//! Plugins on disk.
//!
//! ```text
//! DIR/lock                        held by whoever changes something
//! DIR/components/HEX.wasm         components, by the blake3 of their bytes
//! DIR/plugins/NAME/HEX.toml       manifests, by the blake3 of their text
//! DIR/plugins/NAME/HEX.sig        their signatures
//! DIR/plugins/NAME/versions.toml  which of them is the current, the previous and the staged one
//! DIR/incoming/                   what is being written
//! DIR/aside/                      what was left half written
//! ```
//!
//! What has a digest for a name never changes, and what points to it is replaced after it is there and lasts. So at any
//! moment, also after a crash, `versions.toml` names things that are whole, and readers need no lock. Everything that is
//! read is compared with its digest.

mod activate;
mod collect;
mod disk;
mod error;
mod list;
mod load;
mod recover;
mod stage;
mod verify;
mod versions;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

pub use collect::{Collected, UNUSED_KEPT};
pub use disk::{Action, Step, Watch};
pub use error::StoreError;
pub use list::{Listed, Listing};
pub use load::{
    COMPONENT_BYTES_MAX, Component, Loaded, SIGNATURE_BYTES_MAX, check_component, read_component,
};
pub use stage::{Existing, PLUGINS_MAX, Staged};
pub use verify::{Finding, Report, Severity};
pub use versions::Versions;

use crate::digest::Digest;
use crate::name::PluginName;
use crate::private;
use disk::Disk;

/// A directory of plugins. Several processes may use one at once. Whatever is done with it waits for the disk, and changes wait
/// for other processes as well.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    disk: Disk,
}

/// Keeps other processes from changing the store.
#[derive(Debug)]
struct Lock {
    _file: File,
}

impl Store {
    /// The store in `root`, which is made when something is first written.
    ///
    /// # Errors
    /// [`StoreError::Directory`] where somebody else could change what lies there.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Self::watched(root, None)
    }

    /// The same, with every change shown to `watch`: for tests that fail one, or end the process at it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn watched(root: &Path, watch: Option<Watch>) -> Result<Self, StoreError> {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        check_directory(&root)?;
        Ok(Self {
            disk: Disk::new(root.join("incoming"), watch),
            root,
        })
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn components(&self) -> PathBuf {
        self.root.join("components")
    }

    fn plugins(&self) -> PathBuf {
        self.root.join("plugins")
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }

    fn component(&self, digest: Digest) -> PathBuf {
        self.components().join(format!("{}.wasm", digest.hex()))
    }

    fn plugin(&self, name: &PluginName) -> PathBuf {
        self.plugins().join(name.as_str())
    }

    fn manifest(&self, name: &PluginName, version: Digest) -> PathBuf {
        self.plugin(name).join(format!("{}.toml", version.hex()))
    }

    fn signature(&self, name: &PluginName, version: Digest) -> PathBuf {
        self.plugin(name).join(format!("{}.sig", version.hex()))
    }

    fn versions_file(&self, name: &PluginName) -> PathBuf {
        self.plugin(name).join(versions::FILE_NAME)
    }

    /// Makes the store ready for a change, and keeps others from changing it meanwhile.
    fn lock(&self) -> Result<Lock, StoreError> {
        let read_only = |source: io::Error| match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                StoreError::ReadOnly {
                    path: self.root.clone(),
                    source,
                }
            }
            io::ErrorKind::TimedOut => StoreError::Locked {
                path: self.root.clone(),
                source,
            },
            _ => error::io("lock", &self.root, source),
        };
        private::make_directory(&self.root).map_err(read_only)?;
        let lock = Lock {
            _file: private::lock(&self.root.join("lock")).map_err(read_only)?,
        };
        for directory in [self.components(), self.plugins(), self.incoming()] {
            self.disk.make_directory(&directory)?;
        }
        // Whoever wrote what lies there held this lock, and is no more.
        self.set_aside()?;
        Ok(lock)
    }
}

/// Code is loaded from here, so nobody else may be able to write here.
fn check_directory(root: &Path) -> Result<(), StoreError> {
    let wrong = |why: &str| {
        Err(StoreError::Directory {
            path: root.to_owned(),
            why: why.to_owned(),
        })
    };
    let metadata = match fs::metadata(root) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return wrong(&error.to_string()),
    };
    if !metadata.is_dir() {
        return wrong("it is no directory");
    }
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us && metadata.uid() != 0 {
        return wrong("it belongs to another user, who could change what runs here");
    }
    if metadata.mode() & 0o022 != 0 {
        return wrong("others may write to it; take that away with `chmod go-w`");
    }
    Ok(())
}
