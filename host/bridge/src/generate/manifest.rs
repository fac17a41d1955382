//! Which files are ours, and what was in them when they were written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{GenerateError, directory::Directory, paths};

/// Where it lies, in the directory itself.
const NAME: &str = ".vesicle-generated.json";

/// The files of earlier generations. What it says is checked: somebody may have changed it to have
/// us remove a file of theirs.
#[derive(Default, Serialize, Deserialize)]
pub struct Manifest {
    /// Digests by path.
    files: BTreeMap<String, String>,
}

impl Manifest {
    /// The one in `directory`; empty if there is none or it cannot be read as one.
    pub fn read(directory: &Directory) -> Result<Self, GenerateError> {
        let text = directory.read(NAME)?.unwrap_or_default();
        let mut manifest: Self = serde_json::from_slice(&text).unwrap_or_default();
        manifest.files.retain(|path, _| paths::is_ours(path));
        Ok(manifest)
    }

    /// For exactly these files.
    pub fn of(files: &BTreeMap<String, String>) -> Self {
        let digests = files
            .iter()
            .map(|(path, text)| (path.clone(), digest(text.as_bytes())));
        Self {
            files: digests.collect(),
        }
    }

    /// For these files and those of before.
    pub fn with(&self, files: &BTreeMap<String, String>) -> Self {
        let mut all = Self::of(files);
        for (path, digest) in &self.files {
            all.files
                .entry(path.clone())
                .or_insert_with(|| digest.clone());
        }
        all
    }

    /// Whether this file was written by us.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// All files with their digests.
    pub fn files(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter()
    }

    /// Writes it into `directory`.
    pub fn write(&self, directory: &Directory) -> Result<(), GenerateError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        directory.write(NAME, &text)
    }
}

/// The digest of a file, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
