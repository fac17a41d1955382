//! Files of the operator's own, which people write and commands change: grants, and keys that are trusted. What is wrong
//! with one is an error and never an empty file.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use toml_edit::TomlError;

use crate::document::{DocumentError, Reader, Section};
use crate::private;

/// The longest of them, in bytes.
pub const OPERATOR_FILE_BYTES_MAX: u64 = 4 << 20;

/// Why a file cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// It says what cannot be. Nothing of it holds until it is corrected.
    #[error("{0}")]
    Document(#[from] DocumentError),
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be written. It is as it was.
    #[error("cannot write `{}`: {source}; nothing was changed", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Where such a file is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorFile(PathBuf);

impl OperatorFile {
    /// The operator may have linked it from elsewhere; what is replaced later is the file and not the link.
    pub fn new(path: &Path) -> Self {
        Self(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
    }

    /// Its text, and what `parse` makes of it; that of an empty text where there is no file.
    pub fn read<T>(
        &self,
        parse: impl FnOnce(&mut Section<'_, '_>) -> Option<T>,
    ) -> Result<(String, T), OperatorError> {
        let failed = |source| OperatorError::Read {
            path: self.0.clone(),
            source,
        };
        if fs::metadata(&self.0).is_ok_and(|metadata| metadata.mode() & 0o002 != 0) {
            let why = "anybody may write to it; take that away with `chmod o-w`";
            return Err(failed(io::Error::other(why)));
        }
        let bytes = private::read(&self.0, OPERATOR_FILE_BYTES_MAX).map_err(failed)?;
        let text = String::from_utf8(bytes.unwrap_or_default())
            .map_err(|_| failed(io::Error::other("it is not UTF-8")))?;
        let parsed = self.parse(&text, parse)?;
        Ok((text, parsed))
    }

    /// Changes its text by `edit`, on top of what others wrote meanwhile, if `parse` takes it before and after.
    pub fn change<T>(
        &self,
        parse: impl Fn(&mut Section<'_, '_>) -> Option<T>,
        edit: impl FnOnce(&str) -> Result<String, TomlError>,
    ) -> Result<T, OperatorError> {
        let failed = |source| OperatorError::Write {
            path: self.0.clone(),
            source,
        };
        private::make_directory(private::parent(&self.0)).map_err(failed)?;
        let _others = private::lock(&self.0.with_extension("lock")).map_err(failed)?;
        let (text, _) = self.read(&parse)?;
        let changed = edit(&text).map_err(|error| failed(io::Error::other(error)))?;
        let parsed = self.parse(&changed, &parse)?;
        if changed != text {
            private::replace(&self.0, changed.as_bytes()).map_err(failed)?;
        }
        Ok(parsed)
    }

    fn parse<T>(
        &self,
        text: &str,
        parse: impl FnOnce(&mut Section<'_, '_>) -> Option<T>,
    ) -> Result<T, DocumentError> {
        Reader::read(&self.0.display().to_string(), text, parse)
    }
}
