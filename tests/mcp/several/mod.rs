//! Several hosts on one database, behind one proxy, as on several machines: real processes, PostgreSQL and nginx.

mod away;
mod failing;
mod one_of_all;
mod outliving;
mod proxy;
mod state;
mod together;

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Answer, HttpHost, stateless, vesicle};
use crate::postgresql;
use proxy::Proxy;

/// Hosts that share a database and a directory of plugins, and nothing else.
pub struct Hosts {
    pub all: Vec<HttpHost>,
    pub proxy: Proxy,
    pub token: String,
    database: String,
    _plugins: TempDir,
}

impl Hosts {
    /// Three of them, which one account may use.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// The same, with more under [http] in their configuration.
    pub fn start_with(http: &str) -> Self {
        let server = postgresql::shared();
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let database = format!("several_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server.sql("postgres", &format!("CREATE DATABASE {database}"));
        let plugins = TempDir::new().unwrap();
        // There before the hosts are, so that none refuses it at first.
        let token = Mutex::new(None);
        let make = |data: &Path| {
            let create = || vesicle(data, &["token", "create", "--name", "ci"]);
            token.lock().get_or_insert_with(create);
        };
        let all: Vec<_> = ["a", "b", "c"]
            .iter()
            .map(|name| {
                let toml = configuration(&server_url(&database), plugins.path(), name) + http;
                HttpHost::start_with(&toml, &make, &[])
            })
            .collect();
        let addresses: Vec<_> = all.iter().map(HttpHost::address).collect();
        let proxy = Proxy::start(&addresses);
        Self {
            token: format!("Bearer {}", token.into_inner().unwrap()),
            all,
            proxy,
            database,
            _plugins: plugins,
        }
    }

    /// Runs SQL in their database.
    pub fn sql(&self, sql: &str) -> String {
        postgresql::shared().sql(&self.database, sql)
    }

    /// Waits until every host lets the account in.
    pub async fn know_the_token(&self) {
        for host in &self.all {
            let list = stateless("tools/list", json!({}));
            let headers = [
                ("authorization", self.token.as_str()),
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-method", "tools/list"),
            ];
            wait_for("the token is known", async || {
                host.post(&list, &headers).await.status == 200
            })
            .await;
        }
    }

    /// What a request of this session carries.
    pub fn in_session<'h>(&'h self, id: &'h str) -> [(&'h str, &'h str); 3] {
        [
            ("authorization", &self.token),
            ("mcp-session-id", id),
            ("mcp-protocol-version", "2025-11-25"),
        ]
    }

    /// Posts a message to whichever host is next.
    pub async fn post(&self, message: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("authorization", self.token.as_str())];
        all.extend(headers);
        crate::http::post(&format!("{}/mcp", self.proxy.url), message, &all).await
    }

    /// Calls a tool on whichever host is next, without a session.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Answer {
        let message = stateless("tools/call", json!({"name": tool, "arguments": arguments}));
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        self.post(&message, &headers).await
    }

    /// Runs a program on whichever host is next; what it returned.
    pub async fn run(&self, code: &str) -> Value {
        let answer = self
            .call("execute_agent_code", &json!({"code": code}))
            .await;
        let message = answer.message();
        let result = &message["result"]["structuredContent"];
        assert_eq!(result["status"], "success", "{message}");
        result["output"].clone()
    }
}

fn server_url(database: &str) -> String {
    let directory = postgresql::shared().directory().display();
    format!("postgres://postgres:open%20sesame@/{database}?host={directory}&port=5432")
}

fn configuration(url: &str, plugins: &Path, name: &str) -> String {
    let place = plugins.display();
    format!(
        "[memory]\nurl = \"{url}\"\n\
         [auth]\nrequired = true\n\
         [audit]\nhost = \"{name}\"\n\
         [plugins]\ndir = \"{place}/plugins\"\ngrants = \"{place}/grants.toml\"\ntrusted_keys = \"{place}/keys.toml\"\n\
         [http]\nallowed_hosts = [\"vesicle.test\"]\n"
    )
}

/// Longer than it takes to be told, and shorter than until a host would have asked itself.
const TOLD_MAX: Duration = Duration::from_secs(4);

/// Waits until it is so.
pub async fn wait_for(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < TOLD_MAX, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
