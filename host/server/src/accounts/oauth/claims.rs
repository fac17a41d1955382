//! What a token claims, once its signature holds.

use serde_json::{Map, Value};

/// The claims of a token.
#[derive(Debug)]
pub struct Claims(pub Map<String, Value>);

impl Claims {
    /// What it may be used for: `scope` (RFC 9068), or `scp`, which some issuers have in its place.
    pub fn scopes(&self) -> Vec<&str> {
        let written = ["scope", "scp"].iter().find_map(|claim| self.0.get(*claim));
        match written {
            Some(Value::String(scopes)) => scopes.split(' ').filter(|s| !s.is_empty()).collect(),
            Some(Value::Array(scopes)) => scopes.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The text, or the texts, of a claim.
    pub fn texts(&self, claim: &str) -> Vec<&str> {
        match self.0.get(claim) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the token is only good in the hands of whoever can prove that they have a key (RFC 7800).
    pub fn is_bound(&self) -> bool {
        self.0.contains_key("cnf")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scopes_are_in_one_text_or_in_a_list() {
        for (claims, scopes) in [
            (json!({"scope": "a b"}), vec!["a", "b"]),
            (json!({"scope": " a  b "}), vec!["a", "b"]),
            (json!({"scp": ["a", "b"]}), vec!["a", "b"]),
            (json!({"scp": "a"}), vec!["a"]),
            (json!({"scope": "a", "scp": ["b"]}), vec!["a"]),
            (json!({"scope": 7}), vec![]),
            (json!({}), vec![]),
        ] {
            let Value::Object(map) = claims.clone() else {
                unreachable!()
            };
            assert_eq!(Claims(map).scopes(), scopes, "{claims}");
        }
    }
}
