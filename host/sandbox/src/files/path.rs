//! Paths as guests send them, checked as far as text can be.

use std::path::{Component, Path};

use crate::guest::wasi_files::types::ErrorCode;

/// The longest path, in bytes; as Linux has it, with the byte that ends it there.
pub const PATH_BYTES_MAX: usize = 4_096;

/// A path below a directory.
#[derive(Debug)]
pub struct GuestPath {
    text: String,
    /// It ended in a slash, which only a directory's may. Systems, and libraries on them, differ in
    /// what they make of such paths, and checks were passed by with them; so the slash is a flag
    /// here, and the path has none.
    pub directory: bool,
}

impl GuestPath {
    /// Reads what a guest sent.
    pub fn parse(mut text: String) -> Result<Self, ErrorCode> {
        if text.is_empty() {
            return Err(ErrorCode::NoEntry);
        }
        if text.len() >= PATH_BYTES_MAX {
            return Err(ErrorCode::NameTooLong);
        }
        if text.contains('\0') {
            return Err(ErrorCode::Invalid);
        }
        if text.starts_with('/') {
            return Err(ErrorCode::NotPermitted);
        }
        let trimmed = text.trim_end_matches('/').len();
        let directory = trimmed < text.len();
        text.truncate(trimmed);
        Ok(Self { text, directory })
    }

    /// As [`parse`](Self::parse), of an entry that is to be made, moved or removed: its last part
    /// is a name, and not `.` or `..`.
    pub fn parse_entry(text: String) -> Result<Self, ErrorCode> {
        let path = Self::parse(text)?;
        let last = path.text.rsplit('/').next().unwrap_or_default();
        match last {
            "." | ".." => Err(ErrorCode::Invalid),
            _ => Ok(path),
        }
    }

    /// The path, without a slash at its end.
    pub fn as_path(&self) -> &Path {
        Path::new(&self.text)
    }
}

/// Whether `text` can be the name that guests know a directory by: absolute, and in its only form.
pub fn is_guest_root(text: &str) -> bool {
    let parts = || Path::new(text).components();
    text == "/"
        || text.starts_with('/')
            && !text.ends_with('/')
            && !text.contains("//")
            && !text.contains(|c: char| c.is_control())
            && !text.split('/').any(|part| part == "." || part == "..")
            && parts()
                .skip(1)
                .all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_refused_at_their_edges() {
        let code = |text: &str| GuestPath::parse(text.to_owned()).err();
        assert_eq!(code(""), Some(ErrorCode::NoEntry));
        assert_eq!(code("/etc"), Some(ErrorCode::NotPermitted));
        assert_eq!(code("//"), Some(ErrorCode::NotPermitted));
        assert_eq!(code("a\0b"), Some(ErrorCode::Invalid));
        assert_eq!(code(&"a".repeat(PATH_BYTES_MAX - 1)), None);
        let long = "a".repeat(PATH_BYTES_MAX);
        assert_eq!(code(&long), Some(ErrorCode::NameTooLong));
    }

    #[test]
    fn slashes_at_the_end_are_a_flag() {
        for (text, rest, directory) in [("a", "a", false), ("a/", "a", true), ("a//", "a", true)] {
            let path = GuestPath::parse(text.to_owned()).unwrap();
            assert_eq!((path.text.as_str(), path.directory), (rest, directory));
        }
    }

    #[test]
    fn what_is_made_or_removed_has_a_name() {
        for text in [".", "..", "a/.", "a/..", "a/../", "./"] {
            let entry = GuestPath::parse_entry(text.to_owned());
            assert_eq!(entry.err(), Some(ErrorCode::Invalid), "{text}");
        }
        assert!(GuestPath::parse_entry("a/..b".to_owned()).is_ok());
    }

    #[test]
    fn roots_have_one_form() {
        for text in ["/", "/data", "/a/b", "/ü"] {
            assert!(is_guest_root(text), "{text}");
        }
        for text in [
            "", "data", "/data/", "//", "/a//b", "/./a", "/a/..", "/a\nb",
        ] {
            assert!(!is_guest_root(text), "{text}");
        }
    }
}
