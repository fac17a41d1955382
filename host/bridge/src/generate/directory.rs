//! One directory, and nothing outside of it.
//!
//! Every step down is taken from the directory before, and none through a link: what a path means
//! cannot change between looking and writing.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::OwnedFd,
    path::Path,
};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use super::GenerateError;

/// How large a file may be that is read, in bytes. A larger one is none of ours.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// An open directory.
pub struct Directory {
    root: OwnedFd,
    /// What messages call it.
    shown: String,
}

impl Directory {
    /// Opens `path`, and makes it first unless nothing may be made; none if it is not there then.
    pub fn open(path: &Path, dry_run: bool) -> Result<Option<Self>, GenerateError> {
        let shown = path.display().to_string();
        if !dry_run {
            std::fs::create_dir_all(path).map_err(|source| failed("make", &shown, source))?;
        }
        match rustix::fs::openat(
            CWD,
            path,
            OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Ok(root) => Ok(Some(Self { root, shown })),
            Err(rustix::io::Errno::NOENT) if dry_run => Ok(None),
            Err(error) => Err(failed("open", &shown, error.into())),
        }
    }

    /// What is in the file at `path`; none if there is none.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, GenerateError> {
        let Some((parent, name)) = self.parent(path, false)? else {
            return Ok(None);
        };
        // Not blocking, or a pipe that somebody put there would stop us.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&parent, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(self.not_a_directory(path)),
            Err(error) => return Err(failed("read", path, error.into())),
        };
        let kind = file
            .metadata()
            .map_err(|source| failed("read", path, source))?;
        if !kind.is_file() {
            return Err(self.not_a_directory(path));
        }
        let mut bytes = vec![];
        file.take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| failed("read", path, source))?;
        Ok(Some(bytes))
    }

    /// Puts `text` at `path`: all of it, or what was there before.
    pub fn write(&self, path: &str, text: &str) -> Result<(), GenerateError> {
        let Some((parent, name)) = self.parent(path, true)? else {
            return Ok(());
        };
        let temporary = format!(".{name}.{}.tmp", std::process::id());
        // A crashed run of the same process id may have left one.
        let _ = rustix::fs::unlinkat(&parent, &temporary, AtFlags::empty());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let written = || -> io::Result<()> {
            let mut file = File::from(rustix::fs::openat(
                &parent,
                &temporary,
                flags,
                Mode::from_raw_mode(0o644),
            )?);
            file.write_all(text.as_bytes())?;
            rustix::fs::renameat(&parent, &temporary, &parent, name)?;
            Ok(())
        };
        written().map_err(|source| {
            let _ = rustix::fs::unlinkat(&parent, &temporary, AtFlags::empty());
            failed("write", path, source)
        })
    }

    /// Removes the file at `path`, and the directory it was in if that is empty now.
    pub fn remove(&self, path: &str) -> Result<(), GenerateError> {
        let Some((parent, name)) = self.parent(path, false)? else {
            return Ok(());
        };
        rustix::fs::unlinkat(&parent, name, AtFlags::empty())
            .map_err(|error| failed("remove", path, error.into()))?;
        if let Some((above, _)) = path.rsplit_once('/')
            && let Some((parent, name)) = self.parent(above, false)?
        {
            // It fails if there is still something in it, which is as it should be.
            let _ = rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR);
        }
        Ok(())
    }

    /// The directory that `path` lies in, and the last part of `path`; none if it is not there and
    /// is not to be made.
    fn parent<'p>(
        &self,
        path: &'p str,
        make: bool,
    ) -> Result<Option<(OwnedFd, &'p str)>, GenerateError> {
        let mut here = self
            .root
            .try_clone()
            .map_err(|source| failed("open", &self.shown, source))?;
        let mut parts = path.split('/').peekable();
        let mut name = path;
        while let Some(part) = parts.next() {
            name = part;
            if parts.peek().is_none() {
                break;
            }
            if make {
                match rustix::fs::mkdirat(&here, part, Mode::from_raw_mode(0o755)) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                    Err(error) => return Err(failed("make", path, error.into())),
                }
            }
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            here = match rustix::fs::openat(&here, part, flags, Mode::empty()) {
                Ok(next) => next,
                Err(rustix::io::Errno::NOENT) => return Ok(None),
                Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => {
                    return Err(self.not_a_directory(part));
                }
                Err(error) => return Err(failed("open", path, error.into())),
            };
        }
        Ok(Some((here, name)))
    }

    fn not_a_directory(&self, path: &str) -> GenerateError {
        GenerateError::NotADirectory {
            path: path.to_owned(),
            directory: self.shown.clone(),
        }
    }
}

fn failed(action: &'static str, path: &str, source: io::Error) -> GenerateError {
    GenerateError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
