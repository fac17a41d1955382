//! Removing what no plugin needs.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::recover::entries;
use super::{Store, StoreError, Versions};
use crate::digest::Digest;
use crate::private;

/// How long what nobody needs is kept by default.
pub const UNUSED_KEPT: Duration = Duration::from_secs(3_600);

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Components.
    pub components: usize,
    /// Manifests and signatures of versions before the previous one.
    pub manifests: usize,
    /// Half writes that were set aside.
    pub aside: usize,
    /// What all of them took, in bytes.
    pub bytes: u64,
    /// Components that nobody needs and somebody still uses.
    pub in_use: usize,
}

impl Store {
    /// Removes components that no version needs since `unused_for` and that nobody uses, manifests of versions that are
    /// neither current, previous nor staged, and what was set aside as long ago.
    ///
    /// # Errors
    /// Where a manifest cannot be read: what it needs is unknown then, and no component is removed.
    pub fn collect(&self, unused_for: Duration) -> Result<Collected, StoreError> {
        let _lock = self.lock()?;
        let mut collected = Collected::default();
        let mut needed = HashSet::new();
        let mut manifests = Vec::new();
        let mut halves = Vec::new();
        for name in self.names()? {
            let versions = self.find_versions(&name)?.unwrap_or_default();
            if versions == Versions::default() {
                halves.push(self.plugin(&name));
            }
            let mut files = HashSet::from([super::versions::FILE_NAME.to_owned()]);
            for version in versions.all() {
                needed.insert(self.read_manifest(&name, version)?.contents().digest);
                files.extend([
                    format!("{}.toml", version.hex()),
                    format!("{}.sig", version.hex()),
                ]);
            }
            let directory = self.plugin(&name);
            let others = entries(&directory)?
                .into_iter()
                .filter(|file| is_ours(file) && !files.contains(file));
            manifests.extend(others.map(|file| directory.join(file)));
        }
        for path in manifests {
            self.take(&path, &mut collected.bytes)?;
            collected.manifests += 1;
        }
        // Plugins that were never wholly written.
        for directory in halves {
            if entries(&directory)?.is_empty() {
                self.disk.remove(&directory)?;
            }
        }
        for entry in entries(&self.components())? {
            let path = self.components().join(&entry);
            let digest = entry.strip_suffix(".wasm").and_then(Digest::from_hex);
            if digest.is_none_or(|digest| needed.contains(&digest)) || !is_older(&path, unused_for)
            {
                continue;
            }
            match private::open(&path).map(|file| file.try_lock().map(|()| file)) {
                // Held until it is removed.
                Ok(Ok(_file)) => {
                    self.take(&path, &mut collected.bytes)?;
                    collected.components += 1;
                }
                Ok(Err(_)) => collected.in_use += 1,
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "a component is left alone")
                }
            }
        }
        for entry in entries(&self.aside())? {
            let path = self.aside().join(entry);
            if is_older(&path, unused_for) {
                self.take(&path, &mut collected.bytes)?;
                collected.aside += 1;
            }
        }
        Ok(collected)
    }

    fn take(&self, path: &Path, bytes: &mut u64) -> Result<(), StoreError> {
        *bytes += fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
        self.disk.remove(path)
    }
}

/// Whether a file of this name is one that the store writes for a version.
fn is_ours(file: &str) -> bool {
    let stem = file
        .strip_suffix(".toml")
        .or_else(|| file.strip_suffix(".sig"));
    stem.and_then(Digest::from_hex).is_some()
}

/// A time in the future is no age.
fn is_older(path: &Path, than: Duration) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| {
        SystemTime::now()
            .duration_since(time)
            .is_ok_and(|age| age >= than)
    })
}
