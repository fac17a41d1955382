//! What the end-to-end tests share. Each of them uses a part of it.
#![allow(dead_code, reason = "each test binary compiles all of it")]

use std::path::{Path, PathBuf};

/// The program under test.
pub const VESICLE: &str = env!("CARGO_BIN_EXE_vesicle");

/// A user's cache directory for all tests, so that the engine is compiled once.
pub fn user_cache_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// Vesicle's place in it.
pub fn cache_dir() -> PathBuf {
    user_cache_dir().join("vesicle")
}

/// A file or directory of the repository.
pub fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}
