//! The keys of an issuer, kept: asked for anew now and then, and when a token is signed with one that is not known, but not
//! more often than every some seconds, whatever tokens come. While the issuer is away the old ones count for a while.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{issuer::Issuer, keys::KeySet};

/// How keys are kept.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long keys count before they are asked for anew.
    pub fresh: Duration,
    /// How long they count where the issuer is away.
    pub kept: Duration,
    /// How long after one attempt to fetch them the next may come.
    pub between: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(10 * 60),
            kept: Duration::from_secs(60 * 60),
            between: Duration::from_secs(10),
        }
    }
}

/// The keys of an issuer.
pub struct Cache {
    issuer: Issuer,
    pace: Pace,
    held: Mutex<Held>,
    /// One fetches, and who waits for it has what it fetched.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    keys: Option<(Arc<KeySet>, Instant)>,
    tried: Option<Instant>,
}

impl Cache {
    /// None of them are known yet.
    pub fn new(issuer: Issuer, pace: Pace) -> Self {
        Self {
            issuer,
            pace,
            held: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// The keys that count now. Those that are no longer fresh count while others are fetched.
    pub async fn current(self: &Arc<Self>) -> Option<Arc<KeySet>> {
        match self.counting() {
            Some((keys, age)) if age < self.pace.fresh => Some(keys),
            Some((keys, _)) => {
                if self.may_try() && self.fetching.try_lock().is_ok() {
                    let (cache, known) = (self.clone(), keys.clone());
                    tokio::spawn(async move { cache.replace(Some(known)).await });
                }
                Some(keys)
            }
            None => {
                self.replaced(None).await;
                self.counting().map(|(keys, _)| keys)
            }
        }
    }

    /// Keys other than `known`, if the issuer has others by now.
    pub async fn newer_than(self: &Arc<Self>, known: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        self.replaced(Some(known.clone())).await;
        let (keys, _) = self.counting()?;
        (!Arc::ptr_eq(&keys, known)).then_some(keys)
    }

    fn counting(&self) -> Option<(Arc<KeySet>, Duration)> {
        let held = self.held.lock();
        let (keys, since) = held.keys.as_ref()?;
        let age = since.elapsed();
        (age < self.pace.kept).then(|| (keys.clone(), age))
    }

    fn may_try(&self) -> bool {
        let tried = self.held.lock().tried;
        tried.is_none_or(|tried| tried.elapsed() >= self.pace.between)
    }

    /// As [`Self::replace`], to its end also where nobody waits for it any more.
    async fn replaced(self: &Arc<Self>, known: Option<Arc<KeySet>>) {
        let cache = self.clone();
        let _ = tokio::spawn(async move { cache.replace(known).await }).await;
    }

    /// Fetches keys in place of `known`, unless others have come already, or it is too early.
    async fn replace(&self, known: Option<Arc<KeySet>>) {
        let _turn = self.fetching.lock().await;
        let counting = self.counting().map(|(keys, _)| keys);
        let is_known = match (&counting, &known) {
            (None, _) => true,
            (Some(counting), Some(known)) => Arc::ptr_eq(counting, known),
            (Some(_), None) => false,
        };
        if !is_known || !self.may_try() {
            return;
        }
        self.held.lock().tried = Some(Instant::now());
        match self.issuer.keys().await {
            Ok(keys) => self.held.lock().keys = Some((Arc::new(keys), Instant::now())),
            Err(error) => tracing::error!(
                %error,
                has_older = counting.is_some(),
                "the issuer's keys cannot be fetched"
            ),
        }
    }
}
