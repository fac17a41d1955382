//! Digests of components, sources and manifests.

use std::fmt;

/// What stands before the digits, so that another algorithm can follow.
const PREFIX: &str = "blake3:";

/// A blake3 digest. Two are compared in constant time.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(blake3::Hash);

impl Digest {
    /// That of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes))
    }

    /// Reads `blake3:` and 64 small hexadecimal digits, the only form there is.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_hex(text.strip_prefix(PREFIX)?)
    }

    /// Reads the digits alone, as files are named.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let is_small = digits.bytes().all(|c| !c.is_ascii_uppercase());
        let hash = blake3::Hash::from_hex(digits).ok()?;
        is_small.then_some(Self(hash))
    }

    /// The digits alone.
    pub fn hex(&self) -> String {
        self.0.to_hex().to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_one_form() {
        let digest = Digest::of(b"abc");
        let text = digest.to_string();
        assert_eq!(
            text,
            "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
        );
        assert_eq!(Digest::parse(&text), Some(digest));
        let digits = digest.hex();
        for wrong in [
            digits.clone(),
            format!("blake3:{}", digits.to_uppercase()),
            format!("blake3:{}", &digits[1..]),
            format!("blake3:{digits}0"),
            format!("sha256:{digits}"),
            "blake3:".to_owned(),
        ] {
            assert_eq!(Digest::parse(&wrong), None, "{wrong}");
        }
    }
}
