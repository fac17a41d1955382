//! Requests that were refused, in the audit log. Whoever sends thousands must not push everything else out of it: a refusal has a line
//! at once, and those like it within the next seconds have one line together, with their number.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;

use crate::audit::{Audit, RefusedRequests};

/// How long refusals that are alike are counted before they have a line together.
const GATHER: Duration = Duration::from_secs(10);
/// How many kinds of them, by reason, address and account, are told apart in that time. The rest are counted by reason alone.
const KINDS_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    reason: &'static str,
    address: Option<IpAddr>,
    account: Option<String>,
}

/// What was refused lately. Clones share it.
#[derive(Clone)]
pub struct Refusals {
    audit: Audit,
    /// How many that have no line yet.
    counts: Arc<Mutex<HashMap<Kind, u64>>>,
}

impl Refusals {
    /// They are told to this log.
    pub fn new(audit: Audit) -> Self {
        Self {
            audit,
            counts: Arc::default(),
        }
    }

    /// A request was refused, of an account where it is known whose it was.
    pub fn note(&self, reason: &'static str, address: Option<IpAddr>, account: Option<&str>) {
        let mut kind = Kind {
            reason,
            address,
            account: account.map(str::to_owned),
        };
        let mut counts = self.counts.lock();
        let is_first = counts.is_empty();
        if counts.len() >= KINDS_MAX && !counts.contains_key(&kind) {
            (kind.address, kind.account) = (None, None);
        }
        match counts.entry(kind) {
            Entry::Occupied(mut counted) => *counted.get_mut() += 1,
            Entry::Vacant(new) => {
                self.tell(new.key(), 1);
                new.insert(0);
            }
        }
        drop(counts);
        if is_first {
            let refusals = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(GATHER).await;
                refusals.tell_all();
            });
        }
    }

    /// Tells what has no line yet.
    pub fn tell_all(&self) {
        let counts = std::mem::take(&mut *self.counts.lock());
        for (kind, count) in counts.iter().filter(|(_, count)| **count > 0) {
            self.tell(kind, *count);
        }
    }

    fn tell(&self, kind: &Kind, count: u64) {
        self.audit.note_refused(RefusedRequests {
            reason: kind.reason,
            address: kind.address,
            account: kind.account.as_deref(),
            count,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_told_apart_is_bounded_and_everything_is_counted() {
        let refusals = Refusals::new(Audit::off());
        let address = |number: usize| IpAddr::from([192, 0, 2, number as u8]);
        for number in 0..KINDS_MAX + 5 {
            for _ in 0..3 {
                refusals.note("token", Some(address(number)), None);
            }
        }
        let counts = refusals.counts.lock().clone();
        assert_eq!(counts.len(), KINDS_MAX + 1);
        let rest = Kind {
            reason: "token",
            address: None,
            account: None,
        };
        // The first of each has a line of its own.
        assert_eq!(counts[&rest], 5 * 3 - 1);
        assert_eq!(counts.values().sum::<u64>(), 3 * 37 - 33);
        refusals.tell_all();
        assert!(refusals.counts.lock().is_empty());
    }
}
