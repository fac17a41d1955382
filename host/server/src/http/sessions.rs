//! The sessions of an account. rmcp serves each that is awake with three tasks and seven channels, which come to some 90 KB. So only
//! [`AWAKE_MAX`] are; of the others there is what their clients said when they opened them, and what they chose since then ([`Kept`]). Such
//! a session is opened again with its next request, as one that another host began, and its client sees nothing of it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::Stream;
use parking_lot::Mutex;
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        RestoreOutcome, ServerSseMessage, SessionId, SessionManager, SessionState, SessionStore,
        SessionStoreError,
        local::{LocalSessionManager, LocalSessionManagerError},
    },
};
use tokio::sync::Notify;

use super::stored::{OPENED_BYTES_MAX, Stored};
use crate::mcp::{Kept, outward};

/// How many sessions of an account are awake. Those beyond sleep that were used longest ago, unless something of theirs is under way.
pub const AWAKE_MAX: usize = 256;
/// How long a session may take to fall asleep.
const FALL_ASLEEP_MAX: Duration = Duration::from_secs(5);

tokio::task_local! {
    /// What the session of this request kept; or what it will keep, once something serves it.
    pub static KEPT: Mutex<Option<Kept>>;
}

/// Those of one account, on this host.
pub struct Sessions {
    awake: LocalSessionManager,
    idle: Duration,
    /// Those of all hosts, where there are several.
    stored: Option<Arc<Stored>>,
    book: Mutex<Book>,
    /// Told when one fell asleep.
    asleep: Notify,
}

#[derive(Default)]
struct Book {
    sessions: HashMap<SessionId, Session>,
    /// How many requests of each are under way.
    busy: HashMap<SessionId, usize>,
    falling_asleep: HashSet<SessionId>,
}

struct Session {
    is_awake: bool,
    used: Instant,
    kept: Option<Kept>,
    /// What its client said, as JSON. None before it is answered, and where it said too much: it stays awake.
    opened: Option<Box<str>>,
}

impl Book {
    /// Forgets those that slept for too long.
    fn forget(&mut self, idle: Duration) {
        self.sessions
            .retain(|_, session| session.is_awake || session.used.elapsed() < idle);
    }

    /// The one to fall asleep next, where too many are awake.
    fn next(&mut self) -> Option<SessionId> {
        let awake = self.sessions.iter().filter(|(_, session)| session.is_awake);
        let too_many = awake.count() > AWAKE_MAX;
        let able = self.sessions.iter().filter(|(id, session)| {
            let is_light = session.kept.as_ref().is_some_and(Kept::is_light);
            session.is_awake && session.opened.is_some() && is_light && !self.busy.contains_key(*id)
        });
        let next = able.min_by_key(|(_, session)| session.used);
        let id = next.filter(|_| too_many)?.0.clone();
        self.sessions.get_mut(&id)?.is_awake = false;
        self.falling_asleep.insert(id.clone());
        Some(id)
    }
}

/// A request of a session, until it is answered, and what it made has ended.
pub struct Using {
    sessions: Arc<Sessions>,
    id: SessionId,
}

impl Using {
    /// What the session keeps, where another host began it.
    pub fn keeps(&self, kept: Kept) {
        let mut book = self.sessions.book.lock();
        if let Some(session) = book.sessions.get_mut(&self.id) {
            session.kept.get_or_insert(kept);
        }
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        let mut book = self.sessions.book.lock();
        if let Some(count) = book.busy.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                book.busy.remove(&self.id);
            }
        }
        if let Some(session) = book.sessions.get_mut(&self.id) {
            session.used = Instant::now();
        }
    }
}

impl Sessions {
    /// None yet. Each is closed that is silent for `idle`.
    pub fn new(idle: Duration, stored: Option<Arc<Stored>>) -> Self {
        let mut awake = LocalSessionManager::default();
        awake.session_config.keep_alive = Some(idle);
        Self {
            awake,
            idle,
            stored,
            book: Mutex::default(),
            asleep: Notify::new(),
        }
    }

    /// A request of this session begins; with what the session kept.
    pub fn enter(self: &Arc<Self>, id: &str) -> (Using, Option<Kept>) {
        let id = SessionId::from(id);
        let mut book = self.book.lock();
        *book.busy.entry(id.clone()).or_default() += 1;
        let known = book.sessions.get(&id);
        let kept = known.and_then(|session| session.kept.clone());
        let sessions = self.clone();
        (Using { sessions, id }, kept)
    }

    /// How many there are, awake or not.
    pub fn count(&self) -> usize {
        let mut book = self.book.lock();
        book.forget(self.idle);
        book.sessions.len()
    }

    /// Their ids.
    pub fn ids(&self) -> Vec<String> {
        let mut book = self.book.lock();
        book.forget(self.idle);
        book.sessions.keys().map(ToString::to_string).collect()
    }

    fn woke(&self, id: &SessionId) {
        let kept = KEPT.try_with(|kept| kept.lock().clone()).ok().flatten();
        let mut book = self.book.lock();
        let session = book.sessions.entry(id.clone()).or_insert(Session {
            is_awake: true,
            used: Instant::now(),
            kept: None,
            opened: None,
        });
        session.is_awake = true;
        session.used = Instant::now();
        session.kept = kept.or(session.kept.take());
    }

