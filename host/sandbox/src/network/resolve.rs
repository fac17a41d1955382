//! Looking up names.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

/// How many lookups are under way at once. A lookup blocks a thread until it ends, also when nobody
/// waits for it any more, and those threads serve files as well.
pub const LOOKUPS_MAX: usize = 32;

/// What turns names into addresses. It is asked once for each request, and the connection goes to
/// what it answered.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// All addresses of a name, the best first.
    ///
    /// # Errors
    /// It is not known, or nobody can be asked.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's own way: its hosts file, its servers, its order.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    places: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }
}

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let place = self.places.clone().acquire_owned().await;
        let name = name.to_owned();
        let lookup = tokio::task::spawn_blocking(move || {
            let _place = place;
            let addresses = (name.as_str(), 0).to_socket_addrs()?;
            Ok(addresses.map(|address| address.ip()).collect())
        });
        lookup.await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn lookups_have_an_end() {
        let resolver = SystemResolver::default();
        let others = resolver.places.clone();
        let others = others.acquire_many_owned(LOOKUPS_MAX as u32).await.unwrap();
        let late = tokio::time::timeout(Duration::from_millis(50), resolver.resolve("localhost"));
        assert!(late.await.is_err());
        drop(others);
        let found = resolver.resolve("localhost").await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
