//! What one source says, and how a stronger one is laid over it.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{Entry, Origin};

/// What a file, the environment or a command line says.
#[derive(Debug, Default)]
pub struct Layer {
    /// Values by the paths of their keys.
    pub entries: BTreeMap<String, Entry>,
    /// Where each profile that is mentioned is mentioned.
    pub profiles: BTreeMap<String, Origin>,
    /// The accounts that have a section, be it an empty one.
    pub accounts: BTreeSet<String>,
}

impl Layer {
    /// This, with what `stronger` says in place of what was said before.
    pub fn under(mut self, stronger: Self) -> Self {
        self.entries.extend(stronger.entries);
        for (name, origin) in stronger.profiles {
            self.profiles.entry(name).or_insert(origin);
        }
        self.accounts.extend(stronger.accounts);
        self
    }

    /// The value of this key, if there is one.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }
}
