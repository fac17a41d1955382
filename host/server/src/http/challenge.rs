//! What a client that is refused is told about getting in (RFC 6750, RFC 9728).

use std::{fmt, sync::Arc};

use axum::http::HeaderValue;

use crate::accounts::{Refusal, oauth::ResourceServer};

/// A request that is refused, and by whose tokens it would not be.
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// What takes tokens of an issuer, if any are taken.
    pub oauth: Option<Arc<ResourceServer>>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)?;
        match (&self.refusal, &self.oauth) {
            (Refusal::Missing | Refusal::Wrong, Some(oauth)) => {
                write!(f, "; tokens of {} are taken as well", oauth.issuer())
            }
            _ => Ok(()),
        }
    }
}

impl Refused {
    /// `WWW-Authenticate`, where another token would help.
    pub fn challenge(&self) -> Option<HeaderValue> {
        let mut text = "Bearer realm=\"vesicle\"".to_owned();
        text += match &self.refusal {
            Refusal::Missing => "",
            Refusal::Wrong => ", error=\"invalid_token\"",
            // So that the client renews its token, and asks no person.
            Refusal::Untimely => {
                ", error=\"invalid_token\", error_description=\"the token has ended, or does not hold yet\""
            }
            Refusal::Scope => ", error=\"insufficient_scope\"",
            _ => return None,
        };
        if let Some(oauth) = &self.oauth {
            let scopes = oauth.wanted_scopes().join(" ");
            if !scopes.is_empty() {
                text += &format!(", scope=\"{scopes}\"");
            }
            text += &format!(", resource_metadata=\"{}\"", oauth.metadata_url());
        }
        // Scopes and the address were looked at in the configuration.
        HeaderValue::try_from(text).ok()
    }
}
