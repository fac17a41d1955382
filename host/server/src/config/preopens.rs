//! Directories that are granted to guests: `[[preopen]]`, and `HOST:GUEST[:ro|rw]` where there is
//! one line for it.

use std::{fmt, path::PathBuf};

use serde::Serialize;
use vesicle_sandbox::{Access, Directory, DirectoryError, Quota};

/// The key, in the file and in profiles.
pub const PREOPEN: &str = "preopen";
/// The keys of one `[[preopen]]`.
pub const PREOPEN_KEYS: [&str; 5] = ["host", "guest", "access", "quota_mb", "quota_files"];
/// What `access` may be.
pub const ACCESS: [&str; 2] = ["read", "read-write"];
/// The most that `quota_mb` may be: a million MB.
pub const QUOTA_MB_MAX: u64 = 1_000_000;
/// The most that `quota_files` may be.
pub const QUOTA_FILES_MAX: u64 = 1_000_000_000;

/// A directory that is to be granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preopen {
    /// The directory.
    #[serde(serialize_with = "super::value::as_text")]
    pub host: PathBuf,
    /// The name that guests know it by.
    pub guest: String,
    /// One of [`ACCESS`].
    pub access: String,
    /// How much one call may write there.
    pub quota_mb: u64,
    /// How many files and directories one call may make there.
    pub quota_files: u64,
}

impl Preopen {
    /// For reading, with the quotas that hold where nobody says.
    pub fn new(host: PathBuf, guest: String) -> Self {
        let quota = Quota::default();
        let [read, _] = ACCESS;
        Self {
            host,
            guest,
            access: read.to_owned(),
            quota_mb: quota.bytes_max >> 20,
            quota_files: quota.files_max,
        }
    }

    /// Reads `HOST:GUEST`, `HOST:GUEST:ro` or `HOST:GUEST:rw`.
    pub fn parse(text: &str) -> Option<Self> {
        let [read, write] = ACCESS;
        let (places, access) = match text.rsplit_once(':')? {
            (places, "ro") => (places, read),
            (places, "rw") => (places, write),
            _ => (text, read),
        };
        let (host, guest) = places.rsplit_once(':')?;
        (!host.is_empty() && guest.starts_with('/')).then(|| Self {
            access: access.to_owned(),
            ..Self::new(PathBuf::from(host), guest.to_owned())
        })
    }

    /// Opens it.
    pub fn open(&self) -> Result<Directory, DirectoryError> {
        let [read, _] = ACCESS;
        let access = match self.access == read {
            true => Access::Read,
            false => Access::ReadWrite,
        };
        let quota = Quota {
            bytes_max: self.quota_mb << 20,
            files_max: self.quota_files,
        };
        Directory::open(&self.host, &self.guest, access, quota)
    }
}

impl fmt::Display for Preopen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| toml::Value::String(text.to_owned());
        write!(
            f,
            "{{ host = {}, guest = {}, access = {}, quota_mb = {}, quota_files = {} }}",
            text(&self.host.to_string_lossy()),
            text(&self.guest),
            text(&self.access),
            self.quota_mb,
            self.quota_files
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_it_all() {
        let parsed = |text: &str| {
            let preopen = Preopen::parse(text)?;
            let host = preopen.host.to_string_lossy().into_owned();
            Some([host, preopen.guest, preopen.access].join(" "))
        };
        assert_eq!(parsed("a:/b").as_deref(), Some("a /b read"));
        assert_eq!(parsed("a:/b:ro").as_deref(), Some("a /b read"));
        assert_eq!(parsed("a:/b:rw").as_deref(), Some("a /b read-write"));
        assert_eq!(parsed("/x:y/z:/b").as_deref(), Some("/x:y/z /b read"));
        for wrong in ["", "a", "a:b", ":/b", "a:/b:wx", "/a", "a:rw"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
