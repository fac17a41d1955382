//! Whole `vesicle.toml`s, made from the tables of keys: the defaults of `vesicle config show --defaults`, and what
//! `vesicle init` begins with.

use vesicle_bridge::ServerPolicy;

use super::{
    accounts::ACCOUNT_KEYS,
    keys::{self, Key},
    kind::Kind,
    limit_keys::LIMIT_KEYS,
    servers::NUMBERS,
    value::Value,
};

const HEAD: &str = "\
# Vesicle's configuration: every key with its default. The file is looked for in the working
# directory, then in `vesicle` in the user's configuration directory; the first one counts.
#
# Each key is also an environment variable, whose name stands above it. Options of the command line
# are stronger than the environment, and the environment than this file. `vesicle config show`
# prints what is in force, and where it comes from.
";

const STARTER_HEAD: &str = "\
# Vesicle's configuration, as `vesicle init` wrote it. Every key is here. A line behind a `#` says what
# holds without it; take the `#` away to change it.
#
# Each key is also an environment variable, whose name stands above it. Options of the command line
# are stronger than the environment, and the environment than this file. `vesicle config show`
# prints what is in force, and where it comes from. `vesicle doctor` says whether it works.
";

/// The keys that a new file sets, each to its default: what people most often change.
const STARTING: [&str; 5] = [
    "serve.tools",
    "memory.enabled",
    "memory.programs",
    "plugins.save",
    "audit.enabled",
];

const PROFILES_HEAD: &str = "\
# Profiles: how much a call may use. A call may narrow its profile, never widen it. In names of
# variables, NAME is the profile's.
";

const OWN_PROFILE: &str = "\
# A profile of your own begins as another one. Its name is of small letters, digits and `_`.
# VESICLE_PROFILES_NAME_INHERITS
# [profiles.ci]
# inherits = \"default\"
# wall_time_ms = 8000
";

const SERVERS: &str = "\
# Other MCP servers, whose tools code calls as `tools.SERVER.TOOL(…)`, beside those of
# `tools.mcp_config` or in place of them. They are written in this file only. A section that has
# neither `command` nor `url` says how a server of that other file is treated.
# [servers.github]
# url = \"https://api.githubcopilot.com/mcp/\"    # or command = \"…\", args = [], env = {}, cwd = \"…\"
# bearer = \"${secret:github}\"                   # or headers = { name = \"value\" }
";

const SERVER_CHOICES: &str = "\
# start = \"eager\"    # or \"lazy\": when first called
# fallback = \"error\"    # when it is down; or \"stale\": the last result, or \"static\": what `static` says
# [servers.github.tools.\"get_*\"]    # for some tools: call_timeout_ms, calls_per_minute, cache_ttl_ms,
# idempotent = true                # fallback, static, and whether a call may be repeated
";

const SECRETS: &str = "\
# Secrets: where their values are, never the values. They are taken out of results, output, errors,
# logs and audit lines, and no code sees them. A secret has 8 bytes or more. One with a `host` is put
# into requests that code sends to that host, if it is granted: into the header `authorization` or
# another one, behind a prefix if there is one.
# VESICLE_SECRETS_NAME_ENV, the name of an environment variable
# VESICLE_SECRETS_NAME_FILE, a path
# VESICLE_SECRETS_NAME_HOST, such as api.example.com:443; VESICLE_SECRETS_NAME_HEADER, a header's name;
# VESICLE_SECRETS_NAME_PREFIX, any text
# [secrets]
# api_key = { env = \"API_KEY\" }
# token = { file = \"token.txt\" }
# [secrets.api]
# env = \"API_TOKEN\"
# host = \"api.example.com:443\"
# header = \"authorization\"
# prefix = \"Bearer \"
";

const ACCOUNTS: &str = "\
# Accounts: what those may do who show a token of theirs. A token of an account that is not described here
# makes one of its name, with the profile that `vesicle token create` was given. Each has a memory and a
# `state` of its own.
# VESICLE_ACCOUNTS_NAME_PROFILE and so on
# [accounts.ci]
";

