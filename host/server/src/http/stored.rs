//! Sessions that any host can go on with: how a client opened one is kept in the database that hosts share, and a host that
//! does not know the session opens it again by that (rmcp's `SessionStore`). What a session does is kept by account, in the memory,
//! the state and the plugins, so that nothing else has to follow it.
//!
//! What still belongs to one host is a stream: progress, and questions of the host, go to the one that has the call.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rmcp::transport::streamable_http_server::session::{
    SessionManager as _, SessionState, SessionStore, SessionStoreError,
};
use tokio::{sync::mpsc, task::AbortHandle};
use vesicle_memory::{Error, database::Listening};

use super::{clients::Client, gate::Gate};
use crate::shared::Shared;

/// Where the end of a session is told.
const CHANNEL: &str = "vesicle_sessions";
/// The longest id that is looked for, in bytes. Our own have 36.
const ID_BYTES_MAX: usize = 128;
/// How much is kept of how a session was opened, in bytes of JSON. One that said more is known to its host alone.
pub const OPENED_BYTES_MAX: usize = 64 << 10;
/// How many ends of sessions may wait to be looked at. What is beyond ends by its time.
const ENDED_MAX: usize = 1_024;

/// Those of one account.
pub struct Stored {
    shared: Shared,
    /// Empty where there are no accounts.
    account: String,
}

impl Stored {
    /// Those of `account`.
    pub fn new(shared: Shared, account: Option<&str>) -> Self {
        Self {
            shared,
            account: account.unwrap_or_default().to_owned(),
        }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared, &str) -> Result<T, SessionStoreError> + Send + 'static,
    ) -> Result<T, SessionStoreError> {
        let (shared, account) = (self.shared.clone(), self.account.clone());
        tokio::task::spawn_blocking(move || work(&shared, &account)).await?
    }

    /// How many there are on all hosts.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn count(&self) -> Result<usize, SessionStoreError> {
        self.with(|shared, account| {
            let session = shared.session()?;
            let row = session.row(
                "SELECT count(*) FROM sessions WHERE account = $1",
                &[&account],
            )?;
            Ok(row.map_or(0, |row| row.get::<_, i64>(0)) as usize)
        })
        .await
    }

    /// These are in use.
    async fn touch(&self, ids: Vec<String>) -> Result<(), SessionStoreError> {
        self.with(move |shared, account| {
            let touch =
                "UPDATE sessions SET used = clock_timestamp() WHERE account = $1 AND id = ANY($2)";
            shared.session()?.execute(touch, &[&account, &ids])?;
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl SessionStore for Stored {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        if id.len() > ID_BYTES_MAX {
            return Ok(None);
        }
        let id = id.to_owned();
        self.with(move |shared, account| {
            let load = "UPDATE sessions SET used = clock_timestamp() WHERE account = $1 AND id = $2 RETURNING opened";
            let row = shared.session()?.row(load, &[&account, &id])?;
            let opened = row.map(|row| serde_json::from_str(row.get(0)));
            Ok(opened.transpose()?)
        })
        .await
    }

    async fn store(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        let (id, opened) = (id.to_owned(), serde_json::to_string(state)?);
        if opened.len() > OPENED_BYTES_MAX {
            let length = opened.len();
            return Err(format!(
                "what the client said of itself has {length} bytes, and {OPENED_BYTES_MAX} are kept"
            )
            .into());
        }
        self.with(move |shared, account| {
            let store = "INSERT INTO sessions (account, id, opened) VALUES ($1, $2, $3)
                ON CONFLICT (account, id) DO UPDATE SET opened = $3, used = clock_timestamp()";
            shared
                .session()?
                .execute(store, &[&account, &id, &opened])?;
            Ok(())
        })
        .await
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        let id = id.to_owned();
        self.with(move |shared, account| {
            let session = shared.session()?;
            let delete = "DELETE FROM sessions WHERE account = $1 AND id = $2";
            if session.execute(delete, &[&account, &id])? > 0 {
                let told = format!("{account} {id}");
                session.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, &told])?;
            }
            Ok(())
        })
        .await
    }
}

/// Ends with the host.
pub struct Tending {
    _listening: Listening,
    task: AbortHandle,
}

impl Drop for Tending {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ends sessions here that were ended on another host, keeps those in the database that are in use here, and forgets those
/// that nobody uses.
///
/// # Errors
/// The database's certificates cannot be used.
pub fn tend(shared: &Shared, gate: Arc<Gate>, idle: Duration) -> Result<Tending, Error> {
    let (to, mut ended) = mpsc::channel::<String>(ENDED_MAX);
    let listening = shared.listen(CHANNEL, move |told| {
        let _ = to.try_send(told.to_owned());
    })?;
    let shared = shared.clone();
    let tending = tokio::spawn(async move {
        let mut turn = tokio::time::interval((idle / 4).max(Duration::from_secs(1)));
        loop {
            tokio::select! {
                told = ended.recv() => match told {
                    Some(told) => end(&gate, &told).await,
                    None => return,
                },
                _ = turn.tick() => tidy(&gate, &shared, idle).await,
            }
        }
    });
    Ok(Tending {
        _listening: listening,
        task: tending.abort_handle(),
    })
}

async fn end(gate: &Gate, told: &str) {
    let Some((account, id)) = told.split_once(' ') else {
        return;
    };
    for client in gate.clients.seen() {
        let is_meant = client.account.as_ref().map_or("", |account| &account.name) == account;
        if is_meant && let Err(error) = client.sessions.close_session(&id.into()).await {
            tracing::debug!(%error, "a session that was ended elsewhere");
        }
    }
}

async fn tidy(gate: &Gate, shared: &Shared, idle: Duration) {
    for client in gate.clients.seen() {
        let Client {
            stored: Some(stored),
            sessions,
            ..
        } = &*client
        else {
            continue;
        };
        let ids = sessions.ids();
        if !ids.is_empty()
            && let Err(error) = stored.touch(ids).await
        {
            tracing::debug!(%error, "sessions in use");
        }
    }
    let shared = shared.clone();
    let forgetting = tokio::task::spawn_blocking(move || {
        let forget =
            "DELETE FROM sessions WHERE used < clock_timestamp() - make_interval(secs => $1)";
        let idle = idle.as_secs_f64();
        shared.session()?.execute(forget, &[&idle])
    });
    if let Ok(Err(error)) = forgetting.await {
        tracing::debug!(%error, "sessions that nobody uses");
    }
}
