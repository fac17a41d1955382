//! What is installed, by manifests alone: no component is read.

use super::{Store, StoreError, Versions};
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::name::PluginName;

/// A plugin that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its current version.
    pub version: Digest,
    /// That version's manifest.
    pub manifest: Manifest,
    /// All versions.
    pub versions: Versions,
}

/// What is installed, in the order of names.
#[derive(Debug, Default)]
pub struct Listing {
    /// Plugins that can be called.
    pub plugins: Vec<Listed>,
    /// Plugins that cannot, and why. One that is broken hides no other.
    pub broken: Vec<(PluginName, StoreError)>,
}

impl Store {
    /// Lists all plugins.
    ///
    /// # Errors
    /// Where the directory cannot be read. What is wrong with one plugin is told beside the others.
    pub fn list(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        for name in self.names()? {
            match self.listed(&name) {
                Ok(Some(listed)) => listing.plugins.push(listed),
                // Half a plugin, whose first version is staged or was never written, or one removed just now.
                Ok(None) | Err(StoreError::Absent { .. }) => {}
                Err(error) => listing.broken.push((name, error)),
            }
        }
        Ok(listing)
    }

    /// One plugin, as [`Self::list`] has it; nothing where no version of it serves.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn listed(&self, name: &PluginName) -> Result<Option<Listed>, StoreError> {
        let Some(versions) = self.find_versions(name)? else {
            return Ok(None);
        };
        self.steadily(name, versions, |versions| {
            let Some(version) = versions.current else {
                return Ok(None);
            };
            Ok(Some(Listed {
                version,
                manifest: self.read_manifest(name, version)?,
                versions,
            }))
        })
    }
}
