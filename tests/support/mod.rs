//! What the end-to-end tests share. Each of them uses a part of it.
#![allow(dead_code, reason = "each test binary compiles all of it")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

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

/// A user's configuration directory that has nothing for Vesicle.
pub fn user_config_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-configuration")
}

/// A user's data directory for all tests: what they keep there, they keep under names of their own.
pub fn user_data_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("data")
}

/// Keeps out of `command` what the user and the shell around the tests configured, and out of the
/// user's directories what it writes.
pub fn unconfigured(command: &mut Command) -> &mut Command {
    let ours = std::env::vars_os().map(|(name, _)| name);
    let configures = ["VESICLE_", "OTEL_"];
    for name in ours.filter(|name| {
        let name = name.to_string_lossy();
        configures.iter().any(|prefix| name.starts_with(prefix))
    }) {
        command.env_remove(name);
    }
    command
        .env_remove("DATABASE_URL")
        .env("XDG_CONFIG_HOME", user_config_dir())
        .env("XDG_DATA_HOME", user_data_dir())
}

/// A file or directory of the repository.
pub fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}
