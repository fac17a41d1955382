//! What is told about files.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::UNIX_EPOCH;

use cap_std::fs::{FileType, FileTypeExt as _, Metadata, MetadataExt as _};
use cap_std::time::SystemTime;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;

use crate::guest::wasi_files::types::{DescriptorStat, DescriptorType, MetadataHashValue};

/// As WASI tells it. Without inode numbers, owners and permissions.
pub fn stat(metadata: &Metadata) -> DescriptorStat {
    DescriptorStat {
        type_: kind(metadata.file_type()),
        link_count: metadata.nlink(),
        size: metadata.len(),
        data_access_timestamp: metadata.accessed().ok().and_then(datetime),
        data_modification_timestamp: metadata.modified().ok().and_then(datetime),
        status_change_timestamp: None,
    }
}

/// As WASI names it.
pub fn kind(file_type: FileType) -> DescriptorType {
    if file_type.is_file() {
        DescriptorType::RegularFile
    } else if file_type.is_dir() {
        DescriptorType::Directory
    } else if file_type.is_symlink() {
        DescriptorType::SymbolicLink
    } else if file_type.is_fifo() {
        DescriptorType::Fifo
    } else if file_type.is_socket() {
        DescriptorType::Socket
    } else if file_type.is_block_device() {
        DescriptorType::BlockDevice
    } else if file_type.is_char_device() {
        DescriptorType::CharacterDevice
    } else {
        DescriptorType::Unknown
    }
}

/// A number by which a guest can know the same file again.
pub fn hash(metadata: &Metadata) -> MetadataHashValue {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, metadata.dev(), metadata.ino()).hash(&mut hasher);
        hasher.finish()
    };
    MetadataHashValue {
        lower: half(0),
        upper: half(1),
    }
}

/// Whether both are of the same file.
pub fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn datetime(time: SystemTime) -> Option<Datetime> {
    let since = time.into_std().duration_since(UNIX_EPOCH).ok()?;
    Some(Datetime {
        seconds: since.as_secs(),
        nanoseconds: since.subsec_nanos(),
    })
}
