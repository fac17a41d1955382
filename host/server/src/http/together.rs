//! What hosts of one database count together: wrong tokens by address, and calls by account. Each host counts for itself, tells the
//! others what it counted ten times a second at most, and counts what it is told: no request waits for the database, and without it
//! each host bounds what comes to it alone. So an account gets what the hosts let in within that time beyond its rate, and no more.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::Notify, task::AbortHandle};
use vesicle_memory::{Error, database::Listening};

use super::gate::Gate;
use crate::shared::Shared;

/// Where it is told.
const CHANNEL: &str = "vesicle_counts";
/// How long is counted before it is told.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How long one message may be, in bytes. PostgreSQL's may be 8 000.
const MESSAGE_BYTES_MAX: usize = 7_000;
/// How many addresses are told of at once. Whoever has more is not stopped by counting each one.
const ADDRESSES_MAX: usize = 1_024;

/// What was counted here and not told yet.
#[derive(Debug, Default)]
pub struct Together {
    counted: Mutex<Counted>,
    is_there: Notify,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    calls: BTreeMap<String, u32>,
    /// Forgiven before what failed is counted.
    right: BTreeSet<IpAddr>,
    wrong: BTreeMap<IpAddr, u32>,
}

impl Together {
    /// An account's call was let in.
    pub fn called(&self, account: &str) {
        let mut counted = self.counted.lock();
        match counted.calls.get_mut(account) {
            Some(calls) => *calls = calls.saturating_add(1),
            None => {
                counted.calls.insert(account.to_owned(), 1);
            }
        }
        drop(counted);
        self.is_there.notify_one();
    }

    /// A token came from this address.
    pub fn token(&self, address: IpAddr, is_right: bool) {
        let mut counted = self.counted.lock();
        let has_room = counted.right.len() + counted.wrong.len() < ADDRESSES_MAX;
        if is_right {
            counted.wrong.remove(&address);
            if has_room {
                counted.right.insert(address);
            }
        } else if has_room || counted.wrong.contains_key(&address) {
            *counted.wrong.entry(address).or_default() += 1;
        }
        drop(counted);
        self.is_there.notify_one();
    }

    /// Waits until there is something to tell.
    async fn counted(&self) -> Counted {
        self.is_there.notified().await;
        tokio::time::sleep(TELL_EVERY).await;
        std::mem::take(&mut *self.counted.lock())
    }
}

impl Counted {
    /// What tells it, from the host with this number.
    fn messages(&self, from: u64) -> Vec<String> {
        let calls = self.calls.iter();
        let calls = calls.map(|(account, calls)| format!(" calls={account}={calls}"));
        let right = self.right.iter().map(|address| format!(" right={address}"));
        let wrong = self.wrong.iter();
        let wrong = wrong.map(|(address, tokens)| format!(" wrong={address}={tokens}"));
        let mut messages: Vec<String> = Vec::new();
        for part in calls.chain(right).chain(wrong) {
            match messages.last_mut() {
                Some(last) if last.len() + part.len() <= MESSAGE_BYTES_MAX => last.push_str(&part),
                _ => messages.push(format!("{from:x}{part}")),
            }
        }
        messages
    }

    /// What another host told; nothing where it was this one. Parts that a newer host may tell are left out.
    fn told(message: &str, to: u64) -> Option<Self> {
        let mut parts = message.split(' ');
        let from = u64::from_str_radix(parts.next()?, 16).ok()?;
        if from == to {
            return None;
        }
        let mut counted = Self::default();
        for part in parts {
            let mut part = part.split('=');
            let (kind, of, count) = (part.next(), part.next().unwrap_or_default(), part.next());
            let count = count.and_then(|count| count.parse().ok()).unwrap_or(0);
            match (kind, of.parse::<IpAddr>()) {
                (Some("calls"), _) => {
                    counted.calls.insert(of.to_owned(), count);
                }
                (Some("right"), Ok(address)) => {
                    counted.right.insert(address);
                }
                (Some("wrong"), Ok(address)) => {
                    counted.wrong.insert(address, count);
                }
                _ => {}
            }
        }
        Some(counted)
    }

