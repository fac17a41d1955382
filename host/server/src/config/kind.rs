//! What a key may hold, how it is told, and how it is read from a file and from a line of text.

use std::{
    ffi::OsStr,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
};

use ipnet::IpNet;
use vesicle_bridge::{Decision, Grants};
use vesicle_memory::Ranking;
use vesicle_plugins::name::PluginName;

use super::{
    hosts::HostEntry,
    preopens::Preopen,
    value::{UNLIMITED, Value},
};

/// What a key may hold.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A whole number of a unit.
    Integer(&'static str, RangeInclusive<u64>),
    /// Yes or no.
    Boolean,
    /// A place on disk.
    Path,
    /// Any text.
    Text,
    /// Absolute paths.
    Paths,
    /// Any texts, which these words call by what they are.
    Texts(&'static str),
    /// One of these.
    Choice(&'static [&'static str]),
    /// The name of a profile.
    Profile,
    /// Names of profiles.
    Profiles,
    /// The name of a session.
    Session,
    /// The name of an environment variable.
    Variable,
    /// Directories that guests may use.
    Preopens,
    /// Patterns of tools, such as `github.get_*`.
    Patterns,
    /// Names of environment variables.
    Variables,
    /// A server whose tools code may call.
    Server,
    /// Hosts that guests may send requests to.
    Hosts,
    /// Patterns of domains of the memory, such as `web-*`.
    Domains,
    /// Names of plugins.
    Plugins,
    /// A database of PostgreSQL.
    Database,
    /// Addresses on the web.
    Urls,
    /// An address on the web.
    Url,
    /// An address with a port that a server can listen on.
    Socket,
    /// Names of hosts, with or without a port.
    Authorities,
    /// Ranges of addresses.
    Networks,
    /// Weights of what speaks for an episode, such as `recency=0.2`.
    Ranking,
}

/// Whether a profile may have this name. Without `-` and capitals, so that each name is also a part
/// of one environment variable's.
pub fn is_profile_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The host, in lower case, and the port of such a text as `mcp.example.com:443`, if it is one.
pub fn authority(text: &str) -> Option<(String, Option<u16>)> {
    let authority: axum::http::uri::Authority = text.parse().ok()?;
    let is_plain = !authority.host().is_empty() && !text.contains('@');
    is_plain.then(|| (authority.host().to_ascii_lowercase(), authority.port_u16()))
}

/// The range of addresses of such a text as `10.0.0.0/8`, or the one address that it is.
pub fn network(text: &str) -> Option<IpNet> {
    let address = |text: &str| text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(|| address(text))
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Whether a variable can be called so.
fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// The longest name of a session, in bytes.
const SESSION_NAME_BYTES_MAX: usize = 64;

/// Whether a session may have this name.
fn is_session_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=SESSION_NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(is_part)
}

