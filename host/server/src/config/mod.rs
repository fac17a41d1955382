//! The configuration: what the command line, the environment, `vesicle.toml` and the defaults say,
//! the first of these over the next. Everything is read once, at the start.
//!
//! Keys and their kinds are tables (`keys/`, `limit_keys.rs`). Reading, checking, printing and
//! documentation follow from them.

mod accounts;
mod audit;
mod defaults;
mod environment;
mod file;
mod grants;
mod hosts;
mod http;
mod keys;
mod kind;
mod layer;
mod limit_keys;
mod lockdown;
mod memory;
mod network;
mod oauth;
mod plugins;
mod preopens;
mod problem;
mod profiles;
mod secrets;
mod servers;
mod shared;
mod show;
mod tools;
mod value;

#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use vesicle_sandbox::{RuleAction, SourcePolicy, State, Transport, ViolationType};

use crate::accounts::{Account, TokenPlace};
use crate::http::HttpConfig;
use crate::limits::{Asker, Policy, Profile};
use crate::memory::{LazyMemory, MemoryConfig};
use crate::plugins::{PluginsConfig, Surroundings};
use crate::{
    shared::Shared,
    state::{Place, SessionState},
};
use layer::Layer;
use show::Row;
use value::{Entry, Origin};

pub use audit::{NoDirectory, Runner};
pub use defaults::{Starter, defaults, starter};
pub use file::{FILE_NAME, user_file};
pub use hosts::{ALLOW_HOSTS, HostEntry};
pub use keys::ENV_CONFIG;
pub use kind::{authority, is_profile_name};
pub use limit_keys::{LIMIT_KEYS, LimitKey, WALL_TIME_MS_MAX};
pub use lockdown::ISOLATIONS;
pub use plugins::PLUGIN_DIR;
pub use preopens::{PREOPEN, Preopen};
pub use problem::{ConfigError, Problem};
pub use tools::{MCP_CONFIG, MCP_JSON, ToolsConfig};
pub(crate) use tools::{RENAME, RESERVED, is_vesicle};
pub use value::{Value, list};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for machines
    Json,
}

impl LogFormat {
    /// As the key `log.format` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// An option of the command line that sets a key.
#[derive(Debug, Clone)]
pub struct Flag {
    /// As it is typed, such as `--profile`.
    pub name: &'static str,
    /// The key's path, such as `profile`.
    pub key: &'static str,
    /// What it says.
    pub value: Value,
}

/// What is in force.
#[derive(Debug)]
pub struct Configuration {
    /// Profiles, and who may have which.
    pub policy: Arc<Policy>,
    concurrency_max: u32,
    isolates: bool,
    session_instances: u32,
    cache: bool,
    cache_dir: Option<PathBuf>,
    /// How log lines look.
    pub log_format: LogFormat,
    state: SessionState,
    audit: audit::AuditKeys,
    memory: MemoryConfig,
    plugins: PluginsConfig,
    lists_all_tools: bool,
    http: Option<HttpConfig>,
    tokens: Option<TokenPlace>,
    /// The accounts that it describes; each token of another one makes one by its name.
    pub accounts: Vec<Account>,
    tools: tools::ToolKeys,
    network: network::NetworkKeys,
    otlp: Option<String>,
    secrets: Vec<secrets::Source>,
    sent_to: Vec<network::SentTo>,
    file: Option<Arc<file::ConfigFile>>,
    rows: Vec<Row>,
}

impl Configuration {
    /// Reads the file, which is the one at `path` or the first of those that are looked for, and the
    /// environment, and lays `flags` over both.
    ///
    /// # Errors
    /// Everything that is wrong with the file, the environment and the flags.
    pub fn load(path: Option<&Path>, flags: &[Flag]) -> Result<Self, ConfigError> {
        let file = file::find(path).map_err(|problem| ConfigError(vec![problem]))?;
        Self::of(file, std::env::vars_os(), flags)
    }

    /// Reads the environment and lays `flags` over it, as if there were no file.
    ///
    /// # Errors
    /// Everything that is wrong with the environment and the flags.
    pub fn without_file(flags: &[Flag]) -> Result<Self, ConfigError> {
        Self::of(None, std::env::vars_os(), flags)
    }