    /// Counts it here.
    fn count(self, gate: &Gate) {
        for (account, calls) in self.calls {
            gate.clients.called_elsewhere(&account, calls);
        }
        let Some(authority) = &gate.authority else {
            return;
        };
        for address in self.right {
            authority.lockout().succeeded_elsewhere(address);
        }
        for (address, tokens) in self.wrong {
            for _ in 0..tokens {
                let now = Instant::now();
                authority.lockout().failed_elsewhere(address, now);
            }
        }
    }
}

/// Ends with the host.
pub struct Counting {
    _listening: Listening,
    task: AbortHandle,
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Tells what is counted here, and counts here what is told.
///
/// # Errors
/// The database's certificates cannot be used.
pub fn begin(
    shared: &Shared,
    together: Arc<Together>,
    gate: &Arc<Gate>,
) -> Result<Counting, Error> {
    let me = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
    if let Some(authority) = &gate.authority {
        let telling = together.clone();
        let tell = move |address, is_right| telling.token(address, is_right);
        authority.lockout().tell(Box::new(tell));
    }
    let counting = Arc::downgrade(gate);
    let listening = shared.listen(CHANNEL, move |message| {
        if let (Some(gate), Some(counted)) = (counting.upgrade(), Counted::told(message, me)) {
            counted.count(&gate);
        }
    })?;
    let shared = shared.clone();
    let telling = tokio::spawn(async move {
        loop {
            let messages = together.counted().await.messages(me);
            let shared = shared.clone();
            let telling = tokio::task::spawn_blocking(move || tell(&shared, &messages));
            if let Ok(Err(error)) = telling.await {
                tracing::debug!(%error, "other hosts are not told what is counted here");
            }
        }
    });
    Ok(Counting {
        _listening: listening,
        task: telling.abort_handle(),
    })
}

fn tell(shared: &Shared, messages: &[String]) -> Result<(), Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let session = shared.session()?;
    for message in messages {
        session.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, message])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_was_counted_and_not_ones_own() {
        let together = Together::default();
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let v6: IpAddr = "2001:db8::".parse().unwrap();
        for _ in 0..3 {
            together.called("ci");
        }
        together.called("desk");
        together.token(address(1), false);
        together.token(address(1), true);
        together.token(address(1), false);
        together.token(v6, false);
        together.token(v6, false);
        let counted = std::mem::take(&mut *together.counted.lock());
        let messages = counted.messages(0xab);
        assert_eq!(
            messages,
            ["ab calls=ci=3 calls=desk=1 right=192.0.2.1 wrong=192.0.2.1=1 wrong=2001:db8::=2"]
        );
        assert_eq!(Counted::told(&messages[0], 0xab), None);
        assert_eq!(Counted::told(&messages[0], 1), Some(counted));
        assert_eq!(Counted::told("", 1), None, "listening began");
        let newer = Counted::told("2 new=x right=nobody wrong=1.2.3.4=many", 1).unwrap();
        assert!(newer.calls.is_empty() && newer.right.is_empty());
    }

    #[test]
    fn what_is_told_at_once_is_bounded() {
        let together = Together::default();
        for number in 0..ADDRESSES_MAX as u32 + 10 {
            together.token(std::net::Ipv4Addr::from_bits(number).into(), false);
        }
        let counted = std::mem::take(&mut *together.counted.lock());
        assert_eq!(counted.wrong.len(), ADDRESSES_MAX);
        let messages = counted.messages(u64::MAX);
        assert!(messages.len() > 1);
        assert!(messages.iter().all(|one| one.len() <= MESSAGE_BYTES_MAX));
        let told = messages.iter().filter_map(|one| Counted::told(one, 0));
        assert_eq!(
            told.map(|one| one.wrong.len()).sum::<usize>(),
            ADDRESSES_MAX
        );
    }
}