impl Kind {
    /// What belongs there, as in "give …".
    pub fn wanted(&self) -> String {
        match self {
            Self::Integer(unit, range) if *range.end() == u64::MAX => format!(
                "a whole number of {unit} from {} on, or \"{UNLIMITED}\"",
                range.start()
            ),
            Self::Integer(unit, range) => format!(
                "a whole number of {unit} from {} to {}",
                range.start(),
                range.end()
            ),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Texts(what) => format!("a list of {what}"),
            Self::Paths => "a list of absolute paths".to_owned(),
            Self::Choice(choices) => format!("\"{}\"", choices.join("\" or \"")),
            Self::Profile => "the name of a profile".to_owned(),
            Self::Profiles => "a list of names of profiles".to_owned(),
            Self::Session => {
                format!("a name of 1 to {SESSION_NAME_BYTES_MAX} letters, digits, `.`, `_` and `-`")
            }
            Self::Variable => "the name of an environment variable".to_owned(),
            Self::Preopens => "[[preopen]] with `host`, `guest` and `access`, or HOST:GUEST[:ro|rw] outside of a file".to_owned(),
            Self::Patterns => "a list of `server.tool` or `server`, with `*` for any text".to_owned(),
            Self::Variables => "a list of names of environment variables".to_owned(),
            Self::Plugins => "a list of names of plugins, such as [\"csv\"]".to_owned(),
            Self::Domains => "a list of domains, with `*` for any text".to_owned(),
            Self::Database => "postgres://user:password@host:5432/database, with %-codes for special characters in names and the password".to_owned(),
            Self::Urls => "a list of addresses that begin with https:// or http://".to_owned(),
            Self::Url => "an address that begins with https:// or http://".to_owned(),
            Self::Socket => "an address with a port, such as \"127.0.0.1:8787\" or \"[::1]:8787\"".to_owned(),
            Self::Authorities => "a list of names, with a port or without, such as \"mcp.example.com\"".to_owned(),
            Self::Networks => "a list of addresses or ranges, such as \"10.0.0.0/8\"".to_owned(),
            Self::Ranking => "a list of \"name=number\", the name being lexical, semantic, task_type, domain, recency, outcome, reward, half_life_days, rank_constant or diversity_lambda, and a weight from 0 to 100".to_owned(),
            Self::Server => "[servers.NAME] with `command` or `url`".to_owned(),
            Self::Hosts => "a list such as [\"api.example.com:443\"], or entries separated by commas outside of a file".to_owned(),
        }
    }

