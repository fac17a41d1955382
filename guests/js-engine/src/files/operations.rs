//! The operations, each on a path as the program has it.

use super::failure::Failure;
use super::roots;
use crate::streams;
use crate::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode,
    OpenFlags, PathFlags, filesystem_error_code,
};
use crate::wasi::io::streams::StreamError;

/// How much of a file is read before anybody asks how long it is: most are shorter.
const FIRST_BYTES: u64 = 16 * 1024;
/// How much is read or written at once.
const CHUNK_BYTES: usize = 1 << 20;

/// What becomes of a file that is written.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    /// Its contents are replaced; it is made if it is not there.
    Replace,
    /// It is added to, and made if it is not there.
    Append,
    /// It must not be there.
    New,
}

/// As `fs.js` knows it.
pub fn kind(kind: DescriptorType) -> u32 {
    match kind {
        DescriptorType::RegularFile => 1,
        DescriptorType::Directory => 2,
        DescriptorType::SymbolicLink => 3,
        _ => 0,
    }
}

/// All of a file.
pub fn read(path: &str) -> Result<Vec<u8>, Failure> {
    roots::with(path, "open", |root, below| {
        let file = root
            .directory
            .open_at(
                PathFlags::SYMLINK_FOLLOW,
                below,
                OpenFlags::empty(),
                DescriptorFlags::READ,
            )
            .map_err(Failure::of("open"))?;
        read_all(&file).map_err(Failure::of("read"))
    })
}

fn read_all(file: &Descriptor) -> Result<Vec<u8>, ErrorCode> {
    let (mut bytes, mut ended) = file.read(FIRST_BYTES, 0)?;
    if !ended && bytes.len() as u64 == FIRST_BYTES {
        let size = usize::try_from(file.stat()?.size).map_err(|_| ErrorCode::InsufficientMemory)?;
        bytes
            .try_reserve_exact(size.saturating_sub(bytes.len()))
            .map_err(|_| ErrorCode::InsufficientMemory)?;
    }
    while !ended {
        let (more, last) = file.read(CHUNK_BYTES as u64, bytes.len() as u64)?;
        bytes
            .try_reserve(more.len())
            .map_err(|_| ErrorCode::InsufficientMemory)?;
        bytes.extend_from_slice(&more);
        ended = last;
    }
    Ok(bytes)
}

/// Writes a file.
pub fn write(path: &str, data: &[u8], mode: Mode) -> Result<(), Failure> {
    let flags = match mode {
        Mode::Replace => OpenFlags::CREATE | OpenFlags::TRUNCATE,
        Mode::Append => OpenFlags::CREATE,
        Mode::New => OpenFlags::CREATE | OpenFlags::EXCLUSIVE,
    };
    roots::with(path, "open", |root, below| {
        let file = root
            .directory
            .open_at(
                PathFlags::SYMLINK_FOLLOW,
                below,
                flags,
                DescriptorFlags::WRITE,
            )
            .map_err(Failure::of("open"))?;
        let written = match mode {
            Mode::Append => append_all(&file, data),
            Mode::Replace | Mode::New => write_all(&file, data),
        };
        written.map_err(Failure::of("write"))
    })
}

fn write_all(file: &Descriptor, data: &[u8]) -> Result<(), ErrorCode> {
    let mut offset = 0;
    for chunk in data.chunks(CHUNK_BYTES) {
        file.write(chunk, offset)?;
        offset += chunk.len() as u64;
    }
    Ok(())
}

/// Through a stream, because where the end is when it is written is for the host to know.
fn append_all(file: &Descriptor, data: &[u8]) -> Result<(), ErrorCode> {
    let stream = file.append_via_stream()?;
    let code = |error: StreamError| match error {
        StreamError::LastOperationFailed(error) => {
            filesystem_error_code(&error).unwrap_or(ErrorCode::Io)
        }
        StreamError::Closed => ErrorCode::Io,
    };
    streams::write_all(&stream, data).map_err(code)
}

/// What is in a directory.
pub fn entries(path: &str) -> Result<Vec<DirectoryEntry>, Failure> {
    roots::with(path, "scandir", |root, below| {
        list(&root.directory, below).map_err(Failure::of("scandir"))
    })
}