    /// Reads `text` as the file at `path`, which need not be there yet.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn of_text(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let file = file::ConfigFile {
            name: path.display().to_string(),
            directory: path.parent().unwrap_or(Path::new("")).to_owned(),
            text: text.to_owned(),
        };
        Self::of(Some(file), [], &[])
    }

    /// The configuration file, if there is one.
    pub fn file_name(&self) -> Option<&str> {
        self.file.as_ref().map(|file| &*file.name)
    }

    /// How the sandbox is to be set up.
    pub fn sandbox(&self) -> vesicle_sandbox::Config {
        if self.cache && self.cache_dir.is_none() {
            tracing::warn!("no cache directory, so every start compiles; give --cache-dir");
        }
        vesicle_sandbox::Config {
            cache_dir: self.cache_dir.clone().filter(|_| self.cache),
            concurrency_max: self.concurrency_max,
            residents_max: self.session_instances,
            ..vesicle_sandbox::Config::default()
        }
    }

    /// Whether programs run in processes of their own.
    pub fn isolates(&self) -> bool {
        self.isolates
    }

    /// What the session keeps from one call to the next.
    pub fn state(&self) -> Arc<dyn State> {
        Arc::new(self.state.clone())
    }

    /// The collector that traces are sent to, where one is configured.
    pub fn otlp(&self) -> Option<&str> {
        self.otlp.as_deref()
    }

    /// The account of this name, as far as it is described.
    pub fn account(&self, name: &str) -> Account {
        let described = self.accounts.iter().find(|account| account.name == name);
        described.cloned().unwrap_or_else(|| Account::named(name))
    }

    /// The memory that is `account`'s alone.
    pub fn account_memory(&self, account: &Account) -> MemoryConfig {
        let domains = account.memory.clone();
        MemoryConfig {
            domains: domains.unwrap_or_else(|| self.memory.domains.clone()),
            ..self.memory.of_account(&account.name)
        }
    }

    /// What `account` keeps from one call to the next, apart from what others keep.
    pub fn account_state(&self, account: &Account) -> Arc<dyn State> {
        Arc::new(self.state.of_account(&account.name))
    }

    /// Where what has to last is kept, if that is known.
    pub fn data_directory(&self) -> Option<PathBuf> {
        self.path("data_dir")
    }

    /// The place that this key names.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        let row = self.rows.iter().find(|row| row.key == key)?;
        match &row.value {
            Value::Path(path) => Some(path.clone()),
            _ => None,
        }
    }

    /// What calls of an account's plugins share that they may reach: its own state and memory.
    pub fn account_surroundings(
        &self,
        account: &Account,
        memory: LazyMemory,
        transport: Arc<Transport>,
    ) -> Surroundings {
        Surroundings {
            state: self.state.of_account(&account.name),
            memory,
            transport,
        }
    }

    /// What calls of plugins share that they may reach; `transport` is the way to hosts.
    pub fn surroundings(&self, transport: Arc<Transport>) -> Surroundings {
        Surroundings {
            state: self.state.clone(),
            memory: LazyMemory::new(self.memory.clone()),
            transport,
        }
    }

    fn of(
        file: Option<file::ConfigFile>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        flags: &[Flag],
    ) -> Result<Self, ConfigError> {
        let file = file.map(Arc::new);
        let (from_file, mut problems) = file.as_ref().map(file::read).unwrap_or_default();
        let (from_environment, more) = environment::read(environment);
        problems.extend(more);
        let layer = from_file
            .under(from_environment)
            .under(from_flags(flags, &mut problems));
        // What follows from values that are missing because they are wrong would only confuse.
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        let resolved = resolve(&layer, file, &mut problems);
        match problems.is_empty() {
            true => Ok(resolved),
            false => Err(ConfigError(problems)),
        }
    }
}

