//! What a process that ended in the middle left behind.

use std::fs;
use std::io;

use super::{Store, StoreError, error::io};

/// What begins so was being removed, and nobody misses it.
pub(super) const REMOVED: &str = "removed-";

impl Store {
    /// Moves what was left half written out of the way, and says so. Needs the lock.
    pub(super) fn set_aside(&self) -> Result<(), StoreError> {
        for entry in entries(&self.incoming())? {
            let path = self.incoming().join(&entry);
            if entry.starts_with(REMOVED) {
                self.disk.remove(&path)?;
                continue;
            }
            self.disk.make_directory(&self.aside())?;
            let mut aside = self.aside().join(&entry);
            let mut count = 1;
            while aside.symlink_metadata().is_ok() {
                count += 1;
                aside = self.aside().join(format!("{entry}-{count}"));
            }
            self.disk.rename(&path, &aside)?;
            self.disk.touch(&aside);
            tracing::warn!(
                path = %aside.display(),
                "a process ended while it changed plugins; what it left half written is set aside, and no plugin misses it"
            );
        }
        Ok(())
    }
}

/// The names in a directory of ours, in order; none where it is not there.
pub(super) fn entries(path: &std::path::Path) -> Result<Vec<String>, StoreError> {
    let failed = |error| io("list", path, error);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(
            entry
                .map_err(failed)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort_unstable();
    Ok(names)
}