fn list(root: &Descriptor, path: &str) -> Result<Vec<DirectoryEntry>, ErrorCode> {
    let directory = root.open_at(
        PathFlags::SYMLINK_FOLLOW,
        path,
        OpenFlags::DIRECTORY,
        DescriptorFlags::READ,
    )?;
    let stream = directory.read_directory()?;
    let mut entries = Vec::new();
    while let Some(entry) = stream.read_directory_entry()? {
        entries.push(entry);
    }
    Ok(entries)
}

/// What is told about a file or directory.
pub fn stat(path: &str) -> Result<DescriptorStat, Failure> {
    roots::with(path, "stat", |root, below| {
        root.directory
            .stat_at(PathFlags::SYMLINK_FOLLOW, below)
            .map_err(Failure::of("stat"))
    })
}

/// Makes one directory.
pub fn make_directory(path: &str) -> Result<(), Failure> {
    roots::with(path, "mkdir", |root, below| {
        let made = match below {
            "." => Err(ErrorCode::Exist),
            below => root.directory.create_directory_at(below),
        };
        made.map_err(Failure::of("mkdir"))
    })
}

/// Makes a directory and those that it is in. The path of the first that was not there, if one was
/// not.
pub fn make_directories(path: &str) -> Result<Option<String>, Failure> {
    roots::with(path, "mkdir", |root, below| {
        let mut first = None;
        let below = below.trim_end_matches('/');
        let ends = below
            .match_indices('/')
            .map(|(end, _)| end)
            .chain([below.len()]);
        for end in ends {
            let part = &below[..end];
            if matches!(part.rsplit('/').next(), Some("." | "..")) {
                continue;
            }
            match root.directory.create_directory_at(part) {
                Ok(()) => {
                    first.get_or_insert_with(|| root.path_of(part));
                }
                Err(ErrorCode::Exist) => {
                    let there = root.directory.stat_at(PathFlags::SYMLINK_FOLLOW, part);
                    match there.map_err(Failure::of("mkdir"))?.type_ {
                        DescriptorType::Directory => {}
                        _ if end == below.len() => {
                            return Err(Failure::of("mkdir")(ErrorCode::Exist));
                        }
                        _ => return Err(Failure::of("mkdir")(ErrorCode::NotDirectory)),
                    }
                }
                Err(error) => return Err(Failure::of("mkdir")(error)),
            }
        }
        Ok(first)
    })
}

/// Removes a file, or with `recursive` a directory and all that is in it. Links are removed, and
/// not followed. With `force`, what is not there is no error.
pub fn remove(path: &str, recursive: bool, force: bool) -> Result<(), Failure> {
    roots::with(path, "rm", |root, below| {
        // Before anything in it is removed.
        let name = below.trim_end_matches('/').rsplit('/').next();
        if matches!(name, Some("." | "..")) {
            return Err(Failure::of("rm")(ErrorCode::Invalid));
        }
        let directory = &root.directory;
        let there = directory.stat_at(PathFlags::empty(), below);
        let is_directory = match there {
            Ok(stat) => stat.type_ == DescriptorType::Directory,
            Err(ErrorCode::NoEntry) if force => return Ok(()),
            Err(error) => return Err(Failure::of("rm")(error)),
        };
        if !is_directory {
            return directory.unlink_file_at(below).map_err(Failure::of("rm"));
        }
        if !recursive {
            return Err(Failure::needs_recursive());
        }
        remove_tree(directory, below.trim_end_matches('/')).map_err(Failure::of("rm"))
    })
}

/// Without recursion: a tree can be deeper than any stack.
fn remove_tree(root: &Descriptor, top: &str) -> Result<(), ErrorCode> {
    enum Step {
        Enter(String),
        Leave(String),
    }
    let mut steps = vec![Step::Enter(top.to_owned())];
    while let Some(step) = steps.pop() {
        match step {
            Step::Leave(path) => root.remove_directory_at(&path)?,
            Step::Enter(path) => {
                let entries = list(root, &path)?;
                steps.push(Step::Leave(path.clone()));
                for entry in entries {
                    let below = format!("{path}/{}", entry.name);
                    match entry.type_ {
                        DescriptorType::Directory => steps.push(Step::Enter(below)),
                        _ => root.unlink_file_at(&below)?,
                    }
                }
            }
        }
    }
    Ok(())
}

/// Moves a file or directory.
pub fn rename(old: &str, new: &str) -> Result<(), Failure> {
    roots::with(old, "rename", |from, old| {
        roots::with(new, "rename", |to, new| {
            from.directory
                .rename_at(old, &to.directory, new)
                .map_err(Failure::of("rename"))
        })
    })
}
