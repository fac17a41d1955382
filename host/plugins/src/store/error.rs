//! What goes wrong in a store.

use std::io;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::document::DocumentError;
use crate::name::{NameError, PluginName};

/// Why a store did not do what was asked. Unless it says otherwise, everything is as it was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be trusted with components.
    #[error("the plugin directory `{}` cannot be used: {why}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not, and what to do.
        why: String,
    },
    /// Nothing can be written there.
    #[error("the plugin directory `{}` cannot be written to ({source}), so its plugins cannot be changed; name another with --plugin-dir, or make it writable", path.display())]
    ReadOnly {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The disk is full, or a quota is.
    #[error("no space is left to write `{}` ({source}); nothing was changed. `vesicle plugin gc` removes what no plugin needs", path.display())]
    Full {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something else.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process changes plugins.
    #[error("the plugins in `{}` are being changed by another process: {source}", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// For how long.
        source: io::Error,
    },
    /// No such plugin.
    #[error("there is no plugin `{name}`{}", near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Absent {
        /// The name.
        name: PluginName,
        /// One that is there and is like it.
        near: Option<PluginName>,
    },
    /// It has no version that this could be done with.
    #[error("plugin `{name}` has no {which} version")]
    NoVersion {
        /// The plugin.
        name: PluginName,
        /// Which.
        which: &'static str,
    },
    /// What was to be activated is no longer what is staged.
    #[error(
        "another version of `{0}` was added meanwhile, so this one was not activated; add it again if it is still wanted"
    )]
    Overtaken(PluginName),
    /// There is a plugin of this name.
    #[error("a plugin `{0}` is already there; update it, remove it, or choose another name")]
    Taken(PluginName),
    /// There is a plugin of a name that passes for this one.
    #[error(
        "`{name}` looks like the plugin `{other}` that is already there; choose a name that nobody takes for it"
    )]
    LooksLike {
        /// The new name.
        name: PluginName,
        /// The other.
        other: PluginName,
    },
    /// There are too many.
    #[error(
        "there are {0} plugins, which is the most that a directory may have; remove one, or use another with --plugin-dir"
    )]
    TooMany(usize),
    /// The bytes are no component.
    #[error("{what} is no WebAssembly component: {why}")]
    NoComponent {
        /// A path, or the plugin's name.
        what: String,
        /// What it is instead.
        why: String,
    },
    /// The component is not the one that its manifest names.
    #[error(
        "the manifest of `{name}` says that its component is {claimed}, and it is {actual}; build it again, or correct the manifest"
    )]
    Lies {
        /// The plugin.
        name: PluginName,
        /// By the manifest.
        claimed: Digest,
        /// By its bytes.
        actual: Digest,
    },
    /// A file of the store is not what was written there.
    #[error("`{}` is damaged: {why}; `vesicle plugin rollback {name}` goes back to the version before, adding the plugin again replaces it", path.display())]
    Damaged {
        /// The plugin.
        name: PluginName,
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// A manifest cannot be read.
    #[error("{0}")]
    Manifest(#[from] DocumentError),
    /// A name is none.
    #[error("{0}")]
    Name(#[from] NameError),
}

/// Tells an error of the system by what can be done about it.
pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> StoreError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StoreError::Full { path, source }
        }
        _ => StoreError::Io {
            doing,
            path,
            source,
        },
    }
}
