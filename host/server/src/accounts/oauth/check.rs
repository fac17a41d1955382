//! Whether a token holds.

use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};

use super::{claims::Claims, keys::KeySet};

/// The longest token that is looked at, in bytes.
pub const TOKEN_BYTES_MAX: usize = 16 << 10;
/// How far the issuer's clock and this host's may be apart, in seconds.
pub const LEEWAY_S: u64 = 60;

/// What is wrong with a token.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// None of the keys may have signed it.
    UnknownKey,
    /// Why, for the log.
    Wrong(String),
    /// It has ended, or does not hold yet.
    Untimely,
}

/// What every token must be.
pub struct Checks {
    issuer: String,
    /// By algorithm.
    allowed: Vec<(Algorithm, Validation)>,
}

impl Checks {
    /// Tokens of this issuer, for one of these, signed by one of these algorithms.
    pub fn new(issuer: &str, audiences: &[String], algorithms: &[Algorithm]) -> Self {
        let allowed = algorithms.iter().map(|algorithm| {
            let mut validation = Validation::new(*algorithm);
            validation.leeway = LEEWAY_S;
            validation.validate_nbf = true;
            validation.set_issuer(&[issuer]);
            validation.set_audience(audiences);
            validation.set_required_spec_claims(&["exp", "iss", "aud"]);
            (*algorithm, validation)
        });
        Self {
            issuer: issuer.to_owned(),
            allowed: allowed.collect(),
        }
    }

    /// What the token claims, if it holds.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn check(&self, token: &str, keys: &KeySet) -> Result<Claims, Fault> {
        let wrong = |why: String| Err(Fault::Wrong(why));
        if token.len() > TOKEN_BYTES_MAX {
            return wrong(format!("it is longer than {TOKEN_BYTES_MAX} bytes"));
        }
        let header = decode_header(token).map_err(|error| Fault::Wrong(error.to_string()))?;
        let allowed = self.allowed.iter().find(|(known, _)| *known == header.alg);
        let Some((algorithm, validation)) = allowed else {
            return wrong(format!("{:?} is not among `auth.algorithms`", header.alg));
        };
        // Tokens for other purposes, such as those of logouts, have types of their own (RFC 9068).
        let typ = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
        if !["jwt", "at+jwt", "application/at+jwt"].contains(&typ.as_str()) {
            return wrong("it is no access token by its `typ`".to_owned());
        }
        if header.crit.is_some() {
            return wrong("its header asks for what this host does not know, by `crit`".to_owned());
        }
        let mut found = Err(Fault::UnknownKey);
        for key in keys.fitting(header.kid.as_deref(), *algorithm) {
            found =
                decode::<Map<String, Value>>(token, key, validation).map_err(|error| {
                    match error.kind() {
                        ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature => {
                            Fault::Untimely
                        }
                        _ => Fault::Wrong(error.to_string()),
                    }
                });
            match &found {
                Err(Fault::Wrong(_)) => {}
                _ => break,
            }
        }
        let claims = Claims(found?.claims);
        // The library also takes a list that has the issuer in it.
        if claims.0.get("iss").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return wrong("its `iss` is not one text".to_owned());
        }
        if claims.is_bound() {
            return wrong(
                "it is bound to a key of its client's, which is not asked for".to_owned(),
            );
        }
        Ok(claims)
    }
}
