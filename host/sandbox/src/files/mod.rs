//! Files: directories of the host that an execution may use, as `wasi:filesystem`.
//!
//! The host's own implementation of the interface, because three things have to be decided at each
//! call and in one place: what the grant allows, what its quota has left, and whether the thing that
//! a path leads to is a file at all. cap-std keeps paths within the directory; what a guest says is
//! a path is an allegation until it did.

mod account;
mod blocking;
mod cached;
mod descriptor;
mod directory;
mod entries;
mod error;
mod grant;
mod open;
mod path;
mod preopens;
mod requests;
mod stat;
mod streams;
#[cfg(test)]
mod tests;

pub use account::{FilesUsed, Quota};
pub use descriptor::Descriptor;
pub use entries::Entries;
pub use grant::{Access, Directory, DirectoryError, Files, GUEST_PATH_BYTES_MAX};
pub use path::PATH_BYTES_MAX;
pub use preopens::OPEN_MAX;

#[cfg(target_os = "linux")]
pub(crate) use grant::DIRECTORIES_MAX;
pub(crate) use preopens::GuestFiles;