/// What a new `vesicle.toml` says besides what most do.
#[derive(Debug, Default)]
pub struct Starter {
    /// Keys that are set, by their paths.
    pub set: Vec<(&'static str, Value)>,
    /// Servers, as sections.
    pub servers: String,
    /// Secrets, as sections.
    pub secrets: String,
}

/// Which keys a file sets.
enum Set {
    /// Each that has the same value everywhere.
    All,
    /// Those that most people change, and these.
    Few(Vec<(&'static str, Value)>),
}

/// The text of a `vesicle.toml` that says what holds without one.
pub fn defaults() -> String {
    let profiles = profiles().join("\n");
    whole(HEAD, &Set::All, profiles, "", "")
}

/// The text of a `vesicle.toml` to begin with: nearly all of it is comments.
pub fn starter(starter: Starter) -> String {
    let profiles: String = profiles()
        .join("\n")
        .lines()
        .map(|line| match line.starts_with('#') || line.is_empty() {
            true => format!("{line}\n"),
            false => format!("# {line}\n"),
        })
        .collect();
    let set = Set::Few(starter.set);
    whole(
        STARTER_HEAD,
        &set,
        profiles,
        &starter.servers,
        &starter.secrets,
    )
}

fn whole(head: &str, set: &Set, profiles: String, servers: &str, secrets: &str) -> String {
    let mut blocks = vec![head.to_owned()];
    let (outside, inside): (Vec<&Key>, Vec<&Key>) =
        keys::all().partition(|key| !key.path.contains('.'));
    blocks.extend(outside.into_iter().map(|key| setting(key.path, key, set)));
    blocks.push(profiles);
    let mut open = "";
    for key in inside {
        let (section, name) = key.path.split_once('.').unwrap_or_default();
        let header = match section == open {
            true => String::new(),
            false => format!("[{section}]\n"),
        };
        open = section;
        blocks.push(header + &setting(name, key, set));
    }
    blocks.push(SERVERS.to_owned() + &server_keys());
    blocks.push(servers.to_owned());
    blocks.push(SECRETS.to_owned());
    blocks.push(secrets.to_owned());
    blocks.push(ACCOUNTS.to_owned() + &account_keys());
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

fn setting(name: &str, key: &Key, set: &Set) -> String {
    let also = key.env_also.map(|also| format!(" or {also}"));
    let doc = comment(key.doc);
    let variable = keys::variable(key.path) + &also.unwrap_or_default();
    let (chosen, is_set) = match set {
        Set::All => (None, true),
        Set::Few(chosen) => {
            let chosen = chosen.iter().find(|(path, _)| *path == key.path);
            (chosen.map(|(_, value)| value), STARTING.contains(&key.path))
        }
    };
    let setting = match (chosen, (key.default)()) {
        (Some(value), _) => format!("{name} = {value}"),
        // It depends on the user, and a path of one is none for another.
        (None, Some(Value::Path(_)) | None) => format!("# {name} = \"…\""),
        (None, Some(value)) if is_set => format!("{name} = {value}"),
        (None, Some(value)) => format!("# {name} = {value}"),
    };
    format!("{doc}# {variable}\n{setting}\n")
}

fn account_keys() -> String {
    let keys = ACCOUNT_KEYS.iter().map(|key| format!("# {}\n", key.doc));
    keys.collect()
}

fn server_keys() -> String {
    let numbers = NUMBERS.iter().map(|key| {
        let default = (key.get)(&ServerPolicy::default());
        format!("# {} = {default}    # {}\n", key.name, key.doc)
    });
    numbers.chain([SERVER_CHOICES.to_owned()]).collect()
}

fn profiles() -> Vec<String> {
    let docs = LIMIT_KEYS.iter().map(|key| {
        let wanted = Kind::Integer(key.unit, key.range.clone()).wanted();
        let variable = keys::variable(&format!("profiles.NAME.{}", key.name));
        comment(&format!(
            "\n`{}`: {}\n{variable}, {wanted}",
            key.name, key.doc
        ))
    });
    let head = PROFILES_HEAD.to_owned() + &docs.collect::<String>();
    let built_in = vesicle_sandbox::Profile::ALL.map(|(name, profile)| {
        let limits = profile.limits();
        let keys = LIMIT_KEYS
            .iter()
            .map(|key| format!("{} = {}\n", key.name, Value::Integer((key.get)(&limits))));
        format!("[profiles.{name}]\n{}", keys.collect::<String>())
    });
    [head]
        .into_iter()
        .chain(built_in)
        .chain([OWN_PROFILE.to_owned()])
        .collect()
}

fn comment(text: &str) -> String {
    text.lines()
        .map(|line| format!("# {line}").trim_end().to_owned() + "\n")
        .collect()
}
