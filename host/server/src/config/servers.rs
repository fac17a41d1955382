//! `[servers.NAME]`: another MCP server, how it is reached and what calls of it may cost.
//!
//! How it is reached is written in the keys of the `mcpServers` shape that other clients have, and
//! read by the same code. What calls may cost is ours, and stands beside it.

use std::{fmt, time::Duration};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};
use vesicle_bridge::{Fallback, ServerPolicy, Start, ToolOverride};

/// A key of `[servers.NAME]`.
#[derive(Debug)]
pub struct ServerKey {
    /// Its name.
    pub name: &'static str,
    /// What belongs there, as in "give …".
    pub wanted: &'static str,
    fits: fn(&Json) -> bool,
}

/// A number of a server's policy.
pub struct NumberKey {
    /// Its key.
    pub name: &'static str,
    /// What it does, in few words.
    pub doc: &'static str,
    /// Its value in a policy.
    pub get: fn(&ServerPolicy) -> u64,
    set: fn(&mut ServerPolicy, u64),
}

/// The keys that say how a server is reached.
pub const DEFINITION: [&str; 7] = ["command", "args", "env", "cwd", "url", "headers", "bearer"];
/// The keys whose values are mostly secrets.
const SECRET: [&str; 3] = ["env", "headers", "bearer"];

const NUMBER: &str = "a whole number";
const TEXT: &str = "a text";
const TEXTS: &str = "a table of texts";
const FALLBACK: &str = "\"error\", \"stale\" or \"static\"";

/// All keys of a server.
pub static SERVER_KEYS: [ServerKey; 22] = [
    key("command", TEXT, Json::is_string),
    key("args", "a list of texts", |json| {
        json.as_array()
            .is_some_and(|all| all.iter().all(Json::is_string))
    }),
    key("env", TEXTS, is_texts),
    key("cwd", "a path", Json::is_string),
    key("url", TEXT, Json::is_string),
    key("headers", TEXTS, is_texts),
    key("bearer", TEXT, Json::is_string),
    key("start", "\"eager\" or \"lazy\"", |json| {
        json == "eager" || json == "lazy"
    }),
    key("startup_timeout_ms", NUMBER, Json::is_u64),
    key("call_timeout_ms", NUMBER, Json::is_u64),
    key("wait_ms", NUMBER, Json::is_u64),
    key("concurrency", NUMBER, Json::is_u64),
    key("calls_per_minute", NUMBER, Json::is_u64),
    key("argument_bytes", NUMBER, Json::is_u64),
    key("result_bytes", NUMBER, Json::is_u64),
    key("message_bytes", NUMBER, Json::is_u64),
    key("retries", NUMBER, Json::is_u64),
    key("cache_ttl_ms", NUMBER, Json::is_u64),
    key("ping_interval_ms", NUMBER, Json::is_u64),
    key("fallback", FALLBACK, is_fallback),
    key(
        "static",
        "any value, the answer when the server is down",
        |_| true,
    ),
    key(
        "tools",
        "tables of exceptions, such as [servers.NAME.tools.\"get_*\"]",
        Json::is_object,
    ),
];

/// The keys of an exception for some tools of a server.
pub static TOOL_KEYS: [ServerKey; 6] = [
    key("call_timeout_ms", NUMBER, Json::is_u64),
    key("calls_per_minute", NUMBER, Json::is_u64),
    key("cache_ttl_ms", NUMBER, Json::is_u64),
    key("idempotent", "`true` or `false`", Json::is_boolean),
    key("fallback", FALLBACK, is_fallback),
    key(
        "static",
        "any value, the answer when the server is down",
        |_| true,
    ),
];

