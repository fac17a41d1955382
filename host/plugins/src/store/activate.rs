//! Which version of a plugin serves.

use std::time::{SystemTime, UNIX_EPOCH};

use super::load::required;
use super::recover::REMOVED;
use super::{Staged, Store, StoreError, Versions};
use crate::digest::Digest;
use crate::name::PluginName;

impl Store {
    /// Makes a staged version the current one, after it proved itself. The one before is kept.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] where another was staged meanwhile; and others.
    pub fn activate(&self, name: &PluginName, version: Digest) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let versions = self.versions(name)?;
        if versions.staged != Some(version) {
            return Err(StoreError::Overtaken(name.clone()));
        }
        // It has to be whole now, and not only when it was written.
        self.load_version(name, version)?;
        self.change(name, versions, versions.activated())
    }

    /// Gives up a staged version. The current one serves as before.
    ///
    /// # Errors
    /// As others that write. That it is staged no longer is none.
    pub fn discard(&self, name: &PluginName, version: Digest) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let Some(versions) = self.find_versions(name)? else {
            return Ok(());
        };
        if versions.staged != Some(version) {
            return Ok(());
        }
        let without = Versions {
            staged: None,
            ..versions
        };
        match without.all().next() {
            Some(_) => self.change(name, versions, without),
            None => self.remove_all(name, versions),
        }
    }

    /// Activates what was staged if `proves_itself` says so, and gives it up otherwise.
    ///
    /// # Errors
    /// What `proves_itself` said, or that of the store.
    pub fn settle<E: From<StoreError>>(
        &self,
        name: &PluginName,
        staged: Staged,
        proves_itself: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let Staged::Waiting(version) = staged else {
            return Ok(());
        };
        if let Err(why) = proves_itself() {
            self.discard(name, version)?;
            return Err(why);
        }
        Ok(self.activate(name, version)?)
    }

    /// Makes the previous version the current one again, and the current one the previous; says which it is.
    ///
    /// # Errors
    /// Where there is none, or it is damaged.
    pub fn rollback(&self, name: &PluginName) -> Result<Digest, StoreError> {
        let _lock = self.lock()?;
        let versions = self.versions(name)?;
        let previous = required(name, versions.previous, "previous")?;
        self.load_version(name, previous)?;
        self.change(name, versions, versions.rolled_back())?;
        Ok(previous)
    }

    /// Removes a plugin with all its versions. Components that no plugin needs are left to [`Self::collect`].
    ///
    /// # Errors
    /// [`StoreError::Absent`], and as others that write.
    pub fn remove(&self, name: &PluginName) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        // What is damaged can be removed as well.
        let versions = match self.versions(name) {
            Ok(versions) => versions,
            Err(error @ StoreError::Absent { .. }) => return Err(error),
            Err(_) => Versions::default(),
        };
        self.remove_all(name, versions)
    }

    /// In one step, so that no half of a plugin is left.
    fn remove_all(&self, name: &PluginName, versions: Versions) -> Result<(), StoreError> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let gone = self
            .incoming()
            .join(format!("{REMOVED}{name}-{}", now.as_nanos()));
        self.unneeded(name, versions, Versions::default());
        self.disk.rename(&self.plugin(name), &gone)?;
        // The plugin is gone whether or not this works; what is left goes with the next change.
        if let Err(error) = self.disk.remove(&gone) {
            tracing::warn!(%name, %error, "a removed plugin's files are left for later");
        }
        Ok(())
    }

    fn change(&self, name: &PluginName, from: Versions, to: Versions) -> Result<(), StoreError> {
        self.point(name, to)?;
        self.unneeded(name, from, to);
        Ok(())
    }

    /// Notes since when the components of versions are needed no longer.
    pub(super) fn unneeded(&self, name: &PluginName, from: Versions, to: Versions) {
        for version in from
            .all()
            .filter(|version| !to.all().any(|kept| kept == *version))
        {
            if let Ok(manifest) = self.read_manifest(name, version) {
                self.disk.touch(&self.component(manifest.contents().digest));
            }
        }
    }
}
