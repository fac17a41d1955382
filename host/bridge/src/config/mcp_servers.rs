//! Reads the `mcpServers` shape of `.mcp.json` and of other clients' files.
//!
//! What is wrong with one server leaves the others in force. A key that we do not know is a note: other clients have
//! keys of their own in the same file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::{ServerConfig, ServerName, ServerPolicy, Transport, Variables};

/// How large a file of definitions may be, in bytes.
pub const MCP_SERVERS_BYTES_MAX: usize = 1 << 20;

/// What a file defines.
#[derive(Debug, Default)]
pub struct Definitions {
    /// The servers that can be used, in the order of the file, with the default policy.
    pub servers: Vec<ServerConfig>,
    /// What keeps further servers from being used.
    pub problems: Vec<Problem>,
    /// What was left alone.
    pub notes: Vec<String>,
}

/// Why one server of a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}: server `{server}`{}: {what}", Key(.key.as_deref()))]
pub struct Problem {
    /// Where the definition stands.
    pub source_name: String,
    /// The server's name there.
    pub server: String,
    /// The key that is wrong, as a path; absent where it is the whole.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub what: String,
}

struct Key<'a>(Option<&'a str>);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |key| write!(f, ", key `{key}`"))
    }
}

/// The file as a whole cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionsError {
    /// It is too large.
    #[error(
        "{0} has more than {MCP_SERVERS_BYTES_MAX} bytes: definitions of servers are far smaller than that"
    )]
    TooLarge(String),
    /// It is no JSON.
    #[error("{0} is no JSON: {1}")]
    NoJson(String, serde_json::Error),
    /// It has no servers.
    #[error(
        "{0} has no object `mcpServers`: write {{\"mcpServers\": {{\"name\": {{\"command\": \"…\"}}}}}} or {{\"url\": \"https://…\"}} in place of the command"
    )]
    NoServers(String),
}

impl Definitions {
    /// Reads the text of a file. `source_name` is what messages call it.
    pub fn parse(
        text: &str,
        source_name: &str,
        variables: &Variables,
    ) -> Result<Self, DefinitionsError> {
        if text.len() > MCP_SERVERS_BYTES_MAX {
            return Err(DefinitionsError::TooLarge(source_name.to_owned()));
        }
        let Entries(top) = serde_json::from_str(text)
            .map_err(|error| DefinitionsError::NoJson(source_name.to_owned(), error))?;
        let mut definitions = Self::default();
        let mut found = false;
        for (key, value) in top {
            if key != "mcpServers" {
                let note = format!(
                    "{source_name}: the key `{}` is another program's and is ignored",
                    shown(&key)
                );
                definitions.notes.push(note);
                continue;
            }
            let entries = serde_json::from_str::<Entries>(value.get())
                .map_err(|_| DefinitionsError::NoServers(source_name.to_owned()))?;
            found = true;
            for (name, value) in entries.0 {
                definitions.add(source_name, &name, value.get(), variables);
            }
        }
        if found {
            Ok(definitions)
        } else {
            Err(DefinitionsError::NoServers(source_name.to_owned()))
        }
    }

    /// Adds the servers of another file; of two that are named alike the first stays.
    pub fn merge(&mut self, other: Self, source_name: &str) {
        self.problems.extend(other.problems);
        self.notes.extend(other.notes);
        for server in other.servers {
            self.insert(source_name, server);
        }
    }

    fn add(&mut self, source_name: &str, name: &str, text: &str, variables: &Variables) {
        let mut reader = Reader {
            source_name,
            server: name,
            variables,
            notes: &mut self.notes,
        };
        match reader.server(text) {
            Ok(Some(server)) => self.insert(source_name, server),
            Ok(None) => {}
            Err(problem) => self.problems.push(*problem),
        }
    }

    fn insert(&mut self, source_name: &str, server: ServerConfig) {
        let likeness = server.name.likeness();
        match self.servers.iter().find(|other| other.name.likeness() == likeness) {
            None => self.servers.push(server),
            Some(other) => self.problems.push(Problem {
                source_name: source_name.to_owned(),
                server: server.name.to_string(),
                key: None,
                what: format!(
                    "there is a server `{}` already, and one could be taken for the other: rename one of them",
                    other.name
                ),
            }),
        }
    }
}

/// The pairs of an object in their order, duplicates included: a map would silently keep the last of two servers.
struct Entries(Vec<(String, Box<serde_json::value::RawValue>)>);

impl<'de> serde::Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Entries(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

struct Reader<'a> {
    source_name: &'a str,
    server: &'a str,
    variables: &'a Variables,
    notes: &'a mut Vec<String>,
}

type Read<T> = Result<T, Box<Problem>>;

