//! `grants.toml`.

use std::path::Path;

use super::{Grant, Standing, edit, read};
use crate::digest::Digest;
use crate::document::Section;
use crate::name::PluginName;
use crate::operator::{OperatorError, OperatorFile};

/// How many plugins may have a grant.
pub const GRANTS_MAX: usize = 10_000;

/// What the operator grants, as it stood in the file when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantsFile {
    file: OperatorFile,
    grants: Vec<Grant>,
}

impl GrantsFile {
    /// Reads the file. Where there is none, nothing is granted.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn read(path: &Path) -> Result<Self, OperatorError> {
        let file = OperatorFile::new(path);
        let (_, grants) = file.read(all)?;
        Ok(Self { file, grants })
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
    /// See [`OperatorError`].
    pub fn grant(&mut self, grant: &Grant) -> Result<(), OperatorError> {
        self.grants = self.file.change(all, |text| edit::with(text, grant))?;
        Ok(())
    }

    /// Takes away whatever the plugin was granted; says whether there was anything.
    ///
    /// # Errors
    /// See [`OperatorError`].
    pub fn revoke(&mut self, plugin: &PluginName) -> Result<bool, OperatorError> {
        let mut had = false;
        self.grants = self.file.change(all, |text| {
            let changed = edit::without(text, plugin.as_str())?;
            had = changed != text;
            Ok(changed)
        })?;
        Ok(had)
    }
}

fn all(root: &mut Section<'_, '_>) -> Option<Vec<Grant>> {
    let grants = root.sections("grant", GRANTS_MAX, read::grant);
    let mut names: Vec<&PluginName> = grants.iter().map(|grant| &grant.plugin).collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.array_windows().find(|[one, other]| one == other) {
        let what = format!("`{twice}` has two grants");
        root.problem_at("grant", what, "leave one of them out");
    }
    Some(grants)
}
