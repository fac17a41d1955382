//! Tells whose account a request is of, by the token that it carries.
//!
//! A hash takes some 20 ms to compare, so what was right is remembered under a keyed digest of the token, as long as the
//! tokens have the same hash for it. How a change of them is seen is in `source.rs`: a token that was revoked ends at once.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{
    Admitted, IssuedToken, Lockout, TokenHash, TokenId, TokenPlace, TokenText, Tokens, TokensError,
    oauth::{Rejected, ResourceServer},
    source::Source,
};

/// How many hashes are compared at once: each takes 19 MiB and a processor.
const COMPARISONS_AT_ONCE: usize = 2;
/// How many tokens are remembered as right.
const REMEMBERED_MAX: usize = 10_000;

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It has no token.
    #[error(
        "this host wants a token: send `Authorization: Bearer TOKEN`, which its operator makes with `vesicle token create`"
    )]
    Missing,
    /// It has a wrong one. Which part of it is wrong is not told.
    #[error(
        "the token is not valid: it may be mistyped, revoked or expired; its operator makes another with `vesicle token create`"
    )]
    Wrong,
    /// It has one of the issuer's that has ended, or does not hold yet.
    #[error("the token has ended, or does not hold yet; get another from its issuer")]
    Untimely,
    /// It has one of the issuer's that lacks a scope.
    #[error("the token lacks a scope; ask its issuer for one with those in `WWW-Authenticate`")]
    Scope,
    /// It has one of the issuer's, of somebody who has no account.
    #[error(
        "the token is right, but there is no one account for whom it was given; this host's operator adds `subjects` to one"
    )]
    Nobody,
    /// The keys of the issuer cannot be had.
    #[error("this host cannot reach the issuer of tokens to check one; come back soon")]
    IssuerAway,
    /// Too many wrong ones came from its address.
    #[error("too many wrong tokens came from this address; come back in {} s", .0.as_secs() + 1)]
    LockedOut(Duration),
    /// The tokens cannot be read, so that nobody is let in.
    #[error(
        "this host cannot read its tokens, so it lets nobody in: its operator finds the reason in its log"
    )]
    Unreadable,
}

/// Why nobody can be let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The tokens cannot be had.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Random(getrandom::Error),
}

/// What decides about tokens.
pub struct Authority {
    source: Source,
    key: [u8; blake3::KEY_LEN],
    remembered: Mutex<HashMap<blake3::Hash, (TokenId, TokenHash)>>,
    lockout: Arc<Lockout>,
    comparisons: Arc<Semaphore>,
    oauth: Option<Arc<ResourceServer>>,
}

impl Authority {
    /// One by the tokens in this place.
    ///
    /// # Errors
    /// They cannot be had, or the system gives no randomness.
    pub fn new(place: &TokenPlace) -> Result<Self, AuthorityError> {
        let mut key = [0; blake3::KEY_LEN];
        getrandom::fill(&mut key).map_err(AuthorityError::Random)?;
        Ok(Self {
            source: Source::new(place)?,
            key,
            remembered: Mutex::default(),
            lockout: Arc::default(),
            comparisons: Arc::new(Semaphore::new(COMPARISONS_AT_ONCE)),
            oauth: None,
        })
    }

    /// The same, which also takes tokens of an issuer.
    pub fn with_oauth(self, oauth: Option<Arc<ResourceServer>>) -> Self {
        Self { oauth, ..self }
    }

    /// What takes tokens of an issuer, if any are taken.
    pub fn oauth(&self) -> Option<&Arc<ResourceServer>> {
        self.oauth.as_ref()
    }

    /// What counts wrong tokens.
    pub fn lockout(&self) -> &Arc<Lockout> {
        &self.lockout
    }

    /// The tokens, as they stand now.
    ///
    /// # Errors
    /// They cannot be had.
    pub fn tokens(&self) -> Result<Arc<Tokens>, TokensError> {
        self.source.tokens()
    }

