//! Bringing a version into the store.

use super::load::{SIGNATURE_BYTES_MAX, check_component};
use super::recover::entries;
use super::{Store, StoreError, Versions, error};
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::name::PluginName;

/// How many plugins a store may have.
pub const PLUGINS_MAX: usize = 10_000;

/// What to do where a plugin of the name is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Refuse,
    /// Make this its next version.
    Update,
}

/// What came of staging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staged {
    /// The current version says and is the same; nothing was written.
    Unchanged(Digest),
    /// It waits to be activated.
    Waiting(Digest),
}

impl Staged {
    /// The version.
    pub fn version(self) -> Digest {
        match self {
            Self::Unchanged(version) | Self::Waiting(version) => version,
        }
    }
}

impl Store {
    /// Writes a version beside the current one, which goes on serving until [`Self::activate`].
    ///
    /// # Errors
    /// Where the manifest lies about the component, the name is taken, or nothing can be written; and others.
    pub fn stage(
        &self,
        manifest: &Manifest,
        component: &[u8],
        signature: Option<&str>,
        existing: Existing,
    ) -> Result<Staged, StoreError> {
        let name = manifest.name();
        let actual = Digest::of(component);
        let claimed = manifest.contents().digest;
        check_component(&format!("the component of `{name}`"), component)?;
        if actual != claimed {
            return Err(StoreError::Lies {
                name: name.clone(),
                claimed,
                actual,
            });
        }
        let _lock = self.lock()?;
        let versions = self.admit(name, existing)?;
        if let Some(current) = versions.current
            && self.is_same(name, current, manifest)
        {
            return Ok(Staged::Unchanged(current));
        }
        let version = manifest.text_digest();
        // In this order each thing points only to what is whole and lasts.
        self.put_component(actual, component)?;
        self.disk.make_directory(&self.plugin(name))?;
        self.disk
            .write(&self.manifest(name, version), manifest.text().as_bytes())?;
        if let Some(signature) = signature {
            self.write_signature(name, version, signature)?;
        }
        let staged = Versions {
            staged: Some(version),
            ..versions
        };
        self.point(name, staged)?;
        self.unneeded(name, versions, staged);
        Ok(Staged::Waiting(version))
    }

    /// Replaces the signature of a plugin's current version.
    ///
    /// # Errors
    /// As others that write.
    pub fn sign(&self, name: &PluginName, signature: &str) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let current = super::load::required(name, self.versions(name)?.current, "current")?;
        self.write_signature(name, current, signature)
    }

    fn write_signature(
        &self,
        name: &PluginName,
        version: Digest,
        signature: &str,
    ) -> Result<(), StoreError> {
        let path = self.signature(name, version);
        if signature.len() > SIGNATURE_BYTES_MAX {
            let why = format!("a signature has {SIGNATURE_BYTES_MAX} bytes at most");
            return Err(error::io("write", &path, std::io::Error::other(why)));
        }
        self.disk.write(&path, signature.as_bytes())
    }

    /// Whether a plugin may have this name; its versions.
    fn admit(&self, name: &PluginName, existing: Existing) -> Result<Versions, StoreError> {
        if let Some(versions) = self.find_versions(name)? {
            return match (existing, versions.current) {
                (Existing::Refuse, Some(_)) => Err(StoreError::Taken(name.clone())),
                _ => Ok(versions),
            };
        }
        let others = self.names()?;
        if others.len() >= PLUGINS_MAX {
            return Err(StoreError::TooMany(PLUGINS_MAX));
        }
        let skeleton = name.skeleton();
        match others
            .into_iter()
            .find(|other| other != name && other.skeleton() == skeleton)
        {
            Some(other) => Err(StoreError::LooksLike {
                name: name.clone(),
                other,
            }),
            None => Ok(Versions::default()),
        }
    }

    /// A current version that cannot be read is not the same as anything.
    fn is_same(&self, name: &PluginName, current: Digest, manifest: &Manifest) -> bool {
        let known = self.read_manifest(name, current);
        let is_said = known.is_ok_and(|known| known.identity() == manifest.identity());
        is_said && self.read_stored(name, manifest.contents().digest).is_ok()
    }

    /// Writes a component, unless it is there and whole.
    fn put_component(&self, digest: Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.component(digest);
        let known = crate::private::read(&path, bytes.len() as u64);
        let is_there = matches!(known, Ok(Some(known)) if Digest::of(&known) == digest);
        match is_there {
            true => Ok(()),
            false => self.disk.write(&path, bytes),
        }
    }

    /// Replaces a plugin's versions in one step.
    pub(super) fn point(&self, name: &PluginName, versions: Versions) -> Result<(), StoreError> {
        self.disk
            .write(&self.versions_file(name), versions.text().as_bytes())
    }

    /// Names that have a directory here; each may be only half a plugin.
    pub(super) fn names(&self) -> Result<Vec<PluginName>, StoreError> {
        let names = entries(&self.plugins())?;
        Ok(names
            .iter()
            .filter_map(|name| PluginName::parse(name).ok())
            .collect())
    }

    pub(super) fn nearest(&self, name: &PluginName) -> Option<PluginName> {
        /// What clap takes for alike.
        const ALIKE: f64 = 0.7;
        let names = self.names().unwrap_or_default();
        let alike = names
            .into_iter()
            .map(|known| (strsim::jaro(name.as_str(), known.as_str()), known));
        let nearest = alike
            .filter(|(likeness, _)| *likeness > ALIKE)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        nearest.map(|(_, known)| known)
    }
}