fn from_flags(flags: &[Flag], problems: &mut Vec<Problem>) -> Layer {
    let mut layer = Layer::default();
    for flag in flags {
        let origin = Origin::Flag(flag.name);
        let Some(keys::Node::Key(kind)) = keys::at(flag.key) else {
            continue;
        };
        match kind.accept(flag.value.clone()) {
            Some(value) => {
                let entry = Entry { value, origin };
                layer.entries.insert(flag.key.to_owned(), entry);
            }
            None => problems.push(Problem {
                origin,
                what: format!("it cannot be {}", flag.value),
                advice: format!("give {}", kind.wanted()),
            }),
        }
    }
    layer
}

fn resolve(
    layer: &Layer,
    file: Option<Arc<file::ConfigFile>>,
    problems: &mut Vec<Problem>,
) -> Configuration {
    let mut resolved = profiles::resolve(layer, problems);
    let mut settled = Settled::of(layer);
    if let Some(for_all) = settled.row(PREOPEN) {
        grants::open(&mut resolved, for_all, problems);
    }
    let lists = ["tools.allow", "tools.ask", "tools.deny"].map(|key| settled.list(key));
    grants::tools(&mut resolved, lists);
    grants::plugins(&mut resolved, &settled.list("plugins.allow"));
    if let Some(for_all) = settled.row(ALLOW_HOSTS) {
        grants::hosts(&mut resolved, for_all, problems);
    }
    let policy = policy(&resolved, &mut settled, problems);
    let policy = policy.checking(source_policy(&mut settled));
    let cache = settled.value("sandbox.cache") != Some(&Value::Boolean(false));
    let cache_dir = match settled.value("sandbox.cache_dir") {
        Some(Value::Path(path)) => Some(path.clone()),
        _ => None,
    };
    let concurrency_max = match settled.value("sandbox.concurrency_max") {
        Some(Value::Integer(count)) => u32::try_from(*count).unwrap_or(u32::MAX),
        _ => vesicle_sandbox::Config::default().concurrency_max,
    };
    let isolates =
        settled.value("sandbox.isolation") == Some(&Value::Text(ISOLATIONS[1].to_owned()));
    let log_format = match settled.value("log.format") {
        Some(Value::Text(name)) if name == LogFormat::Json.name() => LogFormat::Json,
        _ => LogFormat::Text,
    };
    follow_data_dir(&mut settled, "state.file", "state.db");
    let state_place = match shared::in_database(&mut settled, "state.file") {
        Some(url) => Place::Database(Shared::new(&url)),
        None => Place::File(match settled.value("state.file") {
            Some(Value::Path(path)) => Some(path.clone()),
            _ => None,
        }),
    };
    let session = match settled.value("state.session") {
        Some(Value::Text(name)) => name.clone(),
        _ => String::new(),
    };
    let audit = audit::resolve(&mut settled);
    let lists_all_tools = settled.value("serve.tools") == Some(&Value::Text("all".to_owned()));
    let memory = memory::resolve(&mut settled, &policy, problems);
    let session_instances = plugins::session_instances(&mut settled);
    let plugins = plugins::resolve(&mut settled);
    let tokens = http::tokens(&mut settled);
    let (accounts, of_accounts) = accounts::resolve(layer, &policy, problems);
    let http = http::resolve(&mut settled, tokens.clone(), !accounts.is_empty(), problems);
    let http = http.map(|http| HttpConfig {
        oauth: oauth::resolve(&mut settled, &http, &accounts, &policy, problems),
        ..http
    });
    let (tools, of_servers) = tools::resolve(layer, &mut settled);
    let network = network::resolve(&mut settled);
    let otlp = match settled.value("telemetry.otlp") {
        Some(Value::Text(url)) => Some(url.clone()),
        _ => None,
    };
    let (secrets, sent_to, of_secrets) = secrets::resolve(layer, problems);
    let mut rows = settled.0;
    rows.extend(of_servers);
    rows.extend(of_secrets);
    rows.extend(of_accounts);
    let of_profiles = resolved.into_iter().flat_map(|profile| profile.rows);
    // After the keys outside of sections.
    let outside = rows.iter().take_while(|row| !row.key.contains('.')).count();
    rows.splice(outside..outside, of_profiles);
    Configuration {
        policy: Arc::new(policy),
        concurrency_max,
        isolates,
        session_instances,
        cache,
        cache_dir,
        log_format,
        state: SessionState::new(state_place, session),
        audit,
        memory,
        plugins,
        lists_all_tools,
        http,
        tokens,
        accounts,
        tools,
        network,
        otlp,
        secrets,
        sent_to,
        file,
        rows,
    }
}

