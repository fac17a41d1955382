//! The two places where state is kept: a file of this machine, or the database that several share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;

use super::{
    database,
    store::{Store, StoreError},
};
use crate::shared::Shared;

/// Where it is kept, open.
#[derive(Debug)]
pub enum Kept {
    File(Store),
    Database(Shared),
}

impl Kept {
    pub fn get(&self, session: &str, key: &str) -> Result<Option<Box<RawValue>>, StoreError> {
        match self {
            Self::File(store) => store.get(session, key, now_ms()),
            Self::Database(shared) => database::get(shared, session, key),
        }
    }

    pub fn set(
        &self,
        session: &str,
        key: &str,
        value: &str,
        ttl: Option<Duration>,
    ) -> Result<(), StoreError> {
        match self {
            Self::File(store) => {
                let now = now_ms();
                let expires_ms = ttl.map(|ttl| now.saturating_add(ttl.as_millis() as u64));
                store.set(session, key, value, expires_ms, now)
            }
            Self::Database(shared) => database::set(shared, session, key, value, ttl),
        }
    }

    pub fn compare_and_set(
        &self,
        session: &str,
        key: &str,
        expected: Option<&RawValue>,
        new: &str,
    ) -> Result<bool, StoreError> {
        match self {
            Self::File(store) => store.compare_and_set(session, key, expected, new, now_ms()),
            Self::Database(shared) => {
                database::compare_and_set(shared, session, key, expected, new)
            }
        }
    }

    pub fn delete(&self, session: &str, key: &str) -> Result<bool, StoreError> {
        match self {
            Self::File(store) => store.delete(session, key, now_ms()),
            Self::Database(shared) => database::delete(shared, session, key),
        }
    }

    pub fn keys(&self, session: &str, prefix: &str) -> Result<Vec<String>, StoreError> {
        match self {
            Self::File(store) => store.keys(session, prefix, now_ms()),
            Self::Database(shared) => database::keys(shared, session, prefix),
        }
    }
}

/// Milliseconds since 1970; values outlive the process, so a clock that does not is of no use.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as u64
}
