//! Directories that a plugin asks for, by the names that it knows them by.

use std::fmt;

pub use vesicle_sandbox::GUEST_PATH_BYTES_MAX;

/// What may be done in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading, writing, making, moving and removing.
    ReadWrite,
}

impl Access {
    /// Reads `read` or `read-write`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "read" => Ok(Self::Read),
            "read-write" => Ok(Self::ReadWrite),
            _ => Err(String::new()),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
        })
    }
}

/// A directory that is asked for. Which of the host's it is, the operator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPreopen {
    /// The plugin's name for it.
    pub guest: String,
    /// What it wants to do there.
    pub access: Access,
}

impl fmt::Display for AskedPreopen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.guest, self.access)
    }
}

/// Checks a directory's name for guests, as the sandbox will when it opens one.
pub fn guest_path(text: &str) -> Result<String, String> {
    if text.len() > GUEST_PATH_BYTES_MAX {
        return Err(format!("it is longer than {GUEST_PATH_BYTES_MAX} bytes"));
    }
    if text.contains(char::is_control) {
        return Err("it has a control character".to_owned());
    }
    let Some(rest) = text.strip_prefix('/') else {
        return Err("it has to begin with `/`".to_owned());
    };
    let is_wrong = |part: &str| matches!(part, "" | "." | "..");
    match !rest.is_empty() && rest.split('/').any(is_wrong) {
        true => Err("a part of it is empty, `.` or `..`".to_owned()),
        false => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_have_absolute_names() {
        for text in ["/", "/data", "/a/b.c", "/ü"] {
            assert_eq!(guest_path(text).as_deref(), Ok(text));
        }
        let long = format!("/{}", "a".repeat(GUEST_PATH_BYTES_MAX));
        for text in [
            "", "data", "/data/", "//", "/a//b", "/./a", "/a/..", "/a\nb", &long,
        ] {
            assert!(guest_path(text).is_err(), "{text}");
        }
    }
}
