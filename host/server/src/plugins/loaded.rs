//! Plugins that were loaded, kept for the next call: a bounded number, of which the one that was called longest ago goes
//! first. A call that holds one keeps it as long as it needs it.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use vesicle_plugins::digest::Digest;

/// How many are kept.
pub const LOADED_MAX: usize = 64;

/// A value that may be made just now.
type Cell<T> = Arc<OnceCell<Arc<T>>>;

/// Values by the digest of what they were made of.
pub struct Loaded<T> {
    /// The one that was used last is the last.
    kept: Mutex<Vec<(Digest, Cell<T>)>>,
    most: usize,
}

impl<T> Loaded<T> {
    /// Room for `most`.
    pub fn new(most: usize) -> Self {
        Self {
            kept: Mutex::default(),
            most,
        }
    }

    /// The value of this digest, which `load` makes where it is not there. Who asks while it is made waits for it.
    ///
    /// # Errors
    /// What `load` says. The next who asks tries again.
    pub async fn get<E>(
        &self,
        digest: Digest,
        load: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let cell = self.cell(digest);
        let value = cell
            .get_or_try_init(async || load.await.map(Arc::new))
            .await;
        value.cloned()
    }

    fn cell(&self, digest: Digest) -> Cell<T> {
        let mut kept = self.kept.lock();
        let known = kept.iter().position(|(other, _)| *other == digest);
        let entry = match known {
            Some(at) => kept.remove(at),
            None => (digest, Arc::default()),
        };
        let cell = entry.1.clone();
        kept.push(entry);
        if kept.len() > self.most {
            kept.remove(0);
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_used_longest_ago_goes_first() {
        let loaded = Loaded::new(2);
        let get = async |text: &'static str| {
            let mut made = false;
            let load = async {
                made = true;
                Ok::<_, ()>(text)
            };
            loaded.get(Digest::of(text.as_bytes()), load).await.unwrap();
            made
        };
        assert!(get("a").await && get("b").await);
        assert!(!get("a").await);
        assert!(get("c").await, "in the place of b");
        assert!(!get("a").await);
        assert!(get("b").await);
    }

    #[tokio::test]
    async fn what_failed_is_tried_again() {
        let loaded = Loaded::new(1);
        let digest = Digest::of(b"");
        assert!(
            loaded
                .get(digest, async { Err::<u8, _>("no") })
                .await
                .is_err()
        );
        assert_eq!(
            loaded
                .get(digest, async { Ok::<_, ()>(1) })
                .await
                .as_deref(),
            Ok(&1)
        );
    }
}
