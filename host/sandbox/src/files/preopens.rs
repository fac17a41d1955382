//! `wasi:filesystem/preopens`: what an execution was granted; and what it has open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::component::Resource;

use super::account::Account;
use super::descriptor::{Descriptor, Object};
use super::{Access, Files, FilesUsed};
use crate::guest::Guest;
use crate::guest::wasi_files::{preopens, types::ErrorCode};

/// How many files, directories and streams of them one guest may have open. Each may be a file
/// descriptor of the host's process, of which all guests together have about a thousand.
pub const OPEN_MAX: usize = 64;

/// The files of one guest.
pub struct GuestFiles {
    roots: Vec<(Object, Arc<Root>, Arc<str>)>,
    open: Arc<AtomicUsize>,
}

/// A granted directory, as everything that was opened through it knows it.
#[derive(Debug)]
pub struct Root {
    access: Access,
    pub account: Account,
}

impl Root {
    /// Whether something may be changed in it.
    pub fn check_write(&self) -> Result<(), ErrorCode> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::Read => Err(ErrorCode::ReadOnly),
        }
    }
}

/// A place among what a guest may have open, free again when it is dropped.
#[derive(Debug)]
pub struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl GuestFiles {
    /// With these directories.
    pub fn new(files: &Files) -> Self {
        let roots = files.directories().iter().map(|directory| {
            let root = Root {
                access: directory.access,
                account: Account::new(directory.quota),
            };
            let object = Object::Directory(directory.dir.clone());
            (object, Arc::new(root), directory.guest.clone())
        });
        Self {
            roots: roots.collect(),
            open: Arc::default(),
        }
    }

    /// Begins the accounts of a further call; what is open stays open.
    pub fn begin_again(&self) {
        for (_, root, _) in &self.roots {
            root.account.begin_again();
        }
    }

    /// What was done so far.
    pub fn used(&self) -> FilesUsed {
        let mut used = FilesUsed::default();
        for (_, root, _) in &self.roots {
            root.account.add_to(&mut used);
        }
        used
    }

    /// Takes a place for one more thing that is open.
    pub fn slot(&self) -> Result<Slot, ErrorCode> {
        let taken = self
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| {
                (open < OPEN_MAX).then_some(open + 1)
            });
        match taken {
            Ok(_) => Ok(Slot(self.open.clone())),
            Err(_) => Err(ErrorCode::InsufficientMemory),
        }
    }
}

impl preopens::Host for Guest {
    /// All of them; fewer where the guest has too much open, since this cannot fail.
    fn get_directories(&mut self) -> Vec<(Resource<Descriptor>, String)> {
        let Self { files, table, .. } = self;
        let directories = files.roots.iter().map_while(|(object, root, guest)| {
            let slot = files.slot().ok()?;
            let descriptor = Descriptor::new(object.clone(), root.clone(), slot);
            Some((table.push(descriptor).ok()?, guest.to_string()))
        });
        directories.collect()
    }
}
