//! Tokens of an OAuth 2.1 authorization server, for which this host is the resource.
//!
//! A token is a JWT, signed with one of the issuer's keys (`keys.rs`), which are fetched from it (`issuer.rs`) and kept for
//! a while (`cache.rs`). `check.rs` says whether a token holds, and what it claims (`claims.rs`) whose request it is.

mod cache;
mod check;
mod claims;
mod crypto;
mod issuer;
mod keys;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use serde_json::{Value, json};

use super::Admitted;
use cache::{Cache, Pace};
use check::{Checks, Fault};
use claims::Claims;
use issuer::Issuer;
pub use issuer::{IssuerError, is_safe};
pub use jsonwebtoken::Algorithm;

/// Where clients are told whose tokens this host takes (RFC 9728).
pub const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";
/// The algorithms of signatures that can be taken, by their names. Those with a shared secret are not among them: whoever can
/// check such a token can make one.
pub const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

/// Whose tokens are taken, and what they must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthConfig {
    /// The authorization server, as it calls itself.
    pub issuer: String,
    /// Where its keys are; its metadata says so where this does not.
    pub jwks: Option<String>,
    /// The URL that clients know this host's MCP by; that of the address it listens at where nothing is said.
    pub resource: Option<String>,
    /// For whom a token may be; for [`Self::resource`] where nothing is said.
    pub audiences: Vec<String>,
    /// How a token may be signed.
    pub algorithms: Vec<Algorithm>,
    /// What every token must have.
    pub scopes: Vec<String>,
    /// What scopes give, the first one that a token has.
    pub profiles: Vec<ScopeProfile>,
    /// The claim that says whose token it is.
    pub account_claim: String,
    /// The accounts, by the values of that claim.
    pub subjects: BTreeMap<String, String>,
    /// A file of authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// What a scope gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeProfile {
    /// The scope.
    pub scope: String,
    /// The profile that it gives to those accounts whose own is wider; others keep theirs.
    pub of_accounts: BTreeMap<String, String>,
}

/// Why a token is not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It is not the issuer's, not for this host, or not as tokens are: why, for the log.
    Wrong(String),
    /// It has ended, or does not hold yet.
    Untimely,
    /// It is right, and lacks a scope.
    Scope,
    /// It is right, and nobody's: why, for the log.
    Nobody(String),
    /// The issuer's keys are not known.
    Away,
}

/// What takes tokens.
pub struct ResourceServer {
    issuer: String,
    resource: String,
    scopes: Vec<String>,
    profiles: Vec<ScopeProfile>,
    account_claim: String,
    subjects: BTreeMap<String, String>,
    checks: Checks,
    keys: Arc<Cache>,
}

impl ResourceServer {
    /// One for the MCP at `address`, unless the configuration names another URL.
    ///
    /// # Errors
    /// No requests to the issuer can be made.
    pub fn new(config: OAuthConfig, address: &str) -> Result<Self, IssuerError> {
        Self::paced(config, address, Pace::default())
    }

    fn paced(config: OAuthConfig, address: &str, pace: Pace) -> Result<Self, IssuerError> {
        crypto::install();
        let resource = config.resource.unwrap_or_else(|| address.to_owned());
        let audiences = match config.audiences.is_empty() {
            true => vec![resource.clone()],
            false => config.audiences,
        };
        let issuer = Issuer::new(
            &config.issuer,
            config.jwks.as_deref(),
            config.ca_file.as_deref(),
        )?;
        Ok(Self {
            checks: Checks::new(&config.issuer, &audiences, &config.algorithms),
            keys: Arc::new(Cache::new(issuer, pace)),
            issuer: config.issuer,
            resource,
            scopes: config.scopes,
            profiles: config.profiles,
            account_claim: config.account_claim,
            subjects: config.subjects,
        })
    }

    /// Fetches the keys, so that the first token need not wait for them.
    pub async fn warm_up(&self) {
        self.keys.current().await;
    }

    /// Whose request it is that carries this token.
    ///
    /// # Errors
    /// See [`Rejected`].
    pub async fn admit(&self, token: &str) -> Result<Admitted, Rejected> {
        let keys = self.keys.current().await.ok_or(Rejected::Away)?;
        let checked = match self.checks.check(token, &keys) {
            Err(Fault::UnknownKey) => match self.keys.newer_than(&keys).await {
                Some(keys) => self.checks.check(token, &keys),
                None => Err(Fault::UnknownKey),
            },
            checked => checked,
        };
        let claims = checked.map_err(|fault| match fault {
            Fault::UnknownKey => Rejected::Wrong("the issuer has no such key".to_owned()),
            Fault::Wrong(why) => Rejected::Wrong(why),
            Fault::Untimely => Rejected::Untimely,
        })?;
        self.owner(&claims)
    }

    fn owner(&self, claims: &Claims) -> Result<Admitted, Rejected> {
        let scopes = claims.scopes();
        let has = |scope: &String| scopes.contains(&scope.as_str());
        let given = self.profiles.iter().find(|given| has(&given.scope));
        if !self.scopes.iter().all(has) || given.is_none() && !self.profiles.is_empty() {
            return Err(Rejected::Scope);
        }
        let named = claims.texts(&self.account_claim);
        let mut accounts: Vec<&String> = named
            .iter()
            .filter_map(|name| self.subjects.get(*name))
            .collect();
        accounts.sort();
        accounts.dedup();
        let claim = &self.account_claim;
        let account = match accounts.as_slice() {
            [account] => *account,
            [] => {
                return Err(Rejected::Nobody(format!(
                    "no account has what its claim `{claim}` says among its `subjects`"
                )));
            }
            [_, _, ..] => {
                return Err(Rejected::Nobody(format!(
                    "several accounts have what its claim `{claim}` says among their `subjects`"
                )));
            }
        };
        Ok(Admitted {
            account: account.clone(),
            profile: None,
            narrowed: given.and_then(|given| given.of_accounts.get(account).cloned()),
        })
    }

    /// Who gives tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What a client should ask for: what every token must have, and, where scopes give profiles, the least of these.
    pub fn wanted_scopes(&self) -> Vec<&str> {
        let least = self.profiles.last().map(|given| &given.scope);
        let all = self.scopes.iter().chain(least);
        all.map(String::as_str).collect()
    }

    /// Where [`Self::metadata`] is.
    pub fn metadata_url(&self) -> String {
        match reqwest::Url::parse(&self.resource) {
            Ok(mut url) => {
                let path = format!("{METADATA_PATH}{}", url.path().trim_end_matches('/'));
                url.set_path(&path);
                url.into()
            }
            Err(_) => METADATA_PATH.to_owned(),
        }
    }

    /// The path of the resource, which the path of its metadata ends with.
    pub fn resource_path(&self) -> String {
        let url = reqwest::Url::parse(&self.resource);
        url.map_or_else(|_| "/".to_owned(), |url| url.path().to_owned())
    }

    /// What clients are told (RFC 9728).
    pub fn metadata(&self) -> Value {
        let given = self.profiles.iter().map(|given| &given.scope);
        let scopes: Vec<&String> = self.scopes.iter().chain(given).collect();
        json!({
            "resource": self.resource,
            "authorization_servers": [self.issuer],
            "scopes_supported": scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": "Vesicle",
        })
    }
}
