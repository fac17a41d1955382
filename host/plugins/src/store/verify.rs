//! Looking through all of the store.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::recover::entries;
use super::{Store, StoreError, versions};
use crate::digest::Digest;
use crate::name::PluginName;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something lies around that nobody needs.
    Note,
    /// A plugin does not work, or what lies there is not ours.
    Error,
}

/// Something about the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub path: PathBuf,
    /// What.
    pub what: String,
}

/// All that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many plugins there are.
    pub plugins: usize,
    /// How many versions of them were read, with their components.
    pub versions: usize,
    /// What is not as it should be, in the order of paths.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether every plugin is whole.
    pub fn is_sound(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity < Severity::Error)
    }

    fn add(&mut self, severity: Severity, path: &Path, what: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            path: path.to_owned(),
            what: what.into(),
        });
    }
}

impl Store {
    /// Reads every manifest and every component, compares all digests, and tells what else lies around. Changes nothing, and
    /// needs no lock: what another process writes at the same time may be told as lying around.
    ///
    /// # Errors
    /// Where a directory cannot be read.
    pub fn verify(&self) -> Result<Report, StoreError> {
        let mut report = Report::default();
        let mut needed = HashSet::new();
        for entry in entries(&self.plugins())? {
            let path = self.plugins().join(&entry);
            match PluginName::parse(&entry) {
                Ok(name) if path.is_dir() => self.verify_plugin(&name, &mut needed, &mut report)?,
                Ok(_) => report.add(Severity::Error, &path, "this is no directory of a plugin"),
                Err(error) => report.add(Severity::Error, &path, error.to_string()),
            }
        }
        for entry in entries(&self.components())? {
            let path = self.components().join(&entry);
            match entry.strip_suffix(".wasm").and_then(Digest::from_hex) {
                None => report.add(Severity::Error, &path, "this is no component of the store"),
                Some(digest) if !needed.contains(&digest) => {
                    report.add(
                        Severity::Note,
                        &path,
                        "no plugin needs this component; `vesicle plugin gc` removes it",
                    );
                }
                Some(_) => {}
            }
        }
        for (directory, what) in [
            (
                self.incoming(),
                "this is half written; the next change sets it aside, unless it is being written now",
            ),
            (
                self.aside(),
                "this was left half written; `vesicle plugin gc` removes it",
            ),
        ] {
            for entry in entries(&directory)? {
                report.add(Severity::Note, &directory.join(entry), what);
            }
        }
        for directory in [self.root.clone(), self.components(), self.plugins()] {
            if fs::metadata(&directory).is_ok_and(|metadata| metadata.mode() & 0o022 != 0) {
                report.add(
                    Severity::Error,
                    &directory,
                    "others may write here; take that away with `chmod go-w`",
                );
            }
        }
        report
            .findings
            .sort_by(|one, other| one.path.cmp(&other.path));
        Ok(report)
    }

    fn verify_plugin(
        &self,
        name: &PluginName,
        needed: &mut HashSet<Digest>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        report.plugins += 1;
        let versions = match self.find_versions(name) {
            Ok(Some(versions)) => versions,
            Ok(None) => {
                let what = "this plugin has no versions; it was never wholly written";
                report.add(Severity::Note, &self.plugin(name), what);
                return Ok(());
            }
            Err(error) => {
                report.add(
                    Severity::Error,
                    &self.versions_file(name),
                    error.to_string(),
                );
                return Ok(());
            }
        };
        let mut known = HashSet::from([versions::FILE_NAME.to_owned()]);
        for version in versions.all() {
            known.extend([
                format!("{}.toml", version.hex()),
                format!("{}.sig", version.hex()),
            ]);
            report.versions += 1;
            if let Ok(manifest) = self.read_manifest(name, version) {
                needed.insert(manifest.contents().digest);
            }
            if let Err(error) = self.load_version(name, version) {
                report.add(
                    Severity::Error,
                    &self.manifest(name, version),
                    error.to_string(),
                );
            }
        }
        if versions.current.is_none() {
            let what = "no version of this plugin serves; one waits to be activated";
            report.add(Severity::Note, &self.plugin(name), what);
        }
        for entry in entries(&self.plugin(name))? {
            if !known.contains(&entry) {
                let path = self.plugin(name).join(entry);
                report.add(
                    Severity::Note,
                    &path,
                    "no version of the plugin needs this file",
                );
            }
        }
        Ok(())
    }
}