/// What has a place in the data directory moves with it, unless it was given a place of its own.
fn follow_data_dir(settled: &mut Settled, key: &str, name: &str) {
    let data_dir = settled
        .row("data_dir")
        .map(|row| (row.value.clone(), row.origin.clone()));
    if let Some(row) = settled.row(key)
        && let Some((Value::Path(data), origin)) = data_dir
        && matches!(row.origin, Origin::Default)
        && !matches!(origin, Origin::Default)
    {
        row.value = Value::Path(data.join(name));
        row.origin = origin;
        row.follows = Some("data_dir".to_owned());
    }
}

fn source_policy(settled: &mut Settled) -> SourcePolicy {
    let mut policy = SourcePolicy::default();
    for (name, rule) in ViolationType::ALL {
        let key = format!("{}.{name}", keys::SOURCE_CHECK);
        let Some(Value::Text(chosen)) = settled.value(&key) else {
            continue;
        };
        let action = RuleAction::ALL.iter().find(|(name, _)| name == chosen);
        if let Some((_, action)) = action {
            policy = policy.with(rule, *action);
        }
    }
    policy
}

/// The keys of fixed place with what is in force.
struct Settled(Vec<Row>);

impl Settled {
    fn of(layer: &Layer) -> Self {
        let rows = keys::all().filter_map(|key| {
            let entry = match layer.get(key.path) {
                Some(entry) => entry.clone(),
                None => Entry {
                    value: (key.default)()?,
                    origin: Origin::Default,
                },
            };
            Some(Row {
                key: key.path.to_owned(),
                value: entry.value,
                origin: entry.origin,
                follows: None,
            })
        });
        Self(rows.collect())
    }

    fn row(&mut self, path: &str) -> Option<&mut Row> {
        self.0.iter_mut().find(|row| row.key == path)
    }

    fn value(&mut self, path: &str) -> Option<&Value> {
        self.row(path).map(|row| &row.value)
    }

    /// The texts of a list; none where the key holds no list.
    fn list(&mut self, path: &str) -> Vec<String> {
        match self.value(path) {
            Some(Value::List(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }
}

fn policy(
    resolved: &[profiles::Resolved],
    settled: &mut Settled,
    problems: &mut Vec<Problem>,
) -> Policy {
    let all: Vec<Profile> = resolved.iter().map(|r| r.profile.clone()).collect();
    let names: Vec<&str> = all.iter().map(|profile| profile.name.as_str()).collect();
    let mut default = Policy::default().default_profile().clone();
    let mut chosen = Origin::Default;
    if let Some(Row {
        value: Value::Text(name),
        origin,
        ..
    }) = settled.row("profile")
    {
        chosen = origin.clone();
        match all.iter().find(|profile| profile.name == *name) {
            Some(profile) => default = profile.clone(),
            None => problems.push(profiles::unknown(name, origin, &names)),
        }
    }
    let mut offered = Vec::new();
    if let Some(row) = settled.row("serve.profiles") {
        // Who set a profile and no list set a ceiling.
        if matches!(row.origin, Origin::Default) && !matches!(chosen, Origin::Default) {
            let narrower = all
                .iter()
                .filter(|profile| accounts::is_within(profile, &default))
                .map(|profile| profile.name.clone());
            row.value = Value::List(narrower.collect());
            row.origin = chosen;
            row.follows = Some("profile".to_owned());
        }
        if let Value::List(list) = &row.value {
            let unknown = list.iter().filter(|name| !names.contains(&name.as_str()));
            problems.extend(unknown.map(|name| profiles::unknown(name, &row.origin, &names)));
            offered.clone_from(list);
        }
    }
    Policy::new(all, default, &offered)
}
