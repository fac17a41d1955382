//! What programs keep from one call to the next: the sandbox's `State`, in an SQLite file that several processes of one user
//! may share, or in the database of the memory, which hosts of several machines share.

mod database;
mod kept;
mod same;
mod store;

#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::value::RawValue;
use vesicle_sandbox::{CapabilityError, State};

use crate::shared::Shared;
use kept::Kept;
use store::{Store, StoreError};

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 512;
/// The longest value, in bytes of JSON.
pub const VALUE_BYTES_MAX: usize = 256 * 1024;
/// How many keys one session may have.
pub const KEYS_MAX: u64 = 1_000;
/// What all keys and values of one session may come to, in bytes.
pub const SESSION_BYTES_MAX: u64 = 8 << 20;

/// What the sessions of accounts begin with; no name that a user chooses has a colon.
const ACCOUNT: &str = "account:";

/// The state of one session. It is opened when it is first used, since most programs keep nothing.
#[derive(Debug, Clone)]
pub struct SessionState {
    opened: Arc<Opened>,
}

#[derive(Debug)]
struct Opened {
    place: Place,
    session: String,
    kept: OnceLock<Kept>,
}

/// Where the state of a host is kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// In this file; nowhere without one.
    File(Option<PathBuf>),
    /// In the database that hosts share.
    Database(Shared),
}

impl SessionState {
    /// What `session` keeps in this place.
    pub fn new(place: Place, session: String) -> Self {
        let kept = OnceLock::new();
        Self {
            opened: Arc::new(Opened {
                place,
                session,
                kept,
            }),
        }
    }

    /// What a plugin of the same account keeps in the same place: a session of its own, whose name no program's can have.
    pub fn of_plugin(&self, plugin: &str) -> Self {
        let session = match self.opened.session.starts_with(ACCOUNT) {
            true => format!("{}:plugin:{plugin}", self.opened.session),
            false => format!("plugin:{plugin}"),
        };
        Self::new(self.opened.place.clone(), session)
    }

    /// What an account keeps in the same place, likewise.
    pub fn of_account(&self, account: &str) -> Self {
        Self::new(self.opened.place.clone(), format!("{ACCOUNT}{account}"))
    }

    /// Runs `work` where waiting for a disk or a database keeps nobody else waiting.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Kept, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, CapabilityError> {
        let opened = self.opened.clone();
        let worked = tokio::task::spawn_blocking(move || work(opened.open()?, &opened.session));
        match worked.await {
            Ok(done) => done.map_err(CapabilityError::from),
            Err(_) => Err(CapabilityError::Failed(
                "the store of the state stopped".to_owned(),
            )),
        }
    }
}

impl Opened {
    fn open(&self) -> Result<&Kept, StoreError> {
        if let Some(kept) = self.kept.get() {
            return Ok(kept);
        }
        let opened = match &self.place {
            Place::File(file) => Kept::File(Store::open(file.as_ref().ok_or(StoreError::NoFile)?)?),
            Place::Database(shared) => Kept::Database(shared.clone()),
        };
        // Another call may have been first; one of the two connections is closed then.
        Ok(self.kept.get_or_init(|| opened))
    }
}

#[async_trait]
impl State for SessionState {
    async fn get(&self, key: &str) -> Result<Option<Box<RawValue>>, CapabilityError> {
        let key = checked_key(key)?;
        self.with(move |kept, session| kept.get(session, &key))
            .await
    }

    async fn set(
        &self,
        key: &str,
        value: &RawValue,
        ttl: Option<Duration>,
    ) -> Result<(), CapabilityError> {
        let key = checked_key(key)?;
        let value = checked_value(value)?;
        self.with(move |kept, session| kept.set(session, &key, &value, ttl))
            .await
    }

    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&RawValue>,
        new: &RawValue,
    ) -> Result<bool, CapabilityError> {
        let key = checked_key(key)?;
        let new = checked_value(new)?;
        let expected = expected.map(ToOwned::to_owned);
        self.with(move |kept, session| {
            kept.compare_and_set(session, &key, expected.as_deref(), &new)
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<bool, CapabilityError> {
        let key = checked_key(key)?;
        self.with(move |kept, session| kept.delete(session, &key))
            .await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CapabilityError> {
        let prefix = prefix.to_owned();
        self.with(move |kept, session| kept.keys(session, &prefix))
            .await
    }
}

fn checked_key(key: &str) -> Result<String, CapabilityError> {
    match key.len() {
        0 => Err(CapabilityError::InvalidInput(
            "a key of the state is not empty".to_owned(),
        )),
        length if length > KEY_BYTES_MAX => Err(CapabilityError::InvalidInput(format!(
            "a key of the state has at most {KEY_BYTES_MAX} bytes, and this one has {length}"
        ))),
        _ => Ok(key.to_owned()),
    }
}

fn checked_value(value: &RawValue) -> Result<String, CapabilityError> {
    match value.get().len() {
        length if length > VALUE_BYTES_MAX => Err(CapabilityError::LimitExceeded(format!(
            "a value of the state has at most {VALUE_BYTES_MAX} bytes of JSON, and this one has {length}; keep it in parts"
        ))),
        _ => Ok(value.get().to_owned()),
    }
}
