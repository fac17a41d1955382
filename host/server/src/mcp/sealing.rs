//! The keys of seals: one of the process's own, or those of the database that hosts share, so that a call that is made again may reach
//! another host than before.
//!
//! Keys in the database are followed by a thread, since calls must not wait for them. Each day another one takes over. It is known to
//! all hosts before any of them seals with it ([`SPREAD`]), and the one before is forgotten when nothing that it sealed is good any more.
//! Whoever deletes them all has others made within a minute.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use vesicle_memory::{
    Result,
    database::{PostgresUrl, Session},
};

use super::rounds::ROUND_TIME_MAX;
use crate::shared::Shared;

/// A key of blake3.
pub type Key = [u8; blake3::KEY_LEN];

/// How long a key seals.
const LIFE: Duration = Duration::from_secs(24 * 3_600);
/// How often the database is asked for keys.
const READ_EVERY: Duration = Duration::from_secs(60);
/// How long after that it is asked again, where it did not answer or somebody wants to know.
const RETRY: Duration = Duration::from_secs(1);
/// How long a new key is there before it seals: every host that reaches the database has read it twice by then.
const SPREAD: Duration = Duration::from_secs(150);

/// What seals, and what opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// None where the system has no randomness, or the database did not answer yet.
    pub seals: Option<Key>,
    /// Those that something was sealed with that may still be good.
    pub opens: Vec<Key>,
}

impl Keys {
    fn one(key: Option<Key>) -> Self {
        Self {
            seals: key,
            opens: key.into_iter().collect(),
        }
    }
}

/// The keys as they are now.
pub struct Keyring {
    keys: Arc<Mutex<Keys>>,
    /// Has them read again; none where they never change.
    wake: Option<SyncSender<()>>,
}

impl Keyring {
    /// A key that lives as long as this.
    pub fn own() -> Self {
        Self {
            keys: Arc::new(Mutex::new(Keys::one(made()))),
            wake: None,
        }
    }

    /// The keys of the hosts that share this database. The thread that follows them ends with this.
    pub fn shared(url: &PostgresUrl) -> Self {
        let keys = Arc::default();
        // One that waits is enough.
        let (wake, woken) = mpsc::sync_channel(1);
        let (following, shared) = (Arc::clone(&keys), Shared::new(url));
        let thread = thread::Builder::new().name("seals".to_owned());
        let started = thread.spawn(move || follow(&following, &shared, &woken));
        if let Err(error) = started {
            tracing::error!(%error, "calls that ask cannot be taken up again");
        }
        Self {
            keys,
            wake: Some(wake),
        }
    }

    /// As they were last read.
    pub fn keys(&self) -> Keys {
        self.keys.lock().clone()
    }

    /// Something was sealed with a key that is not known. Another host may have made it.
    pub fn is_unknown(&self) {
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(());
        }
    }
}

fn made() -> Option<Key> {
    let mut key = Key::default();
    match getrandom::fill(&mut key) {
        Ok(()) => Some(key),
        Err(error) => {
            tracing::warn!(%error, "calls that ask cannot be taken up again");
            None
        }
    }
}

fn follow(keys: &Mutex<Keys>, shared: &Shared, woken: &Receiver<()>) {
    loop {
        let read = read(shared);
        let patience = match read {
            Ok(read) => {
                *keys.lock() = read;
                READ_EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "the keys of calls that ask cannot be read; those known before hold");
                RETRY
            }
        };
        if woken.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        // Whoever sends what nobody sealed does not have the database asked all the time.
        thread::sleep(RETRY);
    }
}

/// A key of the database, and for how long it has been there.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    place: i64,
    key: Key,
    age: Duration,
}

