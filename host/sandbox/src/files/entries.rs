//! Reading a directory, some entries at a time: it can have more than fit in memory.

use std::collections::VecDeque;

use cap_std::fs::{Dir, ReadDir};
use wasmtime::component::Resource;

use super::blocking::blocking;
use super::preopens::Slot;
use super::stat;
use crate::guest::Guest;
use crate::guest::wasi_files::types::{self, DirectoryEntry, ErrorCode};

/// How many entries are read at once.
const BATCH: usize = 128;

/// The entries of a directory that were not told yet.
pub struct Entries {
    read: VecDeque<Result<DirectoryEntry, ErrorCode>>,
    /// `None` at the end.
    rest: Option<ReadDir>,
    _slot: Slot,
}

impl Entries {
    /// Of this directory. Blocks.
    pub fn of(dir: &Dir, slot: Slot) -> Result<Self, ErrorCode> {
        Ok(Self {
            read: VecDeque::new(),
            rest: Some(dir.entries()?),
            _slot: slot,
        })
    }
}

impl types::HostDirectoryEntryStream for Guest {
    async fn read_directory_entry(
        &mut self,
        this: Resource<Entries>,
    ) -> Result<Option<DirectoryEntry>, ErrorCode> {
        let entries = self
            .table
            .get_mut(&this)
            .map_err(|_| ErrorCode::BadDescriptor)?;
        if entries.read.is_empty()
            && let Some(rest) = entries.rest.take()
        {
            (entries.read, entries.rest) = blocking(move || Ok(batch(rest))).await?;
        }
        entries.read.pop_front().transpose()
    }

    fn drop(&mut self, this: Resource<Entries>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

type Batch = (VecDeque<Result<DirectoryEntry, ErrorCode>>, Option<ReadDir>);

fn batch(mut rest: ReadDir) -> Batch {
    let read: VecDeque<_> = rest
        .by_ref()
        .take(BATCH)
        .map(|entry| {
            let entry = entry?;
            Ok(DirectoryEntry {
                type_: stat::kind(entry.file_type()?),
                // One name that is no text must not hide all others.
                name: entry.file_name().to_string_lossy().into_owned(),
            })
        })
        .collect();
    let rest = (read.len() == BATCH).then_some(rest);
    (read, rest)
}
