//! Names of servers, which programs write: `tools.<server>.<tool>`.

use std::borrow::Borrow;
use std::fmt;

use serde::Serialize;

/// How long a server's name may be, in bytes.
pub const SERVER_NAME_BYTES_MAX: usize = 64;

/// Letters, digits, `-` and `_`, beginning with a letter or a digit.
///
/// No `.`, so that `server.tool` has one reading whatever the tool is called, and no `$`, which the functions for
/// search and description begin with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ServerName(String);

/// The name cannot be one of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be the name of a server: use letters, digits, `-` and `_`, up to {SERVER_NAME_BYTES_MAX} of them, beginning with a letter or a digit"
)]
pub struct InvalidServerName(String);

impl ServerName {
    /// Checks a name.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidServerName> {
        let name = name.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins_well && name.len() <= SERVER_NAME_BYTES_MAX && name.chars().all(allowed) {
            Ok(Self(name))
        } else {
            Err(InvalidServerName(name.escape_debug().take(80).collect()))
        }
    }

    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names have in common that a reader could take for each other: `GitHub`, `git-hub` and `git_hub`.
    pub fn likeness(&self) -> String {
        self.0
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for ServerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_programs_can_write() {
        for name in [
            "a",
            "github",
            "my-server",
            "Git_Hub2",
            &"x".repeat(SERVER_NAME_BYTES_MAX),
        ] {
            assert!(ServerName::new(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "-a",
            "_a",
            "a.b",
            "a b",
            "$search",
            "ü",
            "a\n",
            "a/b",
            &"x".repeat(SERVER_NAME_BYTES_MAX + 1),
        ] {
            assert!(ServerName::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_alike_have_one_likeness() {
        let likeness = |name| ServerName::new(name).unwrap().likeness();
        assert_eq!(likeness("GitHub"), likeness("git-hub"));
        assert_ne!(likeness("github"), likeness("github2"));
    }
}
