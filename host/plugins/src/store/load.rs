//! Reading from the store. Whatever is read is compared with its digest.

use std::fs::File;
use std::io;
use std::path::Path;

use super::{Store, StoreError, Versions, error::io, versions};
use crate::digest::Digest;
use crate::manifest::{MANIFEST_BYTES_MAX, Manifest};
use crate::name::PluginName;
use crate::private;

/// The longest component, in bytes.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;
/// The longest signature file, in bytes.
pub const SIGNATURE_BYTES_MAX: usize = 4_096;

/// How often a plugin is read whose versions change all the time.
const READS_MAX: usize = 10;
/// How a component begins.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
/// How a core module does.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A plugin, ready to be compiled.
#[derive(Debug)]
pub struct Loaded {
    /// Its version, as the store names it.
    pub version: Digest,
    /// Its manifest.
    pub manifest: Manifest,
    /// Its component.
    pub component: Component,
    /// Its signature's text, unchecked.
    pub signature: Option<String>,
}

/// A component's bytes, which are those that its digest says. As long as this lives, the store keeps its file.
#[derive(Debug)]
pub struct Component {
    digest: Digest,
    bytes: Vec<u8>,
    /// Holds a shared lock.
    _file: File,
}

impl Component {
    /// Its digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Store {
    /// The current version of a plugin.
    ///
    /// # Errors
    /// [`StoreError::Absent`], [`StoreError::Damaged`] and others.
    pub fn load(&self, name: &PluginName) -> Result<Loaded, StoreError> {
        self.steadily(name, self.versions(name)?, |versions| {
            self.load_version(name, required(name, versions.current, "current")?)
        })
    }

    /// Reads by a plugin's versions, and again where they changed meanwhile: what they named may have been collected.
    pub(super) fn steadily<T>(
        &self,
        name: &PluginName,
        mut versions: Versions,
        read: impl Fn(Versions) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 1..READS_MAX {
            match read(versions) {
                Ok(found) => return Ok(found),
                Err(error) => match self.versions(name)? {
                    latest if latest == versions => return Err(error),
                    latest => versions = latest,
                },
            }
        }
        read(versions)
    }

    /// This version of a plugin, be it only staged.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_version(&self, name: &PluginName, version: Digest) -> Result<Loaded, StoreError> {
        let manifest = self.read_manifest(name, version)?;
        let component = self.read_stored(name, manifest.contents().digest)?;
        let path = self.signature(name, version);
        let signature = private::read(&path, SIGNATURE_BYTES_MAX as u64)
            .map_err(|error| io("read", &path, error))?;
        Ok(Loaded {
            version,
            manifest,
            component,
            signature: signature.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        })
    }

    /// The versions of a plugin.
    ///
    /// # Errors
    /// [`StoreError::Absent`], [`StoreError::Damaged`].
    pub fn versions(&self, name: &PluginName) -> Result<Versions, StoreError> {
        match self.find_versions(name)? {
            Some(versions) => Ok(versions),
            None => Err(StoreError::Absent {
                near: self.nearest(name),
                name: name.clone(),
            }),
        }
    }

    pub(super) fn find_versions(&self, name: &PluginName) -> Result<Option<Versions>, StoreError> {
        let path = self.versions_file(name);
        let bytes =
            private::read(&path, versions::BYTES_MAX).map_err(|error| io("read", &path, error))?;
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        let text = text(name, &path, bytes)?;
        match Versions::parse(versions::FILE_NAME, &text) {
            // Nobody but the store writes it, in one form.
            Ok(versions) if versions.text() == text => Ok(Some(versions)),
            Ok(_) => Err(damaged(
                name,
                &path,
                "it is not as the store writes it".to_owned(),
            )),
            Err(error) => Err(damaged(name, &path, error.to_string())),
        }
    }

    /// The manifest of a version.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and others.
    pub fn read_manifest(
        &self,
        name: &PluginName,
        version: Digest,
    ) -> Result<Manifest, StoreError> {
        let path = self.manifest(name, version);
        let bytes = private::read(&path, MANIFEST_BYTES_MAX as u64)
            .map_err(|error| io("read", &path, error))?;
        let bytes = bytes.ok_or_else(|| damaged(name, &path, "it is gone".to_owned()))?;
        if Digest::of(&bytes) != version {
            return Err(damaged(
                name,
                &path,
                "its digest is not the one that it is named by".to_owned(),
            ));
        }
        let text = text(name, &path, bytes)?;
        let manifest = Manifest::parse(&path.display().to_string(), &text)?;
        match manifest.name() == name {
            true => Ok(manifest),
            false => Err(damaged(
                name,
                &path,
                format!("it is the manifest of `{}`", manifest.name()),
            )),
        }
    }

    pub(super) fn read_stored(
        &self,
        name: &PluginName,
        digest: Digest,
    ) -> Result<Component, StoreError> {
        let path = self.component(digest);
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => damaged(name, &path, "it is gone".to_owned()),
            _ => io("read", &path, error),
        };
        let file = private::open(&path).map_err(failed)?;
        // Whoever collects what nobody needs leaves alone what is locked.
        if let Err(error) = file.try_lock_shared() {
            tracing::debug!(path = %path.display(), %error, "a component is used without a lock");
        }
        let bytes = private::read_all(&file, COMPONENT_BYTES_MAX as u64).map_err(failed)?;
        if Digest::of(&bytes) != digest {
            return Err(damaged(
                name,
                &path,
                "its bytes are not those that were written".to_owned(),
            ));
        }
        Ok(Component {
            digest,
            bytes,
            _file: file,
        })
    }
}

