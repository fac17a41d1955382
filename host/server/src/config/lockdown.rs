//! What of the disk a host reaches that serves: what the keys name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Configuration, Value, preopens::ACCESS};
use crate::lockdown::Paths;

/// Where programs may run; the first is the default.
pub const ISOLATIONS: [&str; 2] = ["thread", "process"];

/// Directories that are written to.
const WRITTEN: [&str; 4] = ["data_dir", "sandbox.cache_dir", "audit.dir", "plugins.dir"];
/// Files that are written to, with others beside them.
const WRITTEN_FILES: [&str; 3] = ["state.file", "memory.file", "plugins.grants"];
/// Files that others replace while the host runs: what replaces them is another file, in the same directory.
const REPLACED: [&str; 4] = [
    "auth.tokens",
    "plugins.trusted_keys",
    "http.tls_cert",
    "http.tls_key",
];
/// A file that is read before anything is given up.
const READ_BEFORE: &str = "tools.mcp_config";
/// The key of further paths.
const FURTHER: &str = "serve.lockdown_read";

impl Configuration {
    /// Whether a host that serves gives up what it does not need.
    pub fn locks_down(&self) -> bool {
        let row = self.rows.iter().find(|row| row.key == "serve.lockdown");
        row.is_none_or(|row| row.value != Value::Boolean(false))
    }

    /// What a host that serves reaches on the disk.
    pub fn reached(&self) -> Paths {
        let mut paths = Paths::default();
        for row in &self.rows {
            match &row.value {
                Value::Path(path) if WRITTEN.contains(&&*row.key) => paths.write.push(path.clone()),
                Value::Path(path) if WRITTEN_FILES.contains(&&*row.key) => {
                    paths.write.extend(homes(path));
                }
                Value::Path(path) if REPLACED.contains(&&*row.key) => {
                    paths.read.extend(homes(path));
                }
                Value::Path(path) if row.key != READ_BEFORE => paths.read.push(path.clone()),
                Value::Preopens(preopens) => {
                    for preopen in preopens {
                        let [read, _] = ACCESS;
                        match preopen.access == read {
                            true => paths.read.push(preopen.host.clone()),
                            false => paths.write.push(preopen.host.clone()),
                        }
                    }
                }
                Value::List(texts) if row.key == FURTHER => {
                    paths.read.extend(texts.iter().map(PathBuf::from));
                }
                _ => {}
            }
        }
        if self.data_directory().is_none() {
            // Where what would be in it is made in its place.
            paths.write.push(std::env::temp_dir());
        }
        paths
    }
}

/// The directory of a file; where the file is a link, that of what it leads to as well.
fn homes(file: &Path) -> Vec<PathBuf> {
    let real = fs::canonicalize(file).ok();
    let files = [Some(file.to_owned()), real];
    let parents = files.iter().flatten().filter_map(|file| file.parent());
    parents.map(Path::to_owned).collect()
}