    /// Whose request it is that carries this token, from this address.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn admit(&self, bearer: Option<&str>, address: IpAddr) -> Result<Admitted, Refusal> {
        let bearer = bearer.ok_or(Refusal::Missing)?;
        match &self.oauth {
            Some(oauth) if !TokenText::is_meant(bearer) => {
                self.admit_by(oauth, bearer, address).await
            }
            _ => self.admit_issued(bearer, address).await.map(Admitted::from),
        }
    }

    /// Whose request it is that carries this token of the issuer's. Checking it costs one signature, so that, unlike one of
    /// this host's, a right one passes from wherever wrong ones come as well.
    async fn admit_by(
        &self,
        oauth: &ResourceServer,
        bearer: &str,
        address: IpAddr,
    ) -> Result<Admitted, Refusal> {
        let rejected = match oauth.admit(bearer).await {
            Ok(admitted) => return Ok(admitted),
            Err(rejected) => rejected,
        };
        match rejected {
            Rejected::Untimely => Err(Refusal::Untimely),
            Rejected::Scope => Err(Refusal::Scope),
            Rejected::Away => Err(Refusal::IssuerAway),
            Rejected::Nobody(why) => {
                tracing::warn!(%address, why, "a token of the issuer's is nobody's");
                Err(Refusal::Nobody)
            }
            Rejected::Wrong(why) => {
                if let Some(wait) = self.lockout.wait(address, Instant::now()) {
                    return Err(Refusal::LockedOut(wait));
                }
                tracing::warn!(%address, why, "a token is not the issuer's, or not for this host");
                self.lockout.failed(address, Instant::now());
                Err(Refusal::Wrong)
            }
        }
    }

    async fn admit_issued(&self, bearer: &str, address: IpAddr) -> Result<IssuedToken, Refusal> {
        let tokens = self.tokens().map_err(|error| {
            tracing::error!(%error, "the tokens cannot be read, so nobody is let in");
            Refusal::Unreadable
        })?;
        let digest = blake3::keyed_hash(&self.key, bearer.as_bytes());
        if let Some(token) = self.remembered(&digest, &tokens) {
            return Ok(token);
        }
        if let Some(wait) = self.lockout.wait(address, Instant::now()) {
            return Err(Refusal::LockedOut(wait));
        }
        let token = self.compare(bearer, &tokens, address).await;
        let token = token.ok_or(Refusal::Wrong)?;
        self.lockout.succeeded(address);
        self.remember(digest, &token);
        Ok(token)
    }

    fn remembered(&self, digest: &blake3::Hash, tokens: &Tokens) -> Option<IssuedToken> {
        let mut remembered = self.remembered.lock();
        // Keys compare in constant time, and are of a digest that nobody else can make.
        let (id, hash) = remembered.get(digest)?;
        let token = tokens
            .find(id)
            .filter(|token| token.hash == *hash && !token.is_over(SystemTime::now()));
        if token.is_none() {
            remembered.remove(digest);
        }
        token.cloned()
    }

    fn remember(&self, digest: blake3::Hash, token: &IssuedToken) {
        let mut remembered = self.remembered.lock();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(digest, (token.id.clone(), token.hash.clone()));
    }

    /// The token, if it is right; if not, that was counted, whether or not whoever sent it waited for the answer.
    async fn compare(&self, bearer: &str, tokens: &Tokens, address: IpAddr) -> Option<IssuedToken> {
        let text = TokenText::parse(bearer);
        let known = text.as_ref().and_then(|text| tokens.find(text.id()));
        let (Some(text), Some(token)) = (text.clone(), known.cloned()) else {
            self.lockout.failed(address, Instant::now());
            return None;
        };
        let turn = self.comparisons.clone().acquire_owned().await.ok()?;
        let lockout = self.lockout.clone();
        let comparing = tokio::task::spawn_blocking(move || {
            // Kept to the end, also where nobody waits for it any more.
            let _turn = turn;
            let is_right = token.hash.is_of(&text) && !token.is_over(SystemTime::now());
            if !is_right {
                lockout.failed(address, Instant::now());
            }
            is_right.then_some(token)
        });
        comparing.await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use chrono::Utc;

    use super::*;
    use crate::accounts::{FAILURES_FREE, NewToken, TokensFile};

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    struct Host {
        _directory: tempfile::TempDir,
        path: PathBuf,
        authority: Authority,
    }

    impl Host {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("tokens.toml");
            let authority = Authority::new(&TokenPlace::File(path.clone())).unwrap();
            Self {
                _directory: directory,
                path,
                authority,
            }
        }

        fn issue(&self, lasts: Option<i64>) -> (IssuedToken, String) {
            let new = NewToken::make().unwrap();
            let token = IssuedToken {
                id: new.text.id().clone(),
                account: "ci".to_owned(),
                profile: None,
                hash: new.hash,
                created: Utc::now(),
                expires: lasts.map(|seconds| Utc::now() + chrono::TimeDelta::seconds(seconds)),
            };
            TokensFile::read(&self.path).unwrap().add(&token).unwrap();
            (token, new.text.reveal())
        }

        async fn admit(&self, bearer: &str) -> Result<String, Refusal> {
            let admitted = self.authority.admit(Some(bearer), ADDRESS).await;
            admitted.map(|token| token.account)
        }
    }

    #[tokio::test]
    async fn a_token_is_let_in_until_it_is_revoked() {
        let host = Host::new();
        let (_, text) = host.issue(None);
        assert!(matches!(
            host.authority.admit(None, ADDRESS).await,
            Err(Refusal::Missing)
        ));
        for _ in 0..3 {
            assert_eq!(host.admit(&text).await.unwrap(), "ci");
        }
        TokensFile::read(&host.path)
            .unwrap()
            .revoke(|_| true)
            .unwrap();
        assert!(matches!(host.admit(&text).await, Err(Refusal::Wrong)));
    }

    #[tokio::test]
    async fn a_token_ends_with_its_time_although_it_was_remembered() {
        let host = Host::new();
        let (_, text) = host.issue(Some(2));
        assert!(host.admit(&text).await.is_ok());
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert!(matches!(host.admit(&text).await, Err(Refusal::Wrong)));
    }

    #[tokio::test]
    async fn wrong_tokens_lock_their_address_out_but_not_who_is_known() {
        let host = Host::new();
        let (_, known) = host.issue(None);
        let (other, _) = host.issue(None);
        assert!(host.admit(&known).await.is_ok());
        let forged = NewToken::make().unwrap().text.reveal();
        let forged = format!(
            "vesicle_{}{}",
            other.id,
            &forged[forged.rfind('_').unwrap()..]
        );
        for _ in 0..=FAILURES_FREE {
            assert!(matches!(host.admit(&forged).await, Err(Refusal::Wrong)));
        }
        let locked = host.admit(&forged).await.unwrap_err();
        assert!(matches!(locked, Refusal::LockedOut(_)), "{locked}");
        assert!(host.admit(&known).await.is_ok());
        let elsewhere = "192.0.2.9".parse().unwrap();
        let admitted = host.authority.admit(Some(&known), elsewhere).await;
        assert!(admitted.is_ok());
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_lets_nobody_in() {
        let host = Host::new();
        let (_, text) = host.issue(None);
        assert!(host.admit(&text).await.is_ok());
        std::fs::write(&host.path, "token = 1").unwrap();
        assert!(matches!(host.admit(&text).await, Err(Refusal::Unreadable)));
    }
}
