//! Requests that another process sends: this one checks them first, so that code is told at once of what is refused, and the
//! other checks them again.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::NetworkError;
use super::error::LimitName;
use super::fetch::{Fetch, Fetched};
use super::session::Session;
use crate::CapabilityError;
use crate::guest::http_types::{Request, Response};

/// Sends requests for this process.
#[async_trait]
pub trait Elsewhere: Send + Sync {
    /// Sends one, which may take this long, and follows its redirects. Dropping the future gives it up.
    async fn send(&self, request: Request, time: Duration) -> Result<Response, CapabilityError>;
    /// Notes one that was refused here.
    fn refused(&self, request: Request);
}

impl Fetch {
    /// Has it sent by `elsewhere`, when fewer than may be are under way.
    pub(super) async fn run_elsewhere(
        self,
        session: &Session,
        elsewhere: &dyn Elsewhere,
    ) -> Result<Fetched, CapabilityError> {
        let time = session.limits().total;
        let deadline = Instant::now() + time;
        let place_name = self.target.to_string();
        let late = |_| NetworkError::Time {
            name: LimitName::TotalMs,
            place: place_name,
            what: "was not asked, as other requests did not end",
            time,
        };
        let places = session.places.clone();
        let place = tokio::time::timeout_at(deadline, places.acquire_owned()).await;
        // They are never closed.
        let place = place
            .map_err(late)?
            .map_err(|error| NetworkError::Request(error.to_string()))?;
        let left = deadline - Instant::now();
        let asked = self.asked.ok_or_else(|| {
            // It was read for a network whose requests are sent here.
            NetworkError::Request("nobody sends this request".to_owned())
        })?;
        Ok(Fetched::new(elsewhere.send(*asked, left).await?, place))
    }
}
