//! Tokens: what a client sends, and what the host keeps of it.
//!
//! A token is `vesicle_ID_SECRET`. The id finds its line in the file of tokens and is no secret; of the secret, 256 bits
//! of randomness, only an Argon2id hash is kept.

use std::fmt;

use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc::PasswordHash,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// What tokens begin with, so that scanners of leaked secrets can know them.
const PREFIX: &str = "vesicle_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;
/// The longest text that is looked at as a token, in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// Why a token cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Random(getrandom::Error),
    /// The secret cannot be hashed.
    #[error("the token cannot be hashed: {0}")]
    Hash(String),
}

/// The part of a token that names it, in lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(String);

impl TokenId {
    /// The id of this text, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == 2 * ID_BYTES && text.chars().all(is_digit)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A token as a client sends it. Its secret is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText {
    id: TokenId,
    secret: String,
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenText({}, …)", self.id)
    }
}

impl TokenText {
    /// The token of this text, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_secret = |secret: &str| {
            URL_SAFE_NO_PAD
                .decode(secret)
                .is_ok_and(|bytes| bytes.len() == SECRET_BYTES)
        };
        is_secret(secret).then_some(Self {
            id: TokenId::parse(id)?,
            secret: secret.to_owned(),
        })
    }

    /// Whether a text is meant to be one, right or wrong.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The part that names it.
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// The whole, to be shown once and sent by a client.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }
}

/// What is kept of a token's secret: an Argon2id hash with its salt and parameters, as a PHC string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of this text, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        (hash.algorithm.as_str() == "argon2id").then(|| Self(text.to_owned()))
    }

    fn of(token: &TokenText) -> Result<Self, TokenError> {
        let hashed = Argon2::default().hash_password(token.secret.as_bytes());
        let hash = hashed.map_err(|error| TokenError::Hash(error.to_string()))?;
        Ok(Self(hash.to_string()))
    }

    /// Whether it is that of `token`. Takes some 20 ms and 19 MiB, whichever it is.
    pub fn is_of(&self, token: &TokenText) -> bool {
        let Ok(hash) = PasswordHash::new(&self.0) else {
            return false;
        };
        Argon2::default()
            .verify_password(token.secret.as_bytes(), &hash)
            .is_ok()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A token that was just made: what its owner gets, and what is kept.
#[derive(Debug)]
pub struct NewToken {
    /// For its owner.
    pub text: TokenText,
    /// For the file.
    pub hash: TokenHash,
}

impl NewToken {
    /// Makes one.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn make() -> Result<Self, TokenError> {
        let (mut id, mut secret) = ([0; ID_BYTES], [0; SECRET_BYTES]);
        getrandom::fill(&mut id).map_err(TokenError::Random)?;
        getrandom::fill(&mut secret).map_err(TokenError::Random)?;
        let text = TokenText {
            id: TokenId(format!("{:016x}", u64::from_be_bytes(id))),
            secret: URL_SAFE_NO_PAD.encode(secret),
        };
        let hash = TokenHash::of(&text)?;
        Ok(Self { text, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_its_token_alone() {
        let (one, other) = (NewToken::make().unwrap(), NewToken::make().unwrap());
        assert!(one.hash.is_of(&one.text));
        assert!(!one.hash.is_of(&other.text));
        assert!(!one.hash.to_string().contains(&one.text.secret));
        assert!(!format!("{one:?}").contains(&one.text.secret));
    }

    #[test]
    fn what_is_shown_can_be_read() {
        let token = NewToken::make().unwrap();
        let read = TokenText::parse(&token.text.reveal()).unwrap();
        assert_eq!(read, token.text);
        assert_eq!(TokenHash::parse(&token.hash.to_string()), Some(token.hash));
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let whole = NewToken::make().unwrap().text.reveal();
        let upper = whole.replacen("vesicle_", "VESICLE_", 1);
        let long = format!("{whole}{}", "A".repeat(TEXT_BYTES_MAX));
        for text in [
            "",
            "vesicle_",
            "vesicle_00_",
            &whole[1..],
            &whole[..whole.len() - 1],
            &upper,
            &long,
        ] {
            assert_eq!(TokenText::parse(text), None, "{text}");
        }
        for hash in [
            "",
            "$argon2i$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "plain",
        ] {
            assert_eq!(TokenHash::parse(hash), None, "{hash}");
        }
    }
}
