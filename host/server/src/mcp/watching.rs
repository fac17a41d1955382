//! Telling clients what changed: in sessions on their own, and from 2026-07-28 on through `subscriptions/listen`.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rmcp::{
    ErrorData, RoleServer,
    service::{Peer, SubscriptionContext, SubscriptionSink},
};
use tokio::sync::watch;

use super::{Host, execute};

/// How long changes of the servers gather before clients are told: while servers start, there are many.
const CHANGES_GATHER: Duration = Duration::from_millis(100);
/// How many resources a session may watch.
pub const WATCHED_MAX: usize = 1_000;
/// The longest address that is watched, in bytes.
pub const WATCHED_BYTES_MAX: usize = 8 << 10;

/// The resources that a session watches.
#[derive(Debug, Default)]
pub struct Watched(Mutex<BTreeSet<String>>);

impl Watched {
    /// One more.
    ///
    /// # Errors
    /// There are too many, or it is too long.
    pub fn add(&self, uri: String) -> Result<(), ErrorData> {
        let mut all = self.0.lock();
        let why = if uri.len() > WATCHED_BYTES_MAX {
            format!("an address may have {WATCHED_BYTES_MAX} bytes")
        } else if all.len() >= WATCHED_MAX && !all.contains(&uri) {
            format!("a session may watch {WATCHED_MAX} resources; unsubscribe from some")
        } else {
            all.insert(uri);
            return Ok(());
        };
        Err(ErrorData::invalid_params(why, None))
    }

    /// No longer.
    pub fn remove(&self, uri: &str) {
        self.0.lock().remove(uri);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().iter().cloned().collect()
    }
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Tools of servers, or how many there are.
    Servers,
    /// Plugins: with them tools, prompts and resources.
    Plugins,
}

/// Changes, as they come.
struct Changes {
    plugins: Option<watch::Receiver<u64>>,
    servers: Option<watch::Receiver<u64>>,
    host: Arc<Host>,
    shown: Vec<(String, usize)>,
}

impl Changes {
    async fn new(host: &Arc<Host>) -> Self {
        if let Some(plugins) = &host.plugins {
            // What is there now is what changes are told from.
            plugins.shelf().await;
        }
        let bridge = host.toolbox.bridge().ok();
        let bridge = bridge.filter(|_| !host.toolbox.is_empty());
        let plugins = host.plugins.as_ref();
        Self {
            plugins: plugins.map(|plugins| plugins.dispatcher.changes()),
            servers: bridge.map(vesicle_bridge::Bridge::changes),
            shown: execute::servers(&host.policy, &host.toolbox),
            host: Arc::clone(host),
        }
    }

    /// The next; never where nothing can change any more.
    async fn next(&mut self) -> Change {
        loop {
            let plugins = changed(&mut self.plugins);
            let servers = changed(&mut self.servers);
            tokio::select! {
                () = plugins => return Change::Plugins,
                () = servers => {
                    tokio::time::sleep(CHANGES_GATHER).await;
                    let now = execute::servers(&self.host.policy, &self.host.toolbox);
                    if now != self.shown {
                        self.shown = now;
                        return Change::Servers;
                    }
                }
            }
        }
    }
}

async fn changed(receiver: &mut Option<watch::Receiver<u64>>) {
    let is_alive = match receiver {
        Some(receiver) => receiver.changed().await.is_ok(),
        None => std::future::pending().await,
    };
    if !is_alive {
        *receiver = None;
        std::future::pending().await
    }
}

/// Whether something about this resource may be otherwise now.
fn concerns(uri: &str, change: Change) -> bool {
    let of_servers = super::resources::is_one(uri);
    match change {
        Change::Servers => of_servers,
        Change::Plugins => !of_servers,
    }
}

/// Tells a session of changes until it ends.
pub async fn tell(host: Arc<Host>, peer: Peer<RoleServer>, watched: Arc<Watched>) {
    let mut changes = Changes::new(&host).await;
    loop {
        let change = changes.next().await;
        let told = async {
            peer.notify_tool_list_changed().await?;
            if change == Change::Plugins {
                peer.notify_prompt_list_changed().await?;
            }
            peer.notify_resource_list_changed().await?;
            let watched = watched.all();
            for uri in watched.into_iter().filter(|uri| concerns(uri, change)) {
                let updated = rmcp::model::ResourceUpdatedNotificationParam::new(uri);
                peer.notify_resource_updated(updated).await?;
            }
            Ok::<_, rmcp::ServiceError>(())
        };
        if told.await.is_err() {
            return;
        }
    }
}

/// Tells whoever listens, until they do so no more.
pub async fn listen(host: Arc<Host>, context: SubscriptionContext) {
    let mut changes = Changes::new(&host).await;
    let sink = context.sink().clone();
    loop {
        let change = tokio::select! {
            change = changes.next() => change,
            () = context.cancelled() => return,
        };
        if send(&sink, change).await.is_err() {
            return;
        }
    }
}

async fn send(
    sink: &SubscriptionSink,
    change: Change,
) -> Result<(), rmcp::service::SubscriptionSendError> {
    let accepted = sink.accepted();
    if accepted.tools_list_changed == Some(true) {
        sink.notify_tool_list_changed().await?;
    }
    if change == Change::Plugins && accepted.prompts_list_changed == Some(true) {
        sink.notify_prompt_list_changed().await?;
    }
    if accepted.resources_list_changed == Some(true) {
        sink.notify_resource_list_changed().await?;
    }
    let watched = accepted.resource_subscriptions.iter().flatten();
    for uri in watched.filter(|uri| concerns(uri, change)) {
        sink.notify_resource_updated(uri.clone()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_watches_so_much_and_no_more() {
        let watched = Watched::default();
        for n in 0..WATCHED_MAX {
            watched.add(format!("a:{n}")).unwrap();
        }
        watched.add("a:0".to_owned()).unwrap();
        assert!(watched.add("a:more".to_owned()).is_err());
        watched.remove("a:0");
        watched.add("a:more".to_owned()).unwrap();
        watched.remove("a:more");
        let longest = format!("a:{}", "x".repeat(WATCHED_BYTES_MAX - 2));
        assert!(watched.add(format!("{longest}x")).is_err());
        assert!(watched.add(longest).is_ok());
    }

    #[test]
    fn changes_concern_what_they_are_of() {
        let of_server = "vesicle://servers/a/b.ts";
        assert!(concerns(of_server, Change::Servers) && !concerns(of_server, Change::Plugins));
        for uri in ["vesicle://plugins/a", "test://a"] {
            assert!(concerns(uri, Change::Plugins) && !concerns(uri, Change::Servers));
        }
    }
}
