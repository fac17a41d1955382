//! Which keys there are, and the name of each as an environment variable.

mod clients;
mod code;
mod kept;
mod reach;
mod watched;

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use vesicle_bridge::ServerName;
use vesicle_sandbox::Profile;

use crate::accounts::is_account_name;

use super::{
    accounts::{ACCOUNT_KEYS, ACCOUNTS},
    hosts::ALLOW_HOSTS,
    kind::{Kind, is_profile_name},
    limit_keys::LIMIT_KEYS,
    preopens::PREOPEN,
    servers::SERVER_KEYS,
    value::Value,
};

/// What all of the environment variables begin with.
pub const ENV_PREFIX: &str = "VESICLE_";
/// The variable that names the configuration file; it is no key.
pub const ENV_CONFIG: &str = "VESICLE_CONFIG";
/// The key by which a profile of one's own says which one it begins as.
pub const INHERITS: &str = "inherits";
/// The section of the rules of the source check.
pub const SOURCE_CHECK: &str = "source_check";
/// What a rule of the source check may do; the first is the default.
pub const RULE_ACTIONS: [&str; 3] = ["deny", "warn", "off"];
/// The section of servers whose tools code may call.
pub const SERVERS: &str = "servers";
/// Which tools may be called, in a profile.
pub const PROFILE_TOOLS: [&str; 3] = ["tools.allow", "tools.ask", "tools.deny"];
/// What an MCP result may have, unless somebody says otherwise, in bytes: some 16 000 tokens.
pub const MAX_RESULT_BYTES_DEFAULT: u64 = 64 << 10;
/// The most that an MCP result may have, in bytes.
pub const MAX_RESULT_BYTES_MAX: u64 = 64 << 20;
/// How log lines may look.
pub const LOG_FORMATS: [&str; 2] = ["text", "json"];
/// Whose executions are audited.
pub const AUDITED: [&str; 3] = ["serve", "always", "never"];
/// What an audit log that cannot be written means.
pub const AUDIT_FAILURES: [&str; 2] = ["warn", "refuse"];

/// How many tools of plugins are listed, unless somebody says otherwise: some 5 000 tokens.
pub const LISTED_PLUGIN_TOOLS_DEFAULT: u64 = 50;
/// The most that may be listed.
pub const LISTED_PLUGIN_TOOLS_MAX: u64 = 10_000;
/// Whether agents save plugins, and who grants what these ask for.
pub const SAVING: [&str; 3] = ["ask", "operator", "never"];
/// Which tools of plugins may be called, in a profile.
pub const PROFILE_PLUGINS: &str = "plugins";

/// Which tools of the memory are listed.
pub const LISTED: [&str; 2] = ["core", "all"];
/// What programs may do with the memory.
pub const MEMORY_PROGRAMS: [&str; 3] = ["none", "query", "record"];

/// A key with a fixed place.
#[derive(Debug)]
pub struct Key {
    /// Its place, such as `sandbox.cache_dir`.
    pub path: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it holds where nobody says; `None` where the system does not tell.
    pub default: fn() -> Option<Value>,
    /// What it does.
    pub doc: &'static str,
    /// Another environment variable for it, from before there was a file.
    pub env_also: Option<&'static str>,
}

/// Where a secret's value comes from, and the host that it goes to.
pub const SECRET_KEYS: [&str; 5] = ["env", "file", "host", "header", "prefix"];
/// The section of requests to hosts.
pub const NETWORK: &str = "network";

/// The keys of fixed place, in the order that people read them in.
pub fn all() -> impl Iterator<Item = &'static Key> {
    let groups = [
        code::KEYS,
        reach::KEYS,
        kept::KEYS,
        clients::KEYS,
        watched::KEYS,
    ];
    groups.into_iter().flatten()
}

/// A list of patterns of tools.
const fn patterns(path: &'static str, default: fn() -> Option<Value>, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Patterns,
        default,
        doc,
        env_also: None,
    }
}

/// A length of time in milliseconds, of ten minutes at most.
const TIME: Kind = Kind::Integer("ms", 1..=600_000);

/// A bound of what is sent or received.
const fn bound(
    path: &'static str,
    kind: Kind,
    default: fn() -> Option<Value>,
    doc: &'static str,
) -> Key {
    Key {
        path,
        kind,
        default,
        doc,
        env_also: None,
    }
}

/// A rule of the source check.
const fn rule(path: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        kind: Kind::Choice(&RULE_ACTIONS),
        default: || Some(Value::Text(RULE_ACTIONS[0].to_owned())),
        doc,
        env_also: None,
    }
}

fn users_cache() -> Option<PathBuf> {
    let user = etcetera::choose_base_strategy().ok()?;
    Some(user.cache_dir().join("vesicle"))
}

fn users_data() -> Option<PathBuf> {
    let user = etcetera::choose_base_strategy().ok()?;
    Some(user.data_dir().join("vesicle"))
}

/// What stands at a path.
pub enum Node {
    /// A value.
    Key(Kind),
    /// A table of further keys.
    Section,
}