/// The numbers of a server's policy.
pub static NUMBERS: [NumberKey; 11] = [
    NumberKey {
        name: "startup_timeout_ms",
        doc: "how long connecting and listing tools may take",
        get: |policy| ms(policy.startup_timeout),
        set: |policy, value| policy.startup_timeout = Duration::from_millis(value),
    },
    NumberKey {
        name: "call_timeout_ms",
        doc: "how long a call may take",
        get: |policy| ms(policy.call_timeout),
        set: |policy, value| policy.call_timeout = Duration::from_millis(value),
    },
    NumberKey {
        name: "wait_ms",
        doc: "how long a call waits for a place, and for a server that is starting",
        get: |policy| ms(policy.wait),
        set: |policy, value| policy.wait = Duration::from_millis(value),
    },
    NumberKey {
        name: "concurrency",
        doc: "how many calls may be at the server at once",
        get: |policy| policy.concurrency as u64,
        set: |policy, value| policy.concurrency = size(value),
    },
    NumberKey {
        name: "calls_per_minute",
        doc: "how often each tool may be called in a minute",
        get: |policy| policy.calls_per_minute.into(),
        set: |policy, value| policy.calls_per_minute = count(value),
    },
    NumberKey {
        name: "argument_bytes",
        doc: "how large arguments may be, as JSON",
        get: |policy| policy.argument_bytes as u64,
        set: |policy, value| policy.argument_bytes = size(value),
    },
    NumberKey {
        name: "result_bytes",
        doc: "how large a result may be, as JSON",
        get: |policy| policy.result_bytes as u64,
        set: |policy, value| policy.result_bytes = size(value),
    },
    NumberKey {
        name: "message_bytes",
        doc: "how large one message of the server may be on the wire",
        get: |policy| policy.message_bytes as u64,
        set: |policy, value| policy.message_bytes = size(value),
    },
    NumberKey {
        name: "retries",
        doc: "how often a call is tried again, where that is safe",
        get: |policy| policy.retries.into(),
        set: |policy, value| policy.retries = count(value),
    },
    NumberKey {
        name: "cache_ttl_ms",
        doc: "how long results of read-only tools are used again; 0 is never",
        get: |policy| ms(policy.cache_ttl),
        set: |policy, value| policy.cache_ttl = Duration::from_millis(value),
    },
    NumberKey {
        name: "ping_interval_ms",
        doc: "how often a silent connection is checked",
        get: |policy| ms(policy.ping_interval),
        set: |policy, value| policy.ping_interval = Duration::from_millis(value),
    },
];

const fn key(name: &'static str, wanted: &'static str, fits: fn(&Json) -> bool) -> ServerKey {
    ServerKey { name, wanted, fits }
}

impl ServerKey {
    /// Whether `json` may stand there.
    pub fn fits(&self, json: &Json) -> bool {
        (self.fits)(json)
    }
}

/// What `[servers.NAME]` says, each value of the type that its key wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEntry(pub Map<String, Json>);

impl ServerEntry {
    /// How the server is reached, in the `mcpServers` shape; none where that is said elsewhere.
    pub fn definition(&self) -> Option<Map<String, Json>> {
        let of_it = |(name, value): (&String, &Json)| {
            let belongs = DEFINITION.contains(&name.as_str());
            belongs.then(|| (name.clone(), value.clone()))
        };
        let definition: Map<_, _> = self.0.iter().filter_map(of_it).collect();
        (!definition.is_empty()).then_some(definition)
    }

    /// What calls may cost.
    ///
    /// # Errors
    /// Something that it says is of the right type and cannot be.
    pub fn policy(&self) -> Result<ServerPolicy, String> {
        let mut policy = ServerPolicy::default();
        for key in &NUMBERS {
            if let Some(value) = self.0.get(key.name).and_then(Json::as_u64) {
                (key.set)(&mut policy, value);
            }
        }
        if self.0.get("start").is_some_and(|start| start == "lazy") {
            policy.start = Start::Lazy;
        }
        if let Some(fallback) = fallback(&self.0)? {
            policy.fallback = fallback;
        }
        let tools = self.0.get("tools").and_then(Json::as_object);
        for (pattern, keys) in tools.into_iter().flatten() {
            policy.tools.push(exception(pattern, keys.as_object())?);
        }
        policy.check().map_err(|error| error.to_string())?;
        Ok(policy)
    }
}

fn exception(pattern: &str, keys: Option<&Map<String, Json>>) -> Result<ToolOverride, String> {
    let mut exception = ToolOverride::new(pattern)
        .map_err(|error| format!("`{pattern}` names no tools: {error}"))?;
    let Some(keys) = keys else {
        return Ok(exception);
    };
    let number = |name: &str| keys.get(name).and_then(Json::as_u64);
    exception.call_timeout = number("call_timeout_ms").map(Duration::from_millis);
    exception.calls_per_minute = number("calls_per_minute").map(count);
    exception.cache_ttl = number("cache_ttl_ms").map(Duration::from_millis);
    exception.idempotent = keys.get("idempotent").and_then(Json::as_bool);
    exception.fallback = fallback(keys)?;
    Ok(exception)
}

