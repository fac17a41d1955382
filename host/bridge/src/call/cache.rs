//! Results that are used again.
//!
//! Only of tools that change nothing. A call that may change something makes all results of its server old: what a
//! program writes, it reads back as it is. Old results stay for a while for servers that say `stale` when they are down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::reply::Shape;
use crate::digest::Digest;

/// How long a result is kept as a fallback.
pub const STALE_AFTER_MAX: Duration = Duration::from_secs(86_400);
/// What an entry takes besides its text, in bytes, rather too much than too little: a host gained some 400 by each short
/// result.
const ENTRY_BYTES: usize = 512;

/// Results by server, tool and arguments.
#[derive(Debug)]
pub struct Results(Cache<Digest, Arc<Entry>>);

/// One result.
#[derive(Debug)]
pub struct Entry {
    /// Its JSON.
    pub value: Arc<RawValue>,
    /// What it was made of.
    pub shape: Shape,
    stored: Instant,
    keep: Duration,
    /// The state of the server when the call began.
    generation: u64,
}

impl Results {
    /// A cache of so many bytes.
    pub fn new(bytes: u64) -> Self {
        let weight = |_: &Digest, entry: &Arc<Entry>| {
            u32::try_from(entry.value.get().len() + ENTRY_BYTES).unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .max_capacity(bytes)
                .weigher(weight)
                .expire_after(Kept)
                .build(),
        )
    }

    /// The key of a call. Arguments that differ only in the order of their keys are the same.
    pub fn key(server: &str, tool: &str, arguments: &Map<String, Value>) -> Digest {
        Digest::of_object(&format!("vesicle call {server}.{tool}"), arguments)
    }

    /// The last result, however old.
    pub async fn last(&self, key: &Digest) -> Option<Arc<Entry>> {
        self.0.get(key).await
    }

    /// Keeps a result of a call that began in this generation, for so long.
    pub async fn put(
        &self,
        key: Digest,
        value: Arc<RawValue>,
        shape: Shape,
        generation: u64,
        keep: Duration,
    ) {
        let entry = Entry {
            value,
            shape,
            stored: Instant::now(),
            keep,
            generation,
        };
        self.0.insert(key, Arc::new(entry)).await;
    }

    /// How many bytes are held, and by how many results.
    pub async fn size(&self) -> (u64, u64) {
        self.0.run_pending_tasks().await;
        (self.0.weighted_size(), self.0.entry_count())
    }
}

impl Entry {
    /// Whether it can stand in for a call now.
    pub fn is_fresh(&self, ttl: Duration, generation: u64) -> bool {
        self.generation == generation && self.stored.elapsed() < ttl
    }
}

/// Each entry for as long as somebody could want it: one that no longer answers calls, and stands in for none, only takes room.
struct Kept;

impl Expiry<Digest, Arc<Entry>> for Kept {
    fn expire_after_create(&self, _: &Digest, entry: &Arc<Entry>, _: Instant) -> Option<Duration> {
        Some(entry.keep)
    }

    fn expire_after_update(
        &self,
        _: &Digest,
        entry: &Arc<Entry>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.keep)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Arc<RawValue> {
        Arc::from(RawValue::from_string(json!(text).to_string()).unwrap())
    }

    fn key(arguments: Value) -> Digest {
        Results::key("s", "t", arguments.as_object().unwrap())
    }

    #[tokio::test]
    async fn a_result_is_fresh_for_its_time_and_its_generation() {
        let results = Results::new(1 << 20);
        let one = key(json!({"a": 1, "b": 2}));
        assert!(results.last(&one).await.is_none());
        results
            .put(one, value("x"), Shape::Text, 3, STALE_AFTER_MAX)
            .await;
        let entry = results.last(&key(json!({"b": 2, "a": 1}))).await.unwrap();
        assert!(entry.is_fresh(Duration::from_secs(60), 3));
        assert!(!entry.is_fresh(Duration::from_secs(60), 4));
        assert!(!entry.is_fresh(Duration::ZERO, 3));
        assert!(results.last(&key(json!({"a": 1}))).await.is_none());
        assert!(
            results
                .last(&Results::key(
                    "s",
                    "u",
                    json!({"a": 1, "b": 2}).as_object().unwrap()
                ))
                .await
                .is_none()
        );
    }

    #[tokio::test]
    async fn a_result_stays_for_as_long_as_it_was_last_kept_for() {
        let results = Results::new(1 << 20);
        let [gone, kept, renewed] = [1, 2, 3].map(|n| key(json!({"n": n})));
        let put = async |key, keep| results.put(key, value("x"), Shape::Text, 0, keep).await;
        put(gone, Duration::ZERO).await;
        put(kept, STALE_AFTER_MAX).await;
        put(renewed, Duration::ZERO).await;
        put(renewed, STALE_AFTER_MAX).await;
        assert!(results.last(&gone).await.is_none());
        assert!(results.last(&kept).await.is_some());
        assert!(results.last(&renewed).await.is_some());
    }

    #[tokio::test]
    async fn all_results_together_are_bounded() {
        let results = Results::new(100_000);
        for n in 0..1_000 {
            results
                .put(
                    key(json!({"n": n})),
                    value(&"x".repeat(1_000)),
                    Shape::Text,
                    0,
                    STALE_AFTER_MAX,
                )
                .await;
        }
        let (bytes, entries) = results.size().await;
        assert!(bytes <= 100_000 && entries > 10, "{bytes} {entries}");
        results
            .put(
                key(json!({"large": 1})),
                value(&"x".repeat(200_000)),
                Shape::Text,
                0,
                STALE_AFTER_MAX,
            )
            .await;
        results.size().await;
        assert!(results.last(&key(json!({"large": 1}))).await.is_none());
    }
}