impl Reader<'_> {
    fn server(&mut self, text: &str) -> Read<Option<ServerConfig>> {
        let name =
            ServerName::new(self.server).map_err(|error| self.problem(None, error.to_string()))?;
        let Ok(Value::Object(mut keys)) = serde_json::from_str(text) else {
            return Err(self.problem(
                None,
                "is no object: write {\"command\": \"…\"} or {\"url\": \"…\"}",
            ));
        };
        if keys.remove("disabled") == Some(Value::Bool(true)) {
            self.note("is disabled");
            return Ok(None);
        }
        let kind = match keys.remove("type").or_else(|| keys.remove("transport")) {
            None => None,
            Some(kind) => Some(self.text("type", kind)?),
        };
        if kind.as_deref() == Some("sse") {
            return Err(self.problem(
                Some("type"),
                "the old SSE transport is not spoken here: use the server's streamable HTTP endpoint, with `\"type\": \"http\"`",
            ));
        }
        let transport = match (keys.remove("command"), keys.remove("url")) {
            (Some(command), None) => self.stdio(command, &mut keys)?,
            (None, Some(url)) => self.http(url, &mut keys)?,
            (None, None) => {
                return Err(self.problem(None, "has neither `command` nor `url`: give one of them"));
            }
            (Some(_), Some(_)) => {
                return Err(
                    self.problem(None, "has both `command` and `url`: take one of them away")
                );
            }
        };
        let fits = match (&transport, kind.as_deref()) {
            (_, None) => true,
            (Transport::Stdio { .. }, Some(kind)) => kind == "stdio",
            (_, Some(kind)) => matches!(kind, "http" | "streamable-http" | "streamableHttp"),
        };
        if !fits {
            return Err(self.problem(
                Some("type"),
                "does not fit the rest: `stdio` goes with `command`, `http` with `url`",
            ));
        }
        for key in keys.keys() {
            self.notes.push(format!(
                "{}: server `{}`: the key `{}` is not known here and is ignored",
                self.source_name,
                shown(self.server),
                shown(key)
            ));
        }
        Ok(Some(ServerConfig {
            name,
            transport,
            policy: ServerPolicy::default(),
        }))
    }

    fn stdio(&self, command: Value, keys: &mut serde_json::Map<String, Value>) -> Read<Transport> {
        let command = self.text("command", command)?;
        if command.is_empty() {
            return Err(self.problem(
                Some("command"),
                "is empty: give the program that is the server",
            ));
        }
        let args = match keys.remove("args") {
            None => Vec::new(),
            Some(Value::Array(args)) => args
                .into_iter()
                .enumerate()
                .map(|(at, value)| self.text(&format!("args[{at}]"), value))
                .collect::<Read<_>>()?,
            Some(_) => return Err(self.problem(Some("args"), "is no list of texts")),
        };
        Ok(Transport::Stdio {
            command,
            args,
            env: self.texts("env", keys.remove("env"))?,
            cwd: match keys.remove("cwd") {
                None => None,
                Some(cwd) => Some(PathBuf::from(self.text("cwd", cwd)?)),
            },
        })
    }

    fn http(&self, url: Value, keys: &mut serde_json::Map<String, Value>) -> Read<Transport> {
        let url = self.text("url", url)?;
        let parsed = reqwest::Url::parse(&url).map_err(|error| {
            self.problem(
                Some("url"),
                format!("is no URL ({error}): write https://host/path"),
            )
        })?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
            return Err(self.problem(
                Some("url"),
                "is neither http nor https: write https://host/path",
            ));
        }
        Ok(Transport::Http {
            url,
            headers: self.texts("headers", keys.remove("headers"))?,
            bearer: match keys.remove("bearer") {
                None => None,
                Some(bearer) => Some(self.text("bearer", bearer)?),
            },
        })
    }

    fn texts(&self, key: &str, value: Option<Value>) -> Read<BTreeMap<String, String>> {
        match value {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(entries)) => entries
                .into_iter()
                .map(|(name, value)| {
                    let text = self.text(&format!("{key}.{name}"), value)?;
                    Ok((name, text))
                })
                .collect(),
            Some(_) => Err(self.problem(Some(key), "is no object of texts")),
        }
    }

    fn text(&self, key: &str, value: Value) -> Read<String> {
        let text = match value {
            Value::String(text) => text,
            // Ports and switches are often written without quotes.
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(self.problem(Some(key), "is no text: write it in quotes")),
        };
        let text = self
            .variables
            .expand(&text)
            .map_err(|what| self.problem(Some(key), what))?;
        if text.contains('\0') {
            return Err(self.problem(
                Some(key),
                "has a zero byte, which no program or header can take",
            ));
        }
        Ok(text)
    }

    fn note(&mut self, what: &str) {
        self.notes.push(format!(
            "{}: server `{}` {what}",
            self.source_name,
            shown(self.server)
        ));
    }

    fn problem(&self, key: Option<&str>, what: impl Into<String>) -> Box<Problem> {
        Box::new(Problem {
            source_name: self.source_name.to_owned(),
            server: shown(self.server),
            key: key.map(shown),
            what: what.into(),
        })
    }
}

/// A name from the file, fit for a message.
fn shown(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
#[path = "mcp_servers_tests.rs"]
mod tests;
