//! Where the memory of a test is: in an SQLite file.

use std::sync::Arc;

use vesicle_memory::{Memory, SqliteOptions, SqliteStore};

/// A memory in a directory of its own.
pub struct Scratch {
    pub directory: tempfile::TempDir,
    pub memory: Memory,
}

impl Scratch {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let memory = open(directory.path());
        Self { directory, memory }
    }

    /// As after a restart, or from another process.
    pub fn again(&self) -> Memory {
        open(self.directory.path())
    }
}

pub fn open(directory: &std::path::Path) -> Memory {
    let store = SqliteStore::open(&directory.join("memory.db"), &SqliteOptions::default()).unwrap();
    Memory::new(Arc::new(store)).unwrap()
}