/// What stands at `path`, if anything may.
pub fn at(path: &str) -> Option<Node> {
    if let Some(in_profiles) = path.strip_prefix("profiles.") {
        let (name, key) = match in_profiles.split_once('.') {
            Some((name, key)) => (name, Some(key)),
            None => (in_profiles, None),
        };
        return match key {
            _ if !is_profile_name(name) => None,
            None | Some("tools") => Some(Node::Section),
            Some(key) => profile_key(key).map(Node::Key),
        };
    }
    if let Some(name) = path.strip_prefix("servers.") {
        return ServerName::new(name).ok().map(|_| Node::Key(Kind::Server));
    }
    if let Some(in_secrets) = path.strip_prefix("secrets.") {
        let (name, key) = match in_secrets.split_once('.') {
            Some((name, key)) => (name, Some(key)),
            None => (in_secrets, None),
        };
        return match key {
            _ if !is_profile_name(name) => None,
            None => Some(Node::Section),
            Some("env") => Some(Node::Key(Kind::Variable)),
            Some("file") => Some(Node::Key(Kind::Path)),
            Some("host" | "header" | "prefix") => Some(Node::Key(Kind::Text)),
            Some(_) => None,
        };
    }
    if let Some(in_accounts) = path.strip_prefix("accounts.") {
        let (name, key) = match in_accounts.split_once('.') {
            Some((name, key)) => (name, Some(key)),
            None => (in_accounts, None),
        };
        return match key {
            _ if !is_account_name(name) => None,
            None => Some(Node::Section),
            Some(key) => {
                let key = ACCOUNT_KEYS.iter().find(|known| known.name == key)?;
                Some(Node::Key(key.kind.clone()))
            }
        };
    }
    match all().find(|key| key.path == path) {
        Some(key) => Some(Node::Key(key.kind.clone())),
        None => names_in("").contains(&path).then_some(Node::Section),
    }
}

/// The names that may stand directly in the section `path`; "" is the whole file.
pub fn names_in(path: &str) -> Vec<&'static str> {
    match path.split_once('.') {
        Some(("secrets", _)) => SECRET_KEYS.to_vec(),
        Some((ACCOUNTS, _)) => ACCOUNT_KEYS.iter().map(|key| key.name).collect(),
        Some((SERVERS, _)) => SERVER_KEYS.iter().map(|key| key.name).collect(),
        Some((_, profile)) if profile.ends_with(".tools") => {
            let in_tools = PROFILE_TOOLS.iter();
            in_tools
                .filter_map(|key| key.strip_prefix("tools."))
                .collect()
        }
        Some(_) => {
            let plain = profile_keys().filter(|key| !key.contains('.'));
            plain.chain(["tools"]).collect()
        }
        None if path == "profiles" => Profile::ALL.map(|(name, _)| name).to_vec(),
        None if path.is_empty() => {
            let mut names: Vec<&str> = all()
                .map(|key| key.path.split_once('.').map_or(key.path, |(head, _)| head))
                .chain(["profiles", "secrets", SERVERS, ACCOUNTS])
                .collect();
            names.dedup();
            names
        }
        None => all()
            .filter_map(|key| key.path.strip_prefix(path)?.strip_prefix('.'))
            .collect(),
    }
}

/// The section whose key is called `name`.
pub fn section_with(name: &str) -> Option<&'static str> {
    all()
        .filter_map(|key| key.path.split_once('.'))
        .find_map(|(section, key)| (key == name).then_some(section))
}

/// The names of the keys in every profile.
pub fn profile_keys() -> impl Iterator<Item = &'static str> {
    LIMIT_KEYS
        .iter()
        .map(|key| key.name)
        .chain([INHERITS, PREOPEN, ALLOW_HOSTS, PROFILE_PLUGINS])
        .chain(PROFILE_TOOLS)
}

fn profile_key(name: &str) -> Option<Kind> {
    if name == INHERITS {
        return Some(Kind::Profile);
    }
    if name == PREOPEN {
        return Some(Kind::Preopens);
    }
    if PROFILE_TOOLS.contains(&name) || name == PROFILE_PLUGINS {
        return Some(Kind::Patterns);
    }
    if name == ALLOW_HOSTS {
        return Some(Kind::Hosts);
    }
    let limit = LIMIT_KEYS.iter().find(|key| key.name == name)?;
    Some(Kind::Integer(limit.unit, limit.range.clone()))
}

/// The environment variable of the key at `path`.
pub fn variable(path: &str) -> String {
    format!(
        "{ENV_PREFIX}{}",
        path.replace('.', "_").to_ascii_uppercase()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_variable_of_its_own() {
        let paths = all().map(|key| key.path.to_owned());
        let mut variables: Vec<String> = paths.map(|path| variable(&path)).collect();
        variables.extend(all().filter_map(|key| key.env_also.map(str::to_owned)));
        variables.push(ENV_CONFIG.to_owned());
        let count = variables.len();
        variables.sort();
        variables.dedup();
        assert_eq!(variables.len(), count);
        assert!(
            !variables
                .iter()
                .any(|name| name.starts_with("VESICLE_PROFILES_")
                    || name.starts_with("VESICLE_SECRETS_")
                    || name.starts_with("VESICLE_ACCOUNTS_"))
        );
    }

    #[test]
    fn every_rule_has_a_key_and_every_action_a_name() {
        let rules = vesicle_sandbox::ViolationType::ALL.map(|(name, _)| name);
        assert_eq!(names_in(SOURCE_CHECK), rules);
        let actions = vesicle_sandbox::RuleAction::ALL;
        assert_eq!(actions.map(|(name, _)| name), RULE_ACTIONS);
        assert_eq!(actions[0].1, Default::default());
    }
}
