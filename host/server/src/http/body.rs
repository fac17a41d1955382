//! Bodies of requests: read whole before anything is done with them, within bounds of size, time and of what all of them
//! together may take.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Bounds;

/// How much all bodies that are being read may take, in bytes.
const ALL_BODIES_BYTES_MAX: usize = 256 << 20;
/// Whoever reads a body takes at least this of it, in bytes.
const SHARE_BYTES: usize = 4 << 10;

/// Reads bodies.
pub struct Bodies {
    shares: Arc<Semaphore>,
    bytes_max: usize,
    receive: Duration,
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is too large.
    #[error("a body has {0} bytes at most (`body_bytes` under [http] in vesicle.toml)")]
    TooLarge(usize),
    /// It came too slowly.
    #[error("the body did not arrive within {} ms (`receive_ms` under [http] in vesicle.toml)", .0.as_millis())]
    TooSlow(Duration),
    /// There is no room for it now.
    #[error("too many bodies are being read; come back in a second")]
    NoRoom,
    /// The connection broke.
    #[error("the body was broken off")]
    Broken,
}

impl BodyError {
    /// The status that tells it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

impl Bodies {
    /// A reader within these bounds.
    pub fn new(bounds: &Bounds) -> Self {
        let all = ALL_BODIES_BYTES_MAX.max(bounds.body_bytes);
        Self {
            shares: Arc::new(Semaphore::new(all / SHARE_BYTES + 1)),
            bytes_max: bounds.body_bytes,
            receive: bounds.receive,
        }
    }

    /// Reads a body whose sender announced `length` bytes, if it did.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub async fn read(&self, body: Body, length: Option<u64>) -> Result<Bytes, BodyError> {
        let announced = length.map_or(Some(self.bytes_max), |length| usize::try_from(length).ok());
        let Some(bytes) = announced.filter(|bytes| *bytes <= self.bytes_max) else {
            return Err(BodyError::TooLarge(self.bytes_max));
        };
        let _room = self.room(bytes)?;
        let read = Limited::new(body, self.bytes_max).collect();
        match tokio::time::timeout(self.receive, read).await {
            Err(_) => Err(BodyError::TooSlow(self.receive)),
            Ok(Ok(read)) => Ok(read.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(BodyError::TooLarge(self.bytes_max))
            }
            Ok(Err(_)) => Err(BodyError::Broken),
        }
    }

    /// Takes a body that nobody wants and keeps nothing of it. Over HTTP/2, an answer before a body's end breaks its stream off,
    /// and clients see that in place of the answer.
    pub async fn discard(&self, mut body: Body) {
        let all = async {
            let mut left = self.bytes_max;
            while let Some(Ok(frame)) = body.frame().await {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                match left.checked_sub(bytes) {
                    Some(fewer) => left = fewer,
                    None => return,
                }
            }
        };
        // Whoever is slow is answered in the middle of it.
        let _ = tokio::time::timeout(self.receive, all).await;
    }

    fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BodyError> {
        let shares = u32::try_from(bytes / SHARE_BYTES + 1).unwrap_or(u32::MAX);
        let room = self.shares.clone().try_acquire_many_owned(shares);
        room.map_err(|_| BodyError::NoRoom)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;
    use crate::http::tests::config;

    fn bodies() -> Bodies {
        Bodies::new(&Bounds {
            body_bytes: 10,
            receive: Duration::from_millis(50),
            ..config().bounds
        })
    }

    fn unannounced(text: &'static str) -> Body {
        Body::from_stream(stream::iter([Ok::<_, std::io::Error>(text)]))
    }

    #[tokio::test]
    async fn a_body_may_have_all_its_bytes_and_not_one_more() {
        let bodies = bodies();
        assert_eq!(
            bodies.read(unannounced("0123456789"), None).await.unwrap(),
            "0123456789"
        );
        for (body, length) in [
            (unannounced("0123456789a"), None),
            (Body::empty(), Some(11)),
            (Body::empty(), Some(u64::MAX)),
        ] {
            let error = bodies.read(body, length).await.unwrap_err();
            assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
        }
    }

    #[tokio::test]
    async fn a_slow_body_is_given_up_and_a_broken_one_told() {
        let bodies = bodies();
        let never = Body::from_stream(stream::pending::<Result<&str, std::io::Error>>());
        let error = bodies.read(never, None).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::REQUEST_TIMEOUT);
        let broken = stream::iter([Err::<&str, _>(std::io::Error::other("gone"))]);
        let error = bodies
            .read(Body::from_stream(broken), None)
            .await
            .unwrap_err();
        assert!(matches!(error, BodyError::Broken));
    }

    #[tokio::test]
    async fn all_bodies_together_have_a_bound() {
        let bodies = bodies();
        let _all = bodies.room(ALL_BODIES_BYTES_MAX).unwrap();
        let error = bodies.read(unannounced("0"), None).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
