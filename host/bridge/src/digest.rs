//! Digests of JSON that do not depend on the order of keys.

use std::fmt;

use serde_json::{Map, Value};

/// BLAKE3 over canonical JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of a value, in this domain: equal values of two domains have different digests.
    pub fn of(domain: &str, value: &Value) -> Self {
        let mut writer = Writer::new(domain);
        writer.value(value);
        writer.finish()
    }

    /// Of an object.
    pub fn of_object(domain: &str, object: &Map<String, Value>) -> Self {
        let mut writer = Writer::new(domain);
        writer.object(object);
        writer.finish()
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text)
            .ok()
            .map(|hash| Self(*hash.as_bytes()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex()[..12])
    }
}

/// Writes tagged and length-prefixed, so that no two values have the same bytes.
struct Writer {
    hasher: blake3::Hasher,
    /// Small writes are gathered: the hasher is slow in single bytes.
    bytes: Vec<u8>,
}

impl Writer {
    fn new(domain: &str) -> Self {
        let mut writer = Self {
            hasher: blake3::Hasher::new(),
            bytes: Vec::with_capacity(512),
        };
        writer.text(b'D', domain);
        writer
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.bytes.push(b'n'),
            Value::Bool(value) => self.bytes.push(if *value { b't' } else { b'f' }),
            Value::Number(number) => self.text(b'0', &number.to_string()),
            Value::String(text) => self.text(b'"', text),
            Value::Array(items) => {
                self.head(b'[', items.len());
                for item in items {
                    self.value(item);
                }
            }
            Value::Object(object) => self.object(object),
        }
    }

    fn object(&mut self, object: &Map<String, Value>) {
        self.head(b'{', object.len());
        let mut entries: Vec<_> = object.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        for (key, value) in entries {
            self.text(b':', key);
            self.value(value);
        }
    }

    fn text(&mut self, tag: u8, text: &str) {
        self.head(tag, text.len());
        self.bytes.extend_from_slice(text.as_bytes());
        if self.bytes.len() > 16 << 10 {
            self.hasher.update(&self.bytes);
            self.bytes.clear();
        }
    }

    fn head(&mut self, tag: u8, len: usize) {
        self.bytes.push(tag);
        self.bytes.extend_from_slice(&(len as u64).to_le_bytes());
    }

    fn finish(mut self) -> Digest {
        self.hasher.update(&self.bytes);
        Digest(*self.hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_of_keys_does_not_count_and_everything_else_does() {
        let digest = |value| Digest::of("test", &value);
        assert_eq!(
            digest(json!({"a": 1, "b": {"c": 2, "d": 3}})),
            digest(json!({"b": {"d": 3, "c": 2}, "a": 1}))
        );
        let different = [
            json!(null),
            json!("null"),
            json!(1),
            json!("1"),
            json!(1.0),
            json!([]),
            json!({}),
            json!([1, 2]),
            json!([2, 1]),
            json!([[1], 2]),
            json!(["ab", "c"]),
            json!(["a", "bc"]),
            json!({"a": "b"}),
            json!({"b": "a"}),
        ];
        for (at, one) in different.iter().enumerate() {
            for other in &different[at + 1..] {
                assert_ne!(
                    Digest::of("test", one),
                    Digest::of("test", other),
                    "{one} {other}"
                );
            }
        }
        assert_ne!(Digest::of("one", &json!(1)), Digest::of("two", &json!(1)));
    }

    #[test]
    fn digests_are_read_as_they_are_written() {
        let digest = Digest::of("test", &json!({"long": "x".repeat(100_000)}));
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::parse("no digest"), None);
    }
}