fn fallback(keys: &Map<String, Json>) -> Result<Option<Fallback>, String> {
    let chosen = keys.get("fallback").and_then(Json::as_str);
    Ok(match (chosen, keys.get("static")) {
        (Some("static"), Some(value)) => Some(Fallback::Static(value.clone())),
        (Some("static"), None) => {
            return Err("`fallback` is \"static\", and `static` does not say with what".to_owned());
        }
        (_, Some(_)) => {
            return Err("`static` is only used with `fallback = \"static\"`".to_owned());
        }
        (Some("stale"), None) => Some(Fallback::Stale),
        (Some(_), None) => Some(Fallback::Error),
        (None, None) => None,
    })
}

fn is_texts(json: &Json) -> bool {
    json.as_object()
        .is_some_and(|all| all.values().all(Json::is_string))
}

fn is_fallback(json: &Json) -> bool {
    json == "error" || json == "stale" || json == "static"
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What does not fit is refused by the policy's own check.
fn count(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// The value as people may see it. One that is not only a reference is mostly a secret.
fn shown(key: &str, value: &Json) -> Json {
    let hide = |value: &Json| match value.as_str() {
        Some(text) if text.starts_with("${") && text.ends_with('}') => value.clone(),
        _ => Json::from("[not shown]"),
    };
    match (SECRET.contains(&key), value) {
        (false, value) => value.clone(),
        (true, Json::Object(all)) => {
            let hidden = all.iter().map(|(name, value)| (name.clone(), hide(value)));
            Json::Object(hidden.collect())
        }
        (true, value) => hide(value),
    }
}

impl Serialize for ServerEntry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let all = self.0.iter().map(|(key, value)| (key, shown(key, value)));
        to.collect_map(all)
    }
}

impl fmt::Display for ServerEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // TOML has no null, and no key of ours holds one.
        match toml::Value::try_from(self) {
            Ok(value) => value.fmt(f),
            Err(_) => f.write_str("{}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(json: Json) -> ServerEntry {
        let Json::Object(keys) = json else {
            panic!("an object")
        };
        for (name, value) in &keys {
            let key = SERVER_KEYS.iter().find(|key| key.name == name).unwrap();
            assert!(key.fits(value), "{name} = {value}");
        }
        ServerEntry(keys)
    }

    #[test]
    fn every_number_is_a_key_and_reaches_the_policy() {
        for number in &NUMBERS {
            let key = SERVER_KEYS.iter().find(|key| key.name == number.name);
            assert!(key.is_some_and(|key| key.fits(&json!(7)) && !key.fits(&json!("7"))));
            let policy = entry(json!({number.name: 7})).policy().unwrap();
            assert_eq!((number.get)(&policy), 7, "{}", number.name);
            let too_much = entry(json!({number.name: u64::MAX})).policy().unwrap_err();
            assert!(too_much.contains("may be from"), "{too_much}");
        }
        assert_eq!(entry(json!({})).policy(), Ok(ServerPolicy::default()));
    }

    #[test]
    fn what_happens_when_it_is_down_is_said_in_whole() {
        let policy = |json| entry(json).policy().map(|policy| policy.fallback);
        assert_eq!(policy(json!({"fallback": "stale"})), Ok(Fallback::Stale));
        let fallback = Fallback::Static(json!({"a": 1}));
        assert_eq!(
            policy(json!({"fallback": "static", "static": {"a": 1}})),
            Ok(fallback)
        );
        assert!(
            policy(json!({"fallback": "static"}))
                .unwrap_err()
                .contains("does not say")
        );
        assert!(
            policy(json!({"static": 1}))
                .unwrap_err()
                .contains("only used with")
        );
        let of_tools = json!({"tools": {"get_*": {"fallback": "stale", "idempotent": true}}});
        let policy = entry(of_tools).policy().unwrap();
        assert_eq!(policy.tools[0].fallback, Some(Fallback::Stale));
        assert_eq!(policy.tools[0].idempotent, Some(true));
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let entry = entry(json!({
            "url": "https://example.com/mcp",
            "bearer": "hunter2hunter2",
            "headers": {"x-key": "${secret:key}", "x-raw": "raw", "x-both": "Basic ${A}"},
        }));
        let told = entry.to_string() + &serde_json::to_string(&entry).unwrap();
        assert!(
            !told.contains("hunter2") && !told.contains("\"raw\"") && !told.contains("Basic"),
            "{told}"
        );
        assert!(
            told.contains("${secret:key}") && told.contains("https://example.com/mcp"),
            "{told}"
        );
    }
}