/// Reads a component from anywhere, with the store's bound on its length.
///
/// # Errors
/// Where it cannot be read, or is no component.
pub fn read_component(path: &Path) -> Result<Vec<u8>, StoreError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::FileTooLarge => StoreError::NoComponent {
            what: format!("`{}`", path.display()),
            why: error.to_string(),
        },
        _ => StoreError::Io {
            doing: "read",
            path: path.to_owned(),
            source: error,
        },
    };
    // The user's own file may be a link, unlike the store's.
    let real = std::fs::canonicalize(path).map_err(failed)?;
    let file = private::open(&real).map_err(failed)?;
    let bytes = private::read_all(&file, COMPONENT_BYTES_MAX as u64).map_err(failed)?;
    check_component(&format!("`{}`", path.display()), &bytes)?;
    Ok(bytes)
}

/// Looks whether bytes begin as a component does and are not too many. Whether they are one, compiling shows.
///
/// # Errors
/// [`StoreError::NoComponent`], with what they are instead.
pub fn check_component(what: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let why = if bytes.is_empty() {
        "it is empty".to_owned()
    } else if bytes.len() > COMPONENT_BYTES_MAX {
        format!(
            "it has {} bytes, and may have {COMPONENT_BYTES_MAX}",
            bytes.len()
        )
    } else if bytes.starts_with(COMPONENT) {
        return Ok(());
    } else if bytes.starts_with(MODULE) {
        "it is a core module; make a component of it first, as by `wasm-tools component new`"
            .to_owned()
    } else if COMPONENT.starts_with(bytes) {
        "it ends within its first 8 bytes".to_owned()
    } else if bytes.starts_with(b"\0asm") {
        "it is WebAssembly of an unknown kind or version".to_owned()
    } else {
        "it does not begin as WebAssembly does".to_owned()
    };
    Err(StoreError::NoComponent {
        what: what.to_owned(),
        why,
    })
}

pub(super) fn required(
    name: &PluginName,
    version: Option<Digest>,
    which: &'static str,
) -> Result<Digest, StoreError> {
    version.ok_or_else(|| StoreError::NoVersion {
        name: name.clone(),
        which,
    })
}

fn text(name: &PluginName, path: &Path, bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| damaged(name, path, "it is not UTF-8".to_owned()))
}

fn damaged(name: &PluginName, path: &Path, why: String) -> StoreError {
    StoreError::Damaged {
        name: name.clone(),
        path: path.to_owned(),
        why,
    }
}
