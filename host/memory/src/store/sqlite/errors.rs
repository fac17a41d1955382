//! What SQLite's errors mean for whoever uses the memory.

use rusqlite::ErrorCode;

use super::BUSY_TIMEOUT;
use crate::Error;

/// What an error of SQLite means.
pub fn store(error: rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(failure, message) = &error else {
        return Error::Store(error.to_string());
    };
    match failure.code {
        ErrorCode::DiskFull => Error::Full,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy {
            seconds: BUSY_TIMEOUT.as_secs(),
        },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            Error::Damaged(message.clone().unwrap_or_else(|| error.to_string()))
        }
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            Error::Unavailable(format!(
                "the memory's file cannot be written ({error}); look whether its directory is there and writable"
            ))
        }
        _ => Error::Store(error.to_string()),
    }
}
