//! Opening what a path leads to: files and directories, and nothing else.
//!
//! Pipes, devices and sockets are no files: opening one can block for ever, or do something. Whether
//! it is one is asked before it is opened, and again of what was opened, which was opened in a way
//! that does not wait and makes no terminal ours.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use cap_std::fs::{Dir, File, Metadata, OpenOptions, OpenOptionsExt as _};
use rustix::fs::OFlags;

use super::account::Account;
use super::descriptor::Object;
use super::path::GuestPath;
use crate::guest::wasi_files::types::ErrorCode;

/// How to open.
#[derive(Debug, Clone, Copy)]
pub struct How {
    pub follow: bool,
    pub create: bool,
    pub exclusive: bool,
    pub truncate: bool,
    pub directory: bool,
    pub read: bool,
    pub write: bool,
}

impl How {
    /// Whether a file that is there is opened for reading, wherever the path leads, and no more.
    pub fn is_plain_read(self) -> bool {
        let more = self.create || self.exclusive || self.truncate || self.directory || self.write;
        self.follow && self.read && !more
    }
}

/// Opens `path` below `dir`. Files that are made are taken from the account first.
pub fn open(dir: &Dir, path: &GuestPath, how: How, account: &Account) -> Result<Object, ErrorCode> {
    match metadata(dir, path, how.follow) {
        Ok(metadata) => open_existing(dir, path, how, &metadata),
        Err(ErrorCode::NoEntry) if how.create => create(dir, path, how, account),
        Err(error) => Err(error),
    }
}

/// What is at `path` below `dir`.
pub fn metadata(dir: &Dir, path: &GuestPath, follow: bool) -> Result<Metadata, ErrorCode> {
    let metadata = match follow || path.directory {
        true => dir.metadata(path.as_path()),
        false => dir.symlink_metadata(path.as_path()),
    }?;
    match path.directory && !metadata.is_dir() {
        true => Err(ErrorCode::NotDirectory),
        false => Ok(metadata),
    }
}

fn open_existing(
    dir: &Dir,
    path: &GuestPath,
    how: How,
    metadata: &Metadata,
) -> Result<Object, ErrorCode> {
    if how.exclusive {
        return Err(ErrorCode::Exist);
    }
    if metadata.is_dir() {
        if how.write || how.truncate || how.create {
            return Err(ErrorCode::IsDirectory);
        }
        let opened = dir.open_dir(path.as_path())?;
        return match is_pseudo(&opened) {
            true => Err(ErrorCode::NotPermitted),
            false => Ok(Object::Directory(Arc::new(opened))),
        };
    }
    if metadata.is_symlink() {
        return Err(ErrorCode::Loop);
    }
    if how.directory {
        return Err(ErrorCode::NotDirectory);
    }
    if !metadata.is_file() {
        return Err(ErrorCode::Unsupported);
    }
    let file = dir.open_with(path.as_path(), &options(how, how.write))?;
    // It may be another one by now.
    if !file.metadata()?.is_file() {
        return Err(ErrorCode::Unsupported);
    }
    if is_pseudo(&file) {
        return Err(ErrorCode::NotPermitted);
    }
    if how.truncate {
        file.set_len(0)?;
    }
    Ok(of_file(file, how))
}

fn create(dir: &Dir, path: &GuestPath, how: How, account: &Account) -> Result<Object, ErrorCode> {
    if how.directory {
        return Err(ErrorCode::Invalid);
    }
    if path.directory {
        return Err(ErrorCode::IsDirectory);
    }
    account.charge_file()?;
    // Never through a link whose target is not there.
    match dir.open_with(path.as_path(), options(how, true).create_new(true)) {
        Ok(file) => Ok(of_file(file, how)),
        Err(error) => {
            account.refund_file();
            // Somebody else was quicker.
            match error.kind() == io::ErrorKind::AlreadyExists && !how.exclusive {
                true => open_existing(dir, path, how, &metadata(dir, path, how.follow)?),
                false => Err(error.into()),
            }
        }
    }
}

fn options(how: How, write: bool) -> OpenOptions {
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if !how.follow {
        flags |= OFlags::NOFOLLOW;
    }
    let mut options = OpenOptions::new();
    options
        .write(write)
        .read(how.read || !write)
        .custom_flags(flags.bits() as i32);
    options
}

fn of_file(file: File, how: How) -> Object {
    Object::File {
        file: Arc::new(file.into_std()),
        read: how.read,
        write: how.write,
    }
}

/// Whether this is a window into the kernel, such as `/proc`: files there say what a guest must not
/// know, or do something when they are written. A directory that holds one can be granted.
#[cfg(target_os = "linux")]
pub fn is_pseudo(fd: &impl AsFd) -> bool {
    // Of linux/magic.h.
    const PSEUDO: [u64; 11] = [
        0x0000_9fa0, // proc
        0x6265_6572, // sysfs
        0x0027_e0eb, // cgroup
        0x6367_7270, // cgroup2
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x7363_6673, // securityfs
        0xcafe_4a11, // bpf
        0x6265_6570, // configfs
        0xde5e_81e4, // efivarfs
        0x4249_4e4d, // binfmt_misc
    ];
    match rustix::fs::fstatfs(fd) {
        Ok(found) => PSEUDO.contains(&(found.f_type as u64)),
        Err(_) => true,
    }
}

/// Whether this is a window into the kernel; other systems have none among their files.
#[cfg(not(target_os = "linux"))]
pub fn is_pseudo(_: &impl AsFd) -> bool {
    false
}
