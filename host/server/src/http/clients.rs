//! The services of accounts: each has one of its own, so that no session, state, memory or call of one account can be named
//! by another.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroU32,
    sync::Arc,
    time::SystemTime,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{
    Bounds,
    dashboard::{LISTENERS_MAX, Seen},
    sessions::Sessions,
    stored::Stored,
};
use crate::{
    accounts::{Account, Admitted, IssuedToken, Tokens},
    mcp::Server,
    shared::Shared,
};

/// What makes the handlers of an account's requests; of everybody's, where there are no accounts.
pub struct Tenants {
    /// The accounts that the configuration describes.
    pub accounts: Vec<Account>,
    /// Makes what makes a handler: for each session, or for each request where there are no sessions.
    pub servers: MakeServers,
}

/// Makes what makes a handler for an account, and what of it the dashboard shows.
pub type MakeServers = Box<dyn Fn(Option<&Account>) -> (MakeServer, Seen) + Send + Sync>;

/// Makes a handler.
pub type MakeServer = Box<dyn Fn() -> Server + Send + Sync>;

/// All accounts that were seen.
pub struct Clients {
    tenants: Tenants,
    bounds: Bounds,
    closing: CancellationToken,
    /// Where sessions are told to other hosts.
    shared: Option<Shared>,
    known: Mutex<HashMap<Account, Arc<Client>>>,
    /// Where there are no accounts.
    anybody: Arc<Client>,
}

/// Whose request it is, for those that answer it.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<str>);

/// One account in use.
pub struct Client {
    /// Whose it is.
    pub account: Option<Account>,
    /// What answers its requests.
    pub service: StreamableHttpService<Server, Sessions>,
    /// Its sessions.
    pub sessions: Arc<Sessions>,
    /// Its sessions on all hosts, where there are several.
    pub stored: Option<Arc<Stored>>,
    /// How many it may have.
    pub sessions_max: usize,
    /// Turns of its calls.
    pub turns: Arc<Semaphore>,
    /// How often it may call.
    pub rate: Arc<DefaultDirectRateLimiter>,
    /// What the dashboard shows of it.
    pub seen: Arc<Seen>,
    /// Places of those who follow what happens.
    pub listeners: Arc<Semaphore>,
}

impl Clients {
    /// Nobody was seen yet.
    pub fn new(
        tenants: Tenants,
        bounds: Bounds,
        closing: CancellationToken,
        shared: Option<Shared>,
    ) -> Self {
        let anybody = Arc::new(client(&tenants, None, &bounds, &closing, shared.as_ref()));
        Self {
            tenants,
            bounds,
            closing,
            shared,
            known: Mutex::default(),
            anybody,
        }
    }

    /// The one for requests that show no token, where none is needed.
    pub fn anybody(&self) -> Arc<Client> {
        self.anybody.clone()
    }

    /// The one of the account that was let in.
    pub fn of(&self, admitted: &Admitted) -> Arc<Client> {
        let described = self.tenants.accounts.iter();
        let described = described
            .into_iter()
            .find(|account| account.name == admitted.account);
        let mut account = described.cloned().unwrap_or_else(|| Account {
            profile: admitted.profile.clone(),
            ..Account::named(&admitted.account)
        });
        if admitted.narrowed.is_some() {
            account.profile = admitted.narrowed.clone();
            account.admin = false;
        }
        self.client(account)
    }

    /// Those of all accounts that are described or have one of these tokens, by name.
    pub fn all(&self, tokens: Option<&Tokens>) -> Vec<Arc<Client>> {
        let described = self.tenants.accounts.iter();
        let mut all: BTreeMap<String, Arc<Client>> = described
            .map(|account| (account.name.clone(), self.client(account.clone())))
            .collect();
        let now = SystemTime::now();
        let tokens = tokens.into_iter().flat_map(Tokens::tokens);
        for token in tokens.filter(|token| !token.is_over(now)) {
            all.entry(token.account.clone())
                .or_insert_with(|| self.of_token(token));
        }
        all.into_values().collect()
    }

    fn of_token(&self, token: &IssuedToken) -> Arc<Client> {
        self.client(Account {
            profile: token.profile.clone(),
            ..Account::named(&token.account)
        })
    }

    fn client(&self, account: Account) -> Arc<Client> {
        let mut known = self.known.lock();
        if let Some(client) = known.get(&account) {
            return client.clone();
        }
        let mut made = client(
            &self.tenants,
            Some(account.clone()),
            &self.bounds,
            &self.closing,
            self.shared.as_ref(),
        );
        // Whatever its profile, it is one account and has one share.
        let same = known.iter().find(|(known, _)| known.name == account.name);
        if let Some((_, same)) = same {
            made.turns = same.turns.clone();
            made.rate = same.rate.clone();
            made.listeners = same.listeners.clone();
        }
        let client = Arc::new(made);
        known.insert(account, client.clone());
        client
    }

    /// All that were seen.
    pub fn seen(&self) -> Vec<Arc<Client>> {
        let known = self.known.lock();
        known.values().chain([&self.anybody]).cloned().collect()
    }

    /// How many sessions are open.
    pub async fn sessions(&self) -> usize {
        let mut count = 0;
        for client in self.seen() {
            count += client.sessions.sessions.read().await.len();
        }
        count
    }
}

impl Client {
    /// Whether it has as many sessions as it may have, on all hosts. One that cannot be asked does not count.
    pub async fn has_all_sessions(&self) -> bool {
        if self.sessions.sessions.read().await.len() >= self.sessions_max {
            return true;
        }
        match &self.stored {
            Some(stored) => stored
                .count()
                .await
                .is_ok_and(|count| count >= self.sessions_max),
            None => false,
        }
    }
}

fn client(
    tenants: &Tenants,
    account: Option<Account>,
    bounds: &Bounds,
    closing: &CancellationToken,
    shared: Option<&Shared>,
) -> Client {
    let sessions = Arc::new(Sessions::new(bounds.session_idle));
    // By which names and from where requests come was looked at before they come here.
    let mut config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_json_response(true)
        .with_max_request_body_bytes(bounds.body_bytes)
        .with_cancellation_token(closing.child_token());
    let stored = shared.map(|shared| {
        let name = account.as_ref().map(|account| &*account.name);
        Arc::new(Stored::new(shared.clone(), name))
    });
    if let Some(stored) = &stored {
        config.session_store = Some(stored.clone());
    }
    let (server, seen) = (tenants.servers)(account.as_ref());
    let service = StreamableHttpService::new(move || Ok(server()), sessions.clone(), config);
    let (at_once, per_minute) = match &account {
        Some(account) => (account.calls_at_once, account.calls_per_minute),
        None => (Semaphore::MAX_PERMITS as u64, u32::MAX.into()),
    };
    let per_minute = u32::try_from(per_minute).unwrap_or(u32::MAX);
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    Client {
        account,
        service,
        sessions,
        stored,
        sessions_max: bounds.sessions,
        turns: Arc::new(Semaphore::new(at_once as usize)),
        rate: Arc::new(RateLimiter::direct(quota)),
        seen: Arc::new(seen),
        listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
    }
}
