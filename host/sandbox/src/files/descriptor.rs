//! What a guest has open.
//!
//! Rights belong to the directory that was granted, not to a descriptor, so that no way from one
//! descriptor to another can widen them.

use std::fs::File;
use std::sync::Arc;

use cap_std::fs::{Dir, Metadata};

use super::blocking::{Pending, blocking};
use super::preopens::{Root, Slot};
use crate::guest::wasi_files::types::ErrorCode;

/// Something open.
#[derive(Debug)]
pub struct Descriptor {
    pub object: Object,
    pub root: Arc<Root>,
    _slot: Slot,
}

/// What there is to open.
#[derive(Debug, Clone)]
pub enum Object {
    /// A directory.
    Directory(Arc<Dir>),
    /// A file, and what it was opened for.
    File {
        file: Arc<File>,
        read: bool,
        write: bool,
    },
}

impl Descriptor {
    /// `object`, which was reached through `root`.
    pub fn new(object: Object, root: Arc<Root>, slot: Slot) -> Self {
        Self {
            object,
            root,
            _slot: slot,
        }
    }

    pub fn directory(&self) -> Result<Arc<Dir>, ErrorCode> {
        match &self.object {
            Object::Directory(dir) => Ok(dir.clone()),
            Object::File { .. } => Err(ErrorCode::NotDirectory),
        }
    }

    /// The directory, if something may be changed in it.
    pub fn writable_directory(&self) -> Result<Arc<Dir>, ErrorCode> {
        let dir = self.directory()?;
        self.root.check_write()?;
        Ok(dir)
    }

    pub fn readable_file(&self) -> Result<Arc<File>, ErrorCode> {
        match &self.object {
            Object::File {
                file, read: true, ..
            } => Ok(file.clone()),
            Object::File { .. } => Err(ErrorCode::BadDescriptor),
            Object::Directory(_) => Err(ErrorCode::IsDirectory),
        }
    }

    pub fn writable_file(&self) -> Result<Arc<File>, ErrorCode> {
        self.root.check_write()?;
        match &self.object {
            Object::File {
                file, write: true, ..
            } => Ok(file.clone()),
            Object::File { .. } => Err(ErrorCode::BadDescriptor),
            Object::Directory(_) => Err(ErrorCode::IsDirectory),
        }
    }

    pub fn metadata(&self) -> Pending<Metadata> {
        let object = self.object.clone();
        blocking(move || {
            Ok(match object {
                Object::Directory(dir) => dir.dir_metadata()?,
                Object::File { file, .. } => Metadata::from_file(&file)?,
            })
        })
    }

    pub fn sync(&self) -> Pending<()> {
        let object = self.object.clone();
        blocking(move || match object {
            Object::File {
                file, write: true, ..
            } => Ok(file.sync_all()?),
            _ => Ok(()),
        })
    }
}
