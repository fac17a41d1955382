//! Which versions of a plugin there are: the one file that is replaced when a version becomes the current one.

use std::fmt::Write as _;

use crate::digest::Digest;
use crate::document::{DocumentError, Reader};

/// The file's name, in the plugin's directory.
pub(super) const FILE_NAME: &str = "versions.toml";
/// How long it may be, in bytes.
pub(super) const BYTES_MAX: u64 = 4_096;

/// Versions, by the digest of the text of their manifest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Versions {
    /// The one that serves.
    pub current: Option<Digest>,
    /// The one that served before.
    pub previous: Option<Digest>,
    /// One that has yet to prove itself.
    pub staged: Option<Digest>,
}

impl Versions {
    /// Reads the file's text.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, DocumentError> {
        Reader::read(file, text, |root| {
            let mut version = |key| {
                root.text(key, "a digest", |text| {
                    Digest::parse(text).ok_or_else(String::new)
                })
            };
            Some(Self {
                current: version("current"),
                previous: version("previous"),
                staged: version("staged"),
            })
        })
    }

    /// The file's text.
    pub(super) fn text(&self) -> String {
        let mut text = "# Written by vesicle.\n".to_owned();
        for (key, version) in [
            ("current", self.current),
            ("previous", self.previous),
            ("staged", self.staged),
        ] {
            if let Some(version) = version {
                let _ = writeln!(text, "{key} = \"{version}\"");
            }
        }
        text
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Digest> + use<> {
        [self.current, self.previous, self.staged]
            .into_iter()
            .flatten()
    }

    /// `staged` proved itself.
    pub(super) fn activated(self) -> Self {
        Self {
            current: self.staged,
            previous: self.current,
            staged: None,
        }
    }

    /// The previous one serves again.
    pub(super) fn rolled_back(self) -> Self {
        Self {
            current: self.previous,
            previous: self.current,
            ..self
        }
    }
}
