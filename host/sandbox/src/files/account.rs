//! What one execution did with one granted directory, and what it may still do.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::guest::wasi_files::types::ErrorCode;

/// How much one execution may write into one directory. Reading is bounded by the guest's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Bytes written, of which those that replace others count as well, and holes that are made.
    pub bytes_max: u64,
    /// Files and directories made.
    pub files_max: u64,
}

impl Default for Quota {
    /// 64 MB and 1 000 files.
    fn default() -> Self {
        Self {
            bytes_max: 64 << 20,
            files_max: 1_000,
        }
    }
}

/// What one execution did with files, of all directories together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesUsed {
    /// Bytes that it read.
    pub bytes_read: u64,
    /// Bytes that it wrote.
    pub bytes_written: u64,
    /// Files and directories that it made.
    pub files_made: u64,
}

impl FilesUsed {
    /// Whether it did nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// The account of one directory.
#[derive(Debug, Default)]
pub struct Account {
    quota: Quota,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
    files_made: AtomicU64,
}

impl Account {
    /// Nothing spent yet.
    pub fn new(quota: Quota) -> Self {
        Self {
            quota,
            ..Self::default()
        }
    }

    /// Begins anew, with the whole quota.
    pub fn begin_again(&self) {
        for spent in [&self.bytes_read, &self.bytes_written, &self.files_made] {
            spent.store(0, Ordering::Relaxed);
        }
    }

    /// Takes bytes for a write. They stay taken when it fails: how much of it happened is unknown.
    pub fn charge_bytes(&self, bytes: u64) -> Result<(), ErrorCode> {
        charge(&self.bytes_written, bytes, self.quota.bytes_max)
    }

    /// Takes a file or directory that is to be made.
    pub fn charge_file(&self) -> Result<(), ErrorCode> {
        charge(&self.files_made, 1, self.quota.files_max)
    }

    /// Gives it back: it was not made.
    pub fn refund_file(&self) {
        self.files_made.fetch_sub(1, Ordering::Relaxed);
    }

    /// Notes what was read.
    pub fn note_read(&self, bytes: usize) {
        self.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Adds what was done to `used`.
    pub fn add_to(&self, used: &mut FilesUsed) {
        used.bytes_read += self.bytes_read.load(Ordering::Relaxed);
        used.bytes_written += self.bytes_written.load(Ordering::Relaxed);
        used.files_made += self.files_made.load(Ordering::Relaxed);
    }
}

fn charge(spent: &AtomicU64, amount: u64, max: u64) -> Result<(), ErrorCode> {
    spent
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spent| {
            spent.checked_add(amount).filter(|total| *total <= max)
        })
        .map(|_| ())
        .map_err(|_| ErrorCode::Quota)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_hold_at_their_edges() {
        let account = Account::new(Quota {
            bytes_max: 10,
            files_max: 1,
        });
        assert_eq!(account.charge_bytes(10), Ok(()));
        assert_eq!(account.charge_bytes(0), Ok(()));
        assert_eq!(account.charge_bytes(1), Err(ErrorCode::Quota));
        assert_eq!(account.charge_bytes(u64::MAX), Err(ErrorCode::Quota));
        assert_eq!(account.charge_file(), Ok(()));
        assert_eq!(account.charge_file(), Err(ErrorCode::Quota));
        account.refund_file();
        assert_eq!(account.charge_file(), Ok(()));
        let mut used = FilesUsed::default();
        account.add_to(&mut used);
        assert_eq!((used.bytes_written, used.files_made), (10, 1));
    }
}
