//! A line of the log as it is shown to whoever may read the log: without what was in its execution.

use serde_json::{Value, json};

use crate::live::Whose;

/// How many host calls of a line are told; the others are counted.
const CALLS_MAX: usize = 20;

/// A line; nothing where it is not theirs who read, or no line.
pub fn shown(line: &str, whose: &Whose) -> Option<Value> {
    let mut entry: Value = serde_json::from_str(line).ok()?;
    if let Whose::Account(name) = whose
        && entry.pointer("/who/account").and_then(Value::as_str) != Some(name)
    {
        return None;
    }
    let members = entry.as_object_mut()?;
    members.remove("payloads");
    if let Some(Value::Array(calls)) = members.get_mut("calls") {
        let more = calls.len().saturating_sub(CALLS_MAX);
        calls.truncate(CALLS_MAX);
        for call in calls.iter_mut().filter_map(Value::as_object_mut) {
            call.remove("arguments");
            call.remove("result");
        }
        if more > 0 {
            let omitted = members.get("calls_omitted").and_then(Value::as_u64);
            let omitted = omitted.unwrap_or(0) + more as u64;
            members.insert("calls_omitted".to_owned(), json!(omitted));
        }
    }
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_others_are_not_told_nor_what_was_in_an_execution() {
        let calls: Vec<Value> = (0..=CALLS_MAX)
            .map(|_| json!({"call": "call", "result": "r"}))
            .collect();
        let line = json!({"who": {"account": "a"}, "payloads": {"code": "c"}, "calls": calls});
        let line = line.to_string();
        let own = Whose::Account("a".to_owned());
        let seen = shown(&line, &own).unwrap();
        assert_eq!(seen["payloads"], Value::Null);
        assert_eq!(seen["calls"].as_array().unwrap().len(), CALLS_MAX);
        assert_eq!(
            (&seen["calls_omitted"], &seen["calls"][0]["result"]),
            (&json!(1), &Value::Null)
        );
        assert!(shown(&line, &Whose::Account("b".to_owned())).is_none());
        assert!(shown("{\"kind\":\"server\"}", &own).is_none());
        assert!(shown("{\"kind\":\"server\"}", &Whose::All).is_some());
        assert!(shown("no JSON", &Whose::All).is_none());
    }
}