    /// Has those fall asleep that are too many.
    async fn rest(&self) {
        loop {
            let next = self.book.lock().next();
            let Some(id) = next else { return };
            let handle = self.awake.sessions.write().await.remove(&id);
            let closed = match handle {
                Some(handle) => handle.close().await.is_ok(),
                None => false,
            };
            if !closed {
                // It ended by itself, and whoever served it may have told so before.
                self.fell_asleep(&id);
                self.book.lock().sessions.remove(&id);
            }
        }
    }

    /// Whether it was falling asleep.
    fn fell_asleep(&self, id: &SessionId) -> bool {
        let fell = self.book.lock().falling_asleep.remove(id);
        if fell {
            self.asleep.notify_waiters();
        }
        fell
    }

    /// Waits for a session that is falling asleep, since whoever serves it still tells its end.
    async fn is_settled(&self, id: &SessionId) {
        let settled = async {
            loop {
                let asleep = self.asleep.notified();
                tokio::pin!(asleep);
                asleep.as_mut().enable();
                if !self.book.lock().falling_asleep.contains(id) {
                    return;
                }
                asleep.await;
            }
        };
        if tokio::time::timeout(FALL_ASLEEP_MAX, settled)
            .await
            .is_err()
        {
            self.fell_asleep(id);
        }
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let (id, transport) = self.awake.create_session().await?;
        self.woke(&id);
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.awake
            .initialize_session(id, message)
            .await
            .map(outward)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        let is_falling_asleep = self.book.lock().falling_asleep.contains(id);
        if is_falling_asleep {
            self.is_settled(id).await;
        }
        self.awake.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        if self.fell_asleep(id) {
            return Ok(());
        }
        self.book.lock().sessions.remove(id);
        self.awake.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.awake.create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Self::Error> {
        self.awake.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.awake.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.awake.resume(id, last_event_id).await
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        let restored = self.awake.restore_session(id.clone()).await?;
        self.woke(&id);
        Ok(restored)
    }
}

/// Where rmcp looks for sessions that nothing serves.
pub struct Asleep(pub Arc<Sessions>);

#[async_trait]
impl SessionStore for Asleep {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let opened = {
            let mut book = self.0.book.lock();
            book.forget(self.0.idle);
            let known = book.sessions.get(id);
            known.and_then(|session| session.opened.clone())
        };
        if let Some(opened) = opened {
            let params = serde_json::from_str(&opened)?;
            // It makes room for itself.
            self.0.rest().await;
            return Ok(Some(SessionState::new(params)));
        }
        match &self.0.stored {
            Some(stored) => {
                let state = stored.load(id).await?;
                if let Some(state) = &state {
                    self.0.keep(id, state)?;
                }
                Ok(state)
            }
            None => Ok(None),
        }
    }

    async fn store(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        self.0.keep(id, state)?;
        self.0.rest().await;
        match &self.0.stored {
            Some(stored) => stored.store(id, state).await,
            None => Ok(()),
        }
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        self.0.book.lock().sessions.remove(id);
        match &self.0.stored {
            Some(stored) => stored.delete(id).await,
            None => Ok(()),
        }
    }
}

impl Sessions {
    /// Keeps what the client of a session said, unless that is too much.
    fn keep(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        let opened = serde_json::to_string(&state.initialize_params)?;
        if opened.len() > OPENED_BYTES_MAX {
            return Ok(());
        }
        let mut book = self.book.lock();
        let session = book.sessions.entry(id.into()).or_insert(Session {
            is_awake: false,
            used: Instant::now(),
            kept: None,
            opened: None,
        });
        session.opened = Some(opened.into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> SessionId {
        number.to_string().into()
    }

    /// A book with so many that are awake, each used later than the one before.
    fn book(awake: usize) -> Book {
        let began = Instant::now();
        let sessions = (0..awake).map(|number| {
            let session = Session {
                is_awake: true,
                used: began + Duration::from_millis(number as u64),
                kept: Some(Kept::nothing()),
                opened: Some("{}".into()),
            };
            (id(number), session)
        });
        Book {
            sessions: sessions.collect(),
            ..Book::default()
        }
    }

    #[test]
    fn so_many_are_awake_and_those_used_longest_ago_sleep_first() {
        assert_eq!(book(AWAKE_MAX).next(), None);
        let mut book = book(AWAKE_MAX + 1);
        book.busy.insert(id(0), 1);
        book.sessions.get_mut(&id(1)).unwrap().opened = None;
        book.sessions.get_mut(&id(2)).unwrap().kept = None;
        assert_eq!(book.next(), Some(id(3)));
        assert!(book.falling_asleep.contains(&id(3)));
        assert_eq!(book.next(), None);
    }

    #[test]
    fn those_that_sleep_are_forgotten_in_time() {
        let idle = Duration::from_secs(60);
        let mut book = book(2);
        for session in book.sessions.values_mut() {
            session.used = Instant::now() - idle;
        }
        book.sessions.get_mut(&id(0)).unwrap().is_awake = false;
        book.forget(idle + Duration::from_secs(60));
        assert_eq!(book.sessions.len(), 2);
        book.forget(idle);
        assert!(book.sessions.contains_key(&id(1)) && book.sessions.len() == 1);
    }
}
