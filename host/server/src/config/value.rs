//! Values of keys, and where each came from.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use serde::Serialize;
use vesicle_memory::PostgresUrl;

use super::{file::ConfigFile, hosts::HostEntry, preopens::Preopen, servers::ServerEntry};

/// How a limit says that there is none.
pub const UNLIMITED: &str = "unlimited";

/// What a key can hold. Its text form is how it is written in TOML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number; `u64::MAX` is [`UNLIMITED`].
    #[serde(serialize_with = "number_or_unlimited")]
    Integer(u64),
    /// Yes or no.
    Boolean(bool),
    /// Text.
    Text(String),
    /// A place on disk.
    #[serde(serialize_with = "as_text")]
    Path(PathBuf),
    /// Several texts.
    List(Vec<String>),
    /// Directories.
    Preopens(Vec<Preopen>),
    /// A server.
    Server(ServerEntry),
    /// Hosts.
    Hosts(Vec<HostEntry>),
    /// A database; shown without its password.
    #[serde(serialize_with = "shown")]
    Database(PostgresUrl),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(u64::MAX) => quoted(UNLIMITED).fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(yes) => yes.fmt(f),
            Self::Text(text) => quoted(text).fmt(f),
            Self::Path(path) => quoted(&path.to_string_lossy()).fmt(f),
            Self::List(texts) => list(texts).fmt(f),
            Self::Hosts(hosts) => {
                let all: Vec<String> = hosts.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", all.join(", "))
            }
            Self::Preopens(preopens) => {
                let all: Vec<String> = preopens.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", all.join(", "))
            }
            Self::Server(server) => server.fmt(f),
            Self::Database(url) => quoted(&url.to_string()).fmt(f),
        }
    }
}

/// `texts` as TOML writes a list of them.
pub fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let quoted: Vec<String> = texts
        .iter()
        .map(|text| quoted(text.as_ref()).to_string())
        .collect();
    format!("[{}]", quoted.join(", "))
}

fn quoted(text: &str) -> toml::Value {
    toml::Value::String(text.to_owned())
}

fn number_or_unlimited<S: serde::Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
    match *number {
        u64::MAX => to.serialize_str(UNLIMITED),
        number => to.serialize_u64(number),
    }
}

fn shown<S: serde::Serializer>(url: &PostgresUrl, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(url)
}

/// A path as text, for serde.
pub fn as_text<S: serde::Serializer>(path: &std::path::Path, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&path.to_string_lossy())
}

/// Where a value came from, the strongest first.
#[derive(Debug, Clone)]
pub enum Origin {
    /// An option of the command, such as `--profile`.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// The configuration file, at these bytes.
    File(Arc<ConfigFile>, Range<usize>),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => name.fmt(f),
            Self::Environment(name) => name.fmt(f),
            Self::File(file, span) => write!(f, "{}:{}", file.name, file.line(span.start)),
            Self::Default => "default".fmt(f),
        }
    }
}

/// A value that somebody gave.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What.
    pub value: Value,
    /// Who.
    pub origin: Origin,
}
