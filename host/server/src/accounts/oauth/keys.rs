//! The keys of an issuer, as it publishes them (RFC 7517).

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::ALGORITHMS;

/// How many keys of an issuer are read; further ones are left out.
pub const KEYS_MAX: usize = 100;
/// How many keys are tried for one token: those of its `kid`, or all that fit where it has none.
pub const TRIED_MAX: usize = 8;

/// Keys that signatures can be checked with.
#[derive(Debug, Default)]
pub struct KeySet(Vec<Known>);

#[derive(Debug)]
struct Known {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// What is looked at of a key.
#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a set. Keys of other kinds and for other purposes are left out.
    ///
    /// # Errors
    /// It is no set of keys.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json)
            .map_err(|error| format!("it is no set of keys, which has `keys`: {error}"))?;
        let keys = set.keys.into_iter().filter_map(Known::read);
        Ok(Self(keys.take(KEYS_MAX).collect()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that may have made this signature.
    pub fn fitting<'k>(
        &'k self,
        id: Option<&'k str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'k DecodingKey> {
        let fits = move |known: &&Known| {
            known.algorithms.contains(&algorithm) && (id.is_none() || known.id.as_deref() == id)
        };
        let fitting = self.0.iter().filter(fits);
        fitting.map(|known| &known.key).take(TRIED_MAX)
    }
}

impl Known {
    fn read(json: Value) -> Option<Self> {
        let written: Written = serde_json::from_value(json).ok()?;
        if written.r#use.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let of_kind: &[Algorithm] = match (written.kty.as_str(), written.crv.as_deref()) {
            ("RSA", _) => &[Algorithm::RS256, Algorithm::PS256],
            ("EC", Some("P-256")) => &[Algorithm::ES256],
            ("OKP", Some("Ed25519")) => &[Algorithm::EdDSA],
            _ => return None,
        };
        let is_meant = |algorithm: &Algorithm| {
            let name = ALGORITHMS.iter().find(|(_, known)| known == algorithm);
            written
                .alg
                .as_deref()
                .is_none_or(|alg| name.is_some_and(|(name, _)| *name == alg))
        };
        let algorithms: Vec<Algorithm> = of_kind.iter().copied().filter(is_meant).collect();
        let key = match (written.n, written.e, written.x, written.y) {
            (Some(n), Some(e), ..) if written.kty == "RSA" => {
                DecodingKey::from_rsa_components(&n, &e)
            }
            (_, _, Some(x), Some(y)) if written.kty == "EC" => {
                DecodingKey::from_ec_components(&x, &y)
            }
            (_, _, Some(x), _) if written.kty == "OKP" => DecodingKey::from_ed_components(&x),
            _ => return None,
        };
        (!algorithms.is_empty()).then_some(Self {
            id: written.kid,
            algorithms,
            key: key.ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(keys: Vec<Value>) -> KeySet {
        KeySet::read(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn keys_of_other_kinds_and_purposes_are_left_out() {
        let set = set(vec![
            json!({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}),
            json!({"kty": "RSA", "kid": "b", "use": "enc", "n": "AQAB", "e": "AQAB"}),
            json!({"kty": "EC", "kid": "c", "crv": "P-521", "x": "AQAB", "y": "AQAB"}),
            json!({"kty": "OKP", "kid": "d", "crv": "X25519", "x": "AQAB"}),
            json!({"kty": "RSA", "kid": "e", "alg": "RS512", "n": "AQAB", "e": "AQAB"}),
            json!({"kty": "RSA", "kid": "f", "n": "not base64!", "e": "AQAB"}),
            json!({"kid": "g"}),
            json!(7),
            json!({"kty": "RSA", "kid": "h", "alg": "PS256", "n": "AQAB", "e": "AQAB"}),
        ]);
        assert_eq!(set.0.len(), 1);
        assert_eq!(set.fitting(Some("h"), Algorithm::PS256).count(), 1);
        assert_eq!(set.fitting(Some("h"), Algorithm::RS256).count(), 0);
        assert_eq!(set.fitting(Some("x"), Algorithm::PS256).count(), 0);
        assert!(KeySet::read(b"{}").is_err());
        assert!(KeySet::read(b"").is_err());
    }

    #[test]
    fn so_many_keys_are_read_and_so_many_are_tried() {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "AQAB"});
        let set = set(vec![key; KEYS_MAX + 1]);
        assert_eq!(set.0.len(), KEYS_MAX);
        assert_eq!(set.fitting(None, Algorithm::EdDSA).count(), TRIED_MAX);
    }
}
