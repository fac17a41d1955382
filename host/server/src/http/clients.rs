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
    sessions::{Asleep, KEPT, Sessions},
    stored::Stored,
};
use crate::{
    accounts::{Account, Admitted, CALLS_PER_MINUTE_DEFAULT, IssuedToken, Tokens},
    audit::Audit,
    mcp::{Kept, Server},
    shared::Shared,
};

/// What makes the handlers of an account's requests; of everybody's, where there are no accounts.
pub struct Tenants {
    /// The accounts that the configuration describes.
    pub accounts: Vec<Account>,
    /// Makes what makes a handler: for each session, or for each request where there are no sessions.
    pub servers: MakeServers,
    /// Where refusals are logged.
    pub audit: Audit,
}

/// Makes what makes a handler for an account, and what of it the dashboard shows.
pub type MakeServers = Box<dyn Fn(Option<&Account>) -> (MakeServer, Seen) + Send + Sync>;

/// Makes a handler for a session that kept this, and tells what it keeps from then on.
pub type MakeServer = Box<dyn Fn(Option<Kept>) -> (Server, Kept) + Send + Sync>;

/// All accounts that were seen.
pub struct Clients {
    tenants: Tenants,
    bounds: Bounds,
    closing: CancellationToken,
    /// Where sessions are told to other hosts.
    shared: Option<Shared>,
    known: Mutex<HashMap<Account, Arc<Client>>>,
    /// How often accounts may call, by name.
    rates: Mutex<HashMap<String, Arc<DefaultDirectRateLimiter>>>,
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
            rates: Mutex::default(),
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

    /// Counts calls of an account that another host let in. Those beyond what it may call count no further.
    pub fn called_elsewhere(&self, account: &str, calls: u32) {
        let rate = self.rate(account);
        for _ in 0..calls {
            if rate.check().is_err() {
                return;
            }
        }
    }

    /// How often an account may call, whatever its profile: it is one account and has one share.
    fn rate(&self, account: &str) -> Arc<DefaultDirectRateLimiter> {
        let mut rates = self.rates.lock();
        if let Some(rate) = rates.get(account) {
            return rate.clone();
        }
        let described = self.tenants.accounts.iter();
        let described = described
            .into_iter()
            .find(|described| described.name == account);
        let per_minute = described.map_or(CALLS_PER_MINUTE_DEFAULT, |it| it.calls_per_minute);
        let rate = rate(per_minute);
        rates.insert(account.to_owned(), rate.clone());
        rate
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
        made.rate = self.rate(&account.name);
        // Whatever its profile, it is one account and has one share.
        let same = known.iter().find(|(known, _)| known.name == account.name);
        if let Some((_, same)) = same {
            made.turns = same.turns.clone();
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
    pub fn sessions(&self) -> usize {
        let seen = self.seen();
        seen.iter().map(|client| client.sessions.count()).sum()
    }
}

impl Client {
    /// Whether it has as many sessions as it may have, on all hosts. One that cannot be asked does not count.
    pub async fn has_all_sessions(&self) -> bool {
        if self.sessions.count() >= self.sessions_max {
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
    let sessions = Arc::new(Sessions::new(bounds.session_idle, stored.clone()));
    config.session_store = Some(Arc::new(Asleep(sessions.clone())));
    let (server, seen) = (tenants.servers)(account.as_ref());
    let serve = move || {
        let of_session = |kept: &Mutex<Option<Kept>>| {
            let mut kept = kept.lock();
            let (server, keeps) = server(kept.take());
            *kept = Some(keeps);
            server
        };
        Ok(KEPT.try_with(of_session).unwrap_or_else(|_| server(None).0))
    };
    let service = StreamableHttpService::new(serve, sessions.clone(), config);
    let (at_once, per_minute) = match &account {
        Some(account) => (account.calls_at_once, account.calls_per_minute),
        None => (Semaphore::MAX_PERMITS as u64, u32::MAX.into()),
    };
    Client {
        account,
        service,
        sessions,
        stored,
        sessions_max: bounds.sessions,
        turns: Arc::new(Semaphore::new(at_once as usize)),
        rate: rate(per_minute),
        seen: Arc::new(seen),
        listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
    }
}

fn rate(per_minute: u64) -> Arc<DefaultDirectRateLimiter> {
    let per_minute = u32::try_from(per_minute).unwrap_or(u32::MAX);
    let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
    Arc::new(RateLimiter::direct(quota))
}