/// What the database has; with another key where it is time for one.
fn read(shared: &Shared) -> Result<Keys> {
    let kept = kept(&shared.session()?)?;
    let is_tidy = !needs_another(&kept) && spent(&kept).is_empty();
    if is_tidy {
        return Ok(keys(&kept));
    }
    let session = shared.begin("BEGIN")?;
    // Where others find the same, one of them makes a key, and the others find it.
    session.execute("LOCK TABLE seals IN EXCLUSIVE MODE", &[])?;
    let mut all = self::kept(&session)?;
    let spent = spent(&all);
    session.execute("DELETE FROM seals WHERE place = ANY($1)", &[&spent])?;
    all.retain(|kept| !spent.contains(&kept.place));
    if let (true, Some(key)) = (needs_another(&all), made()) {
        session.execute("INSERT INTO seals (key) VALUES ($1)", &[&&key[..]])?;
        all = self::kept(&session)?;
    }
    session.end("COMMIT")?;
    Ok(keys(&all))
}

fn kept(session: &Session) -> Result<Vec<Kept>> {
    let rows = session.rows(
        "SELECT place, key, extract(epoch FROM clock_timestamp() - made)::float8 FROM seals ORDER BY place",
        &[],
    )?;
    let kept = rows.iter().filter_map(|row| {
        let age: f64 = row.get(2);
        Some(Kept {
            place: row.get(0),
            key: row.get::<_, &[u8]>(1).try_into().ok()?,
            age: Duration::try_from_secs_f64(age).unwrap_or_default(),
        })
    });
    Ok(kept.collect())
}

fn needs_another(kept: &[Kept]) -> bool {
    kept.last().is_none_or(|newest| newest.age >= LIFE)
}

/// Those after which another one has sealed for so long that nothing of theirs is good.
fn spent(kept: &[Kept]) -> Vec<i64> {
    let later = kept.iter().skip(1);
    let is_spent = |later: &Kept| later.age > SPREAD * 2 + ROUND_TIME_MAX;
    kept.iter()
        .zip(later)
        .filter(|(_, later)| is_spent(later))
        .map(|(kept, _)| kept.place)
        .collect()
}

fn keys(kept: &[Kept]) -> Keys {
    let known = kept.iter().rev().find(|kept| kept.age >= SPREAD);
    Keys {
        seals: known.or(kept.first()).map(|kept| kept.key),
        opens: kept.iter().map(|kept| kept.key).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(ages: &[Duration]) -> Vec<Kept> {
        let numbered = (1..).zip(ages);
        let kept = numbered.map(|(place, &age)| Kept {
            place,
            key: [place as u8; 32],
            age,
        });
        kept.collect()
    }

    const NOW: Duration = Duration::ZERO;
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_key_seals_when_all_hosts_know_it() {
        let sealing = |ages: &[Duration]| keys(&kept(ages)).seals.map(|key| key[0]);
        assert_eq!(sealing(&[]), None);
        assert_eq!(sealing(&[NOW]), Some(1), "the first of all");
        assert_eq!(sealing(&[LIFE, SPREAD - SECOND]), Some(1));
        assert_eq!(sealing(&[LIFE, SPREAD]), Some(2));
        assert_eq!(keys(&kept(&[LIFE, SPREAD])).opens.len(), 2);
    }

    #[test]
    fn another_is_made_and_the_one_before_is_forgotten_in_time() {
        assert!(needs_another(&[]));
        assert!(!needs_another(&kept(&[LIFE - SECOND])));
        assert!(needs_another(&kept(&[LIFE])));
        assert!(!needs_another(&kept(&[LIFE, NOW])));
        let last = SPREAD * 2 + ROUND_TIME_MAX;
        assert_eq!(spent(&kept(&[LIFE * 9])), [0; 0], "it still seals");
        assert_eq!(spent(&kept(&[LIFE, last])), [0; 0]);
        assert_eq!(spent(&kept(&[LIFE, last + SECOND])), [1]);
        assert_eq!(spent(&kept(&[LIFE * 3, LIFE * 2, LIFE])), [1, 2]);
    }
}
