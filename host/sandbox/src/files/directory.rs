//! What is done in a directory by path. All of it blocks.

use cap_std::fs::Dir;

use super::account::Account;
use super::open::metadata;
use super::path::GuestPath;
use crate::guest::wasi_files::types::ErrorCode;

/// Makes a directory, taken from the account first.
pub fn create(dir: &Dir, path: &GuestPath, account: &Account) -> Result<(), ErrorCode> {
    account.charge_file()?;
    dir.create_dir(path.as_path()).map_err(|error| {
        account.refund_file();
        error.into()
    })
}

/// Removes an empty directory; not what a link leads to.
pub fn remove(dir: &Dir, path: &GuestPath) -> Result<(), ErrorCode> {
    match dir.symlink_metadata(path.as_path())?.is_dir() {
        true => Ok(dir.remove_dir(path.as_path())?),
        false => Err(ErrorCode::NotDirectory),
    }
}

/// Removes what is no directory; of a link the link.
pub fn unlink(dir: &Dir, path: &GuestPath) -> Result<(), ErrorCode> {
    if dir.symlink_metadata(path.as_path())?.is_dir() {
        return Err(ErrorCode::IsDirectory);
    }
    match path.directory {
        true => Err(ErrorCode::NotDirectory),
        false => Ok(dir.remove_file(path.as_path())?),
    }
}

/// Moves an entry, in place of what is there.
pub fn rename(
    old_dir: &Dir,
    old: &GuestPath,
    new_dir: &Dir,
    new: &GuestPath,
) -> Result<(), ErrorCode> {
    if old.directory || new.directory {
        let moved = old_dir.symlink_metadata(old.as_path())?;
        if !moved.is_dir() {
            return Err(ErrorCode::NotDirectory);
        }
    }
    Ok(old_dir.rename(old.as_path(), new_dir, new.as_path())?)
}

/// Where a link leads, if that is told relative to it. Absolute targets are paths of the host.
pub fn read_link(dir: &Dir, path: &GuestPath) -> Result<String, ErrorCode> {
    if path.directory {
        // Of what the link leads to, which is a directory or not there.
        metadata(dir, path, true)?;
        return Err(ErrorCode::Invalid);
    }
    let target = dir.read_link(path.as_path())?;
    target
        .into_os_string()
        .into_string()
        .map_err(|_| ErrorCode::IllegalByteSequence)
}
