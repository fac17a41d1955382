//! Results that stand in for the server's own say so.
//!
//! An object gets one more member, `stale: true` or `fallback: true`, so that code which only reads
//! its members goes on working. What is no object has no place for one, and becomes
//! `{ stale: true, value: … }`. Ordinary results are never touched.

use serde_json::value::RawValue;
use vesicle_bridge::CallReply;

/// The value of `reply` for the program, marked if it is not the server's answer to this call.
pub fn marked(reply: &CallReply) -> Box<RawValue> {
    let name = match (reply.stale, reply.fallback) {
        (true, _) => "stale",
        (_, true) => "fallback",
        _ => return (*reply.value).to_owned(),
    };
    with_mark(&reply.value, name)
}

fn with_mark(value: &RawValue, name: &str) -> Box<RawValue> {
    let text = value.get().trim();
    let members = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .map(str::trim);
    let text = match members {
        Some("") => format!("{{\"{name}\":true}}"),
        // A member of the same name comes first, and the last one counts.
        Some(members) => format!("{{{members},\"{name}\":true}}"),
        None => format!("{{\"{name}\":true,\"value\":{text}}}"),
    };
    RawValue::from_string(text).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn objects_keep_their_members_and_all_else_is_a_value() {
        for (value, expected) in [
            ("{}", json!({"stale": true})),
            (" { \"a\" : 1 } ", json!({"a": 1, "stale": true})),
            ("{\"stale\":false}", json!({"stale": true})),
            ("[1]", json!({"stale": true, "value": [1]})),
            ("\"{}\"", json!({"stale": true, "value": "{}"})),
            ("null", json!({"stale": true, "value": null})),
        ] {
            let raw = RawValue::from_string(value.to_owned()).unwrap();
            let marked = with_mark(&raw, "stale");
            assert_eq!(
                serde_json::from_str::<Value>(marked.get()).unwrap(),
                expected
            );
        }
    }
}
