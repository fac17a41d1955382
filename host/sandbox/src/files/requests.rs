//! `wasi:filesystem/types`: what a guest asks of a descriptor. What it has no use for and an attacker
//! has is refused whatever the rights are: links, and other times than the system's.

use std::sync::Arc;

use cap_std::fs::Metadata;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

use super::blocking::{Pending, blocking};
use super::descriptor::{Descriptor, Object};
use super::open::{How, metadata, open};
use super::path::GuestPath;
use super::{Entries, cached, directory, stat, streams};
use crate::guest::Guest;
use crate::guest::wasi_files::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};

fn get<'t>(
    table: &'t ResourceTable,
    this: &Resource<Descriptor>,
) -> Result<&'t Descriptor, ErrorCode> {
    table.get(this).map_err(|_| ErrorCode::BadDescriptor)
}

impl types::HostDescriptor for Guest {
    async fn open_at(
        &mut self,
        this: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Resource<Descriptor>, ErrorCode> {
        let Self { files, table, .. } = self;
        let descriptor = get(table, &this)?;
        let root = descriptor.root.clone();
        let dir = descriptor.directory()?;
        let how = How {
            follow: path_flags.contains(PathFlags::SYMLINK_FOLLOW),
            create: open_flags.contains(OpenFlags::CREATE),
            exclusive: open_flags.contains(OpenFlags::EXCLUSIVE),
            truncate: open_flags.contains(OpenFlags::TRUNCATE),
            directory: open_flags.contains(OpenFlags::DIRECTORY),
            read: flags.contains(DescriptorFlags::READ),
            write: flags.contains(DescriptorFlags::WRITE),
        };
        if how.write
            || how.create
            || how.truncate
            || flags.contains(DescriptorFlags::MUTATE_DIRECTORY)
        {
            root.check_write()?;
        }
        if how.truncate && !how.write {
            return Err(ErrorCode::Invalid);
        }
        let path = GuestPath::parse(path)?;
        let slot = files.slot()?;
        let opened = match cached::open(&dir, &path, how) {
            Some(opened) => opened,
            None => {
                let root = root.clone();
                blocking(move || open(&dir, &path, how, &root.account)).await?
            }
        };
        let descriptor = Descriptor::new(opened, root, slot);
        table
            .push(descriptor)
            .map_err(|_| ErrorCode::InsufficientMemory)
    }

    async fn read(
        &mut self,
        this: Resource<Descriptor>,
        length: u64,
        offset: u64,
    ) -> Result<(Vec<u8>, bool), ErrorCode> {
        let descriptor = get(&self.table, &this)?;
        let file = descriptor.readable_file()?;
        let root = descriptor.root.clone();
        let read = streams::read(file, length, offset).await?;
        root.account.note_read(read.len());
        let ended = read.is_empty() && length > 0;
        Ok((read, ended))
    }

    async fn write(
        &mut self,
        this: Resource<Descriptor>,
        buffer: Vec<u8>,
        offset: u64,
    ) -> Result<u64, ErrorCode> {
        let descriptor = get(&self.table, &this)?;
        let file = descriptor.writable_file()?;
        let root = descriptor.root.clone();
        let length = buffer.len() as u64;
        blocking(move || streams::write(&file, &buffer, Some(offset), &root.account)).await?;
        Ok(length)
    }

    async fn set_size(&mut self, this: Resource<Descriptor>, size: u64) -> Result<(), ErrorCode> {
        let descriptor = get(&self.table, &this)?;
        let file = descriptor.writable_file()?;
        let root = descriptor.root.clone();
        blocking(move || {
            let grown = size.saturating_sub(file.metadata()?.len());
            root.account.charge_bytes(grown)?;
            Ok(file.set_len(size)?)
        })
        .await
    }

    fn read_via_stream(
        &mut self,
        this: Resource<Descriptor>,
        offset: u64,
    ) -> Result<Resource<DynInputStream>, ErrorCode> {
        let Self { files, table, .. } = self;
        let descriptor = get(table, &this)?;
        let (file, root) = (descriptor.readable_file()?, descriptor.root.clone());
        let stream = streams::Input::new(file, offset, root, files.slot()?);
        table
            .push(Box::new(stream) as DynInputStream)
            .map_err(|_| ErrorCode::InsufficientMemory)
    }

    fn write_via_stream(
        &mut self,
        this: Resource<Descriptor>,
        offset: u64,
    ) -> Result<Resource<DynOutputStream>, ErrorCode> {
        self.output(&this, Some(offset))
    }

    fn append_via_stream(
        &mut self,
        this: Resource<Descriptor>,
    ) -> Result<Resource<DynOutputStream>, ErrorCode> {
        self.output(&this, None)
    }

    async fn stat(&mut self, this: Resource<Descriptor>) -> Result<DescriptorStat, ErrorCode> {
        let metadata = get(&self.table, &this)?.metadata();
        let metadata = metadata.await?;
        Ok(stat::stat(&metadata))
    }

    async fn stat_at(
        &mut self,
        this: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> Result<DescriptorStat, ErrorCode> {
        let metadata = self.metadata_at(&this, flags, path)?.await?;
        Ok(stat::stat(&metadata))
    }

    async fn metadata_hash(
        &mut self,
        this: Resource<Descriptor>,
    ) -> Result<MetadataHashValue, ErrorCode> {
        let metadata = get(&self.table, &this)?.metadata();
        let metadata = metadata.await?;
        Ok(stat::hash(&metadata))
    }

    async fn metadata_hash_at(
        &mut self,
        this: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> Result<MetadataHashValue, ErrorCode> {
        let metadata = self.metadata_at(&this, flags, path)?.await?;
        Ok(stat::hash(&metadata))
    }

    async fn is_same_object(
        &mut self,
        this: Resource<Descriptor>,
        other: Resource<Descriptor>,
    ) -> bool {
        let (Ok(this), Ok(other)) = (get(&self.table, &this), get(&self.table, &other)) else {
            return false;
        };
        let (this, other) = (this.metadata(), other.metadata());
        match (this.await, other.await) {
            (Ok(this), Ok(other)) => stat::is_same(&this, &other),
            _ => false,
        }
    }

    async fn read_directory(
        &mut self,
        this: Resource<Descriptor>,
    ) -> Result<Resource<Entries>, ErrorCode> {
        let Self { files, table, .. } = self;
        let dir = get(table, &this)?.directory()?;
        let slot = files.slot()?;
        let entries = blocking(move || Entries::of(&dir, slot)).await?;
        table
            .push(entries)
            .map_err(|_| ErrorCode::InsufficientMemory)
    }

    async fn create_directory_at(
        &mut self,
        this: Resource<Descriptor>,
        path: String,
    ) -> Result<(), ErrorCode> {
        let descriptor = get(&self.table, &this)?;
        let dir = descriptor.writable_directory()?;
        let root = descriptor.root.clone();
        let path = GuestPath::parse_entry(path)?;
        blocking(move || directory::create(&dir, &path, &root.account)).await
    }

    async fn remove_directory_at(
        &mut self,
        this: Resource<Descriptor>,
        path: String,
    ) -> Result<(), ErrorCode> {
        let dir = get(&self.table, &this)?.writable_directory()?;
        let path = GuestPath::parse_entry(path)?;
        blocking(move || directory::remove(&dir, &path)).await
    }

    async fn unlink_file_at(
        &mut self,
        this: Resource<Descriptor>,
        path: String,
    ) -> Result<(), ErrorCode> {
        let dir = get(&self.table, &this)?.writable_directory()?;
        let path = GuestPath::parse_entry(path)?;
        blocking(move || directory::unlink(&dir, &path)).await
    }

    /// Within one granted directory. Between two it would carry a file from one set of rights and
    /// one quota to another.
    async fn rename_at(
        &mut self,
        this: Resource<Descriptor>,
        old: String,
        new_descriptor: Resource<Descriptor>,
        new: String,
    ) -> Result<(), ErrorCode> {
        let from = get(&self.table, &this)?;
        let to = get(&self.table, &new_descriptor)?;
        let (old_dir, new_dir) = (from.writable_directory()?, to.writable_directory()?);
        if !Arc::ptr_eq(&from.root, &to.root) {
            return Err(ErrorCode::CrossDevice);
        }
        let (old, new) = (GuestPath::parse_entry(old)?, GuestPath::parse_entry(new)?);
        blocking(move || directory::rename(&old_dir, &old, &new_dir, &new)).await
    }

    async fn readlink_at(
        &mut self,
        this: Resource<Descriptor>,
        path: String,
    ) -> Result<String, ErrorCode> {
        let dir = get(&self.table, &this)?.directory()?;
        let path = GuestPath::parse(path)?;
        blocking(move || directory::read_link(&dir, &path)).await
    }

    /// Refused. A second name for a file would outlive what was decided about the first.
    fn link_at(
        &mut self,
        this: Resource<Descriptor>,
        _: PathFlags,
        _: String,
        _: Resource<Descriptor>,
        _: String,
    ) -> Result<(), ErrorCode> {
        get(&self.table, &this)?.writable_directory()?;
        Err(ErrorCode::NotPermitted)
    }

    /// Refused. Programs outside of the sandbox would follow it.
    fn symlink_at(
        &mut self,
        this: Resource<Descriptor>,
        _: String,
        _: String,
    ) -> Result<(), ErrorCode> {
        get(&self.table, &this)?.writable_directory()?;
        Err(ErrorCode::NotPermitted)
    }

    /// Refused. When a file was changed is for the system to say.
    fn set_times(
        &mut self,
        this: Resource<Descriptor>,
        _: NewTimestamp,
        _: NewTimestamp,
    ) -> Result<(), ErrorCode> {
        get(&self.table, &this)?.root.check_write()?;
        Err(ErrorCode::NotPermitted)
    }

    /// As [`set_times`](Self::set_times).
    fn set_times_at(
        &mut self,
        this: Resource<Descriptor>,
        _: PathFlags,
        _: String,
        _: NewTimestamp,
        _: NewTimestamp,
    ) -> Result<(), ErrorCode> {
        get(&self.table, &this)?.root.check_write()?;
        Err(ErrorCode::NotPermitted)
    }

    async fn sync(&mut self, this: Resource<Descriptor>) -> Result<(), ErrorCode> {
        let synced = get(&self.table, &this)?.sync();
        synced.await
    }

    async fn sync_data(&mut self, this: Resource<Descriptor>) -> Result<(), ErrorCode> {
        let synced = get(&self.table, &this)?.sync();
        synced.await
    }

    fn get_flags(&mut self, this: Resource<Descriptor>) -> Result<DescriptorFlags, ErrorCode> {
        let descriptor = get(&self.table, &this)?;
        let mut flags = DescriptorFlags::empty();
        match &descriptor.object {
            Object::Directory(_) => {
                flags |= DescriptorFlags::READ;
                if descriptor.root.check_write().is_ok() {
                    flags |= DescriptorFlags::MUTATE_DIRECTORY;
                }
            }
            Object::File { read, write, .. } => {
                if *read {
                    flags |= DescriptorFlags::READ;
                }
                if *write {
                    flags |= DescriptorFlags::WRITE;
                }
            }
        }
        Ok(flags)
    }

    fn get_type(&mut self, this: Resource<Descriptor>) -> Result<DescriptorType, ErrorCode> {
        Ok(match get(&self.table, &this)?.object {
            Object::Directory(_) => DescriptorType::Directory,
            Object::File { .. } => DescriptorType::RegularFile,
        })
    }

    fn advise(
        &mut self,
        this: Resource<Descriptor>,
        _: u64,
        _: u64,
        _: Advice,
    ) -> Result<(), ErrorCode> {
        get(&self.table, &this).map(|_| ())
    }

    fn drop(&mut self, this: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl Guest {
    fn metadata_at(
        &self,
        this: &Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> Result<Pending<Metadata>, ErrorCode> {
        let dir = get(&self.table, this)?.directory()?;
        let path = GuestPath::parse(path)?;
        let follow = flags.contains(PathFlags::SYMLINK_FOLLOW);
        Ok(blocking(move || metadata(&dir, &path, follow)))
    }

    /// A stream to `offset`, or to the end.
    fn output(
        &mut self,
        this: &Resource<Descriptor>,
        offset: Option<u64>,
    ) -> Result<Resource<DynOutputStream>, ErrorCode> {
        let Self { files, table, .. } = self;
        let descriptor = get(table, this)?;
        let (file, root) = (descriptor.writable_file()?, descriptor.root.clone());
        let stream = streams::Output::new(file, offset, root, files.slot()?);
        table
            .push(Box::new(stream) as DynOutputStream)
            .map_err(|_| ErrorCode::InsufficientMemory)
    }
}

impl types::Host for Guest {
    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime_wasi::p2::IoError>,
    ) -> Option<ErrorCode> {
        let error = self.table.get(&error).ok()?;
        error
            .downcast_ref::<streams::Failure>()
            .map(|failure| failure.0)
    }
}
