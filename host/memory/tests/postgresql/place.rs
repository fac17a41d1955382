//! Where the memory of a test is: in a database of its own.

use std::path::Path;
use std::sync::Arc;

use vesicle_memory::{Memory, PostgresStore, PostgresUrl};

use crate::server::shared;

/// A memory in a database of its own, which has its name from a directory.
pub struct Scratch {
    pub memory: Memory,
    database: String,
    _directory: tempfile::TempDir,
}

impl Scratch {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = name(directory.path());
        shared().sql("postgres", &format!("CREATE DATABASE {database}"));
        let memory = open(directory.path());
        Self {
            memory,
            database,
            _directory: directory,
        }
    }

    /// As after a restart, or from another host.
    pub fn again(&self) -> Memory {
        memory(&self.url())
    }

    pub fn url(&self) -> PostgresUrl {
        shared().url(&self.database)
    }

    pub fn sql(&self, sql: &str) -> String {
        shared().sql(&self.database, sql)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let database = &self.database;
        shared().sql(
            "postgres",
            &format!("DROP DATABASE {database} WITH (FORCE)"),
        );
    }
}

pub fn open(directory: &Path) -> Memory {
    memory(&shared().url(&name(directory)))
}

pub fn memory(url: &PostgresUrl) -> Memory {
    let store = PostgresStore::open(url).unwrap();
    Memory::new(Arc::new(store)).unwrap()
}

/// The last part of the path, as SQL takes names without quotes.
fn name(directory: &Path) -> String {
    let last = directory.file_name().unwrap().to_string_lossy();
    let bytes = last.bytes().map(|byte| format!("{byte:02x}"));
    format!("test_{}", bytes.collect::<String>())
}
