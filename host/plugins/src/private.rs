//! Files and directories of ours that nobody else may write: read with a bound and without following links, written whole or
//! not at all.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

pub(crate) const DIR_MODE: u32 = 0o700;
pub(crate) const FILE_MODE: u32 = 0o600;
/// How long another process may keep a lock.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(10);
const LOCK_ASKS_EVERY: Duration = Duration::from_millis(5);

/// Makes the directory and its parents, for us alone.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIR_MODE)
        .create(path)
}

/// The directory that a file lies in.
pub(crate) fn parent(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Opens a regular file for reading. A link in its place is not followed, a pipe not waited for.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

/// All bytes of an open file of at most `bytes_max`.
pub(crate) fn read_all(file: &File, bytes_max: u64) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    let too_large = || {
        let why = format!("it has more than {bytes_max} bytes");
        io::Error::new(io::ErrorKind::FileTooLarge, why)
    };
    if length > bytes_max {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > bytes_max {
        true => Err(too_large()),
        false => Ok(bytes),
    }
}

/// Reads a file of at most `bytes_max`; `None` if there is none.
pub(crate) fn read(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    match open(path) {
        Ok(file) => read_all(&file, bytes_max).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces a file in one step, so that it lasts.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = parent(path);
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_directory(directory)
}

/// Makes what was renamed in a directory last.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Keeps other processes out until what this returns is dropped.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    lock_within(path, LOCK_WAIT_MAX)
}

fn lock_within(path: &Path, wait_max: Duration) -> io::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(FILE_MODE)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if began.elapsed() > wait_max => {
                let why = format!("another process has kept it for {} s", wait_max.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_ASKS_EVERY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_and_not_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let held = lock(&path).unwrap();
        let error = lock_within(&path, Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let waits = thread::spawn({
            let path = path.clone();
            move || lock(&path).map(drop)
        });
        thread::sleep(Duration::from_millis(20));
        drop(held);
        waits.join().unwrap().unwrap();
    }

    #[test]
    fn a_file_is_read_up_to_its_bound_and_only_if_it_is_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert!(read(&path, 3).unwrap().is_none());
        replace(&path, b"abc").unwrap();
        assert_eq!(read(&path, 3).unwrap().as_deref(), Some(&b"abc"[..]));
        assert_eq!(
            read(&path, 2).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
        assert!(read(directory.path(), 3).is_err());
        let pipe = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        assert!(read(&pipe, 3).is_err(), "a pipe is not waited for");
    }
}
