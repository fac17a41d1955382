//! `grants.toml`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Grant, Standing, edit, read};
use crate::digest::Digest;
use crate::document::{DocumentError, Reader};
use crate::name::PluginName;
use crate::private;

/// The longest file, in bytes.
pub const GRANTS_BYTES_MAX: u64 = 4 << 20;
/// How many plugins may have a grant.
pub const GRANTS_MAX: usize = 10_000;

/// Why a file of grants cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// It says what cannot be. Nothing is granted by it until it is corrected.
    #[error("{0}")]
    Document(#[from] DocumentError),
    /// It cannot be read.
    #[error("cannot read the grants in `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be written. It is as it was.
    #[error("cannot write the grants to `{}`: {source}; nothing was changed", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What the operator grants, as it stood in the file when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantsFile {
    path: PathBuf,
    grants: Vec<Grant>,
}

impl GrantsFile {
    /// Reads the file. Where there is none, nothing is granted.
    ///
    /// # Errors
    /// [`GrantsError::Read`], [`GrantsError::Document`].
    pub fn read(path: &Path) -> Result<Self, GrantsError> {
        // The operator may have linked it from elsewhere; what is replaced later is the file and not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let text = text(&path)?;
        Ok(Self {
            grants: parse(&path, &text)?,
            path,
        })
    }

    /// All grants.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// How the plugin with this name and component stands.
    pub fn standing(&self, plugin: &PluginName, digest: Digest) -> Standing {
        match self.grants.iter().find(|grant| grant.plugin == *plugin) {
            None => Standing::Never,
            Some(grant) if grant.digest == digest => Standing::Granted(grant.clone()),
            Some(grant) => Standing::Changed(grant.clone()),
        }
    }

    /// Writes `grant` in place of whatever its plugin was granted, on top of what others wrote meanwhile.
    ///
    /// # Errors
    /// See [`GrantsError`].
    pub fn grant(&mut self, grant: &Grant) -> Result<(), GrantsError> {
        self.change(|text| edit::with(text, grant))
    }

    /// Takes away whatever the plugin was granted; says whether there was anything.
    ///
    /// # Errors
    /// See [`GrantsError`].
    pub fn revoke(&mut self, plugin: &PluginName) -> Result<bool, GrantsError> {
        let mut had = false;
        self.change(|text| {
            let changed = edit::without(text, plugin.as_str())?;
            had = changed != text;
            Ok(changed)
        })?;
        Ok(had)
    }

    fn change(
        &mut self,
        mut change: impl FnMut(&str) -> Result<String, toml_edit::TomlError>,
    ) -> Result<(), GrantsError> {
        let path = self.path.clone();
        let failed = |source: io::Error| GrantsError::Write {
            path: path.clone(),
            source,
        };
        let directory = private::parent(&path);
        private::make_directory(directory).map_err(failed)?;
        let _others = private::lock(&path.with_extension("lock")).map_err(failed)?;
        let text = text(&path)?;
        // What cannot be read is not overwritten.
        parse(&path, &text)?;
        let changed = change(&text).map_err(|error| failed(io::Error::other(error)))?;
        let grants = parse(&path, &changed)?;
        if changed != text {
            private::replace(&path, changed.as_bytes()).map_err(failed)?;
        }
        self.grants = grants;
        Ok(())
    }
}

fn text(path: &Path) -> Result<String, GrantsError> {
    let failed = |source| GrantsError::Read {
        path: path.to_owned(),
        source,
    };
    let bytes = private::read(path, GRANTS_BYTES_MAX).map_err(failed)?;
    String::from_utf8(bytes.unwrap_or_default())
        .map_err(|_| failed(io::Error::other("it is not UTF-8")))
}

fn parse(path: &Path, text: &str) -> Result<Vec<Grant>, DocumentError> {
    Reader::read(&path.display().to_string(), text, |root| {
        let grants = root.sections("grant", GRANTS_MAX, read::grant);
        let mut names: Vec<&PluginName> = grants.iter().map(|grant| &grant.plugin).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.array_windows().find(|[one, other]| one == other) {
            let what = format!("`{twice}` has two grants");
            root.problem_at("grant", what, "leave one of them out");
        }
        Some(grants)
    })
}