    /// `value` as this kind has it, if it fits.
    pub fn accept(&self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::Integer(_, range), Value::Integer(number)) => {
                range.contains(&number).then_some(Value::Integer(number))
            }
            (Self::Integer(_, range), Value::Text(text)) => {
                (text == UNLIMITED && *range.end() == u64::MAX).then_some(Value::Integer(u64::MAX))
            }
            (Self::Boolean, value @ Value::Boolean(_))
            | (Self::Path, value @ Value::Path(_))
            | (Self::Profile | Self::Text, value @ Value::Text(_))
            | (Self::Profiles | Self::Domains | Self::Texts(_), value @ Value::List(_))
            | (Self::Preopens, value @ Value::Preopens(_))
            | (Self::Server, value @ Value::Server(_))
            | (Self::Hosts, value @ Value::Hosts(_)) => Some(value),
            (Self::Patterns, Value::List(patterns)) => {
                let grants = patterns.iter().try_fold(Grants::none(), |grants, pattern| {
                    grants.with(pattern, Decision::Allow)
                });
                grants.is_ok().then_some(Value::List(patterns))
            }
            (Self::Plugins, Value::List(names)) => names
                .iter()
                .all(|name| PluginName::parse(name).is_ok())
                .then_some(Value::List(names)),
            (Self::Variable, Value::Text(name)) => is_variable(&name).then_some(Value::Text(name)),
            (Self::Variables, Value::List(names)) => names
                .iter()
                .all(|name| is_variable(name))
                .then_some(Value::List(names)),
            (Self::Paths, Value::List(paths)) => paths
                .iter()
                .all(|path| path.starts_with('/'))
                .then_some(Value::List(paths)),
            (Self::Urls, Value::List(urls)) => urls
                .iter()
                .all(|url| is_url(url))
                .then_some(Value::List(urls)),
            (Self::Url, Value::Text(url)) => is_url(&url).then_some(Value::Text(url)),
            (Self::Socket, Value::Text(text)) => text
                .parse::<SocketAddr>()
                .is_ok()
                .then_some(Value::Text(text)),
            (Self::Authorities, Value::List(names)) => names
                .iter()
                .all(|name| authority(name).is_some())
                .then_some(Value::List(names)),
            (Self::Networks, Value::List(ranges)) => ranges
                .iter()
                .all(|range| network(range).is_some())
                .then_some(Value::List(ranges)),
            (Self::Ranking, Value::List(settings)) => settings
                .iter()
                .try_fold(Ranking::default(), |ranking, setting| ranking.with(setting))
                .is_ok()
                .then_some(Value::List(settings)),
            (Self::Database, Value::Text(url)) => url.parse().ok().map(Value::Database),
            (Self::Path, Value::Text(text)) => {
                (!text.is_empty()).then(|| Value::Path(PathBuf::from(text)))
            }
            (Self::Session, Value::Text(text)) => {
                is_session_name(&text).then_some(Value::Text(text))
            }
            (Self::Choice(choices), Value::Text(text)) => choices
                .contains(&text.as_str())
                .then_some(Value::Text(text)),
            _ => None,
        }
    }

    /// What an environment variable says, if it fits.
    pub fn read(&self, text: &OsStr) -> Option<Value> {
        // A path need not be UTF-8.
        if matches!(self, Self::Path) {
            return (!text.is_empty()).then(|| Value::Path(PathBuf::from(text)));
        }
        let text = text.to_str()?.trim();
        self.accept(match self {
            Self::Integer(..) => match text.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Text(text.to_owned()),
            },
            Self::Boolean => Value::Boolean(text.parse().ok()?),
            Self::Server => return None,
            Self::Profiles
            | Self::Patterns
            | Self::Variables
            | Self::Domains
            | Self::Plugins
            | Self::Texts(_)
            | Self::Paths
            | Self::Urls
            | Self::Authorities
            | Self::Networks
            | Self::Ranking => Value::List(
                text.split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
            Self::Hosts => Value::Hosts(
                text.split(',')
                    .map(str::trim)
                    .filter(|host| !host.is_empty())
                    .map(HostEntry::new)
                    .collect(),
            ),
            Self::Preopens => Value::Preopens(
                text.split(',')
                    .map(str::trim)
                    .filter(|preopen| !preopen.is_empty())
                    .map(Preopen::parse)
                    .collect::<Option<_>>()?,
            ),
            Self::Path
            | Self::Text
            | Self::Choice(_)
            | Self::Profile
            | Self::Session
            | Self::Url
            | Self::Socket
            | Self::Database
            | Self::Variable => Value::Text(text.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_up_to_their_edges() {
        let kind = Kind::Integer("things", 2..=4);
        for (number, fits) in [(1, false), (2, true), (4, true), (5, false)] {
            assert_eq!(kind.accept(Value::Integer(number)).is_some(), fits);
            assert_eq!(kind.read(number.to_string().as_ref()).is_some(), fits);
        }
        assert_eq!(kind.read("unlimited".as_ref()), None);
        assert_eq!(kind.read("-2".as_ref()), None);
        assert_eq!(kind.read("2.0".as_ref()), None);
    }

    #[test]
    fn a_limit_that_may_be_absent_is_said_to_be() {
        let kind = Kind::Integer("units", 1..=u64::MAX);
        let unlimited = kind.accept(Value::Text("unlimited".to_owned())).unwrap();
        assert_eq!(unlimited, Value::Integer(u64::MAX));
        assert_eq!(unlimited.to_string(), r#""unlimited""#);
        assert_eq!(serde_json::to_value(&unlimited).unwrap(), "unlimited");
        assert_eq!(kind.read("unlimited".as_ref()), Some(unlimited));
        assert_eq!(
            kind.wanted(),
            "a whole number of units from 1 on, or \"unlimited\""
        );
    }

    #[test]
    fn lists_and_switches_are_read_from_variables() {
        let names = |text: &str| Kind::Profiles.read(text.as_ref());
        let two = Value::List(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(names("a, b,"), Some(two));
        assert_eq!(names(""), Some(Value::List(vec![])));
        assert_eq!(
            Kind::Boolean.read("false".as_ref()),
            Some(Value::Boolean(false))
        );
        assert_eq!(Kind::Boolean.read("no".as_ref()), None);
        assert_eq!(Kind::Path.read("".as_ref()), None);
    }

    #[test]
    fn names_of_profiles_are_parts_of_variables() {
        for name in ["ci", "a1", "my_ci"] {
            assert!(is_profile_name(name), "{name}");
        }
        for name in ["", "CI", "my-ci", "1a", "_a", "a.b", "ü"] {
            assert!(!is_profile_name(name), "{name}");
        }
    }
}
