//! What programs keep from one call to the next: the sandbox's `State`, in an SQLite file that
//! several processes of one user may share.

mod same;
mod store;

#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use serde_json::value::RawValue;
use vesicle_sandbox::{CapabilityError, State};

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
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    file: Option<PathBuf>,
    session: String,
    store: OnceLock<Store>,
}

impl SessionState {
    /// What `session` keeps in `file`. Without a file nothing can be kept.
    pub fn new(file: Option<PathBuf>, session: String) -> Self {
        let store = OnceLock::new();
        Self {
            shared: Arc::new(Shared {
                file,
                session,
                store,
            }),
        }
    }

    /// What a plugin of the same account keeps in the same file: a session of its own, whose name no program's can have.
    pub fn of_plugin(&self, plugin: &str) -> Self {
        let session = match self.shared.session.starts_with(ACCOUNT) {
            true => format!("{}:plugin:{plugin}", self.shared.session),
            false => format!("plugin:{plugin}"),
        };
        Self::new(self.shared.file.clone(), session)
    }

    /// What an account keeps in the same file, likewise.
    pub fn of_account(&self, account: &str) -> Self {
        Self::new(self.shared.file.clone(), format!("{ACCOUNT}{account}"))
    }

    /// Runs `work` where waiting for a disk keeps nobody else waiting.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, &str, u64) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, CapabilityError> {
        let shared = self.shared.clone();
        let worked = tokio::task::spawn_blocking(move || {
            let store = shared.open()?;
            work(store, &shared.session, now_ms())
        });
        match worked.await {
            Ok(done) => done.map_err(CapabilityError::from),
            Err(_) => Err(CapabilityError::Failed(
                "the store of the state stopped".to_owned(),
            )),
        }
    }
}

impl Shared {
    fn open(&self) -> Result<&Store, StoreError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let file = self.file.as_ref().ok_or(StoreError::NoFile)?;
        let opened = Store::open(file)?;
        // Another call may have been first; one of the two connections is closed then.
        Ok(self.store.get_or_init(|| opened))
    }
}

#[async_trait]
impl State for SessionState {
    async fn get(&self, key: &str) -> Result<Option<Box<RawValue>>, CapabilityError> {
        let key = checked_key(key)?;
        self.with(move |store, session, now| store.get(session, &key, now))
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
        self.with(move |store, session, now| {
            let expires_ms = ttl.map(|ttl| now.saturating_add(ttl.as_millis() as u64));
            store.set(session, &key, &value, expires_ms, now)
        })
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
        self.with(move |store, session, now| {
            store.compare_and_set(session, &key, expected.as_deref(), &new, now)
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<bool, CapabilityError> {
        let key = checked_key(key)?;
        self.with(move |store, session, now| store.delete(session, &key, now))
            .await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CapabilityError> {
        let prefix = prefix.to_owned();
        self.with(move |store, session, now| store.keys(session, &prefix, now))
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

/// Milliseconds since 1970; values outlive the process, so a clock that does not is of no use.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as u64
}
