//! Which keys there are, and the name of each as an environment variable.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use vesicle_bridge::{CONSENT_TIMEOUT, ServerName};
use vesicle_sandbox::{Config, NetworkLimits, Profile};

use crate::accounts::{is_account_name, oauth::ALGORITHMS};

use super::{
    accounts::{ACCOUNT_KEYS, ACCOUNTS},
    hosts::ALLOW_HOSTS,
    kind::{Kind, is_profile_name},
    limit_keys::LIMIT_KEYS,
    lockdown::ISOLATIONS,
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
pub static KEYS: [Key; 92] = [
    Key {
        path: "profile",
        kind: Kind::Profile,
        default: || Some(Value::Text("default".to_owned())),
        doc: "The profile of calls that name none. Where it is set and `serve.profiles` is not, MCP callers\n\
              may only ask for profiles that are no wider than it in any limit.",
        env_also: None,
    },
    Key {
        path: "data_dir",
        kind: Kind::Path,
        default: || users_data().map(Value::Path),
        doc: "Where Vesicle keeps what has to last. A path that is not absolute counts from this file's directory.\n\
              By default it is `vesicle` in the user's data directory.",
        env_also: None,
    },
    Key {
        path: PREOPEN,
        kind: Kind::Preopens,
        default: || Some(Value::Preopens(vec![])),
        doc: "Directories that code may use, by `fs` in JavaScript; none by default. One is written as\n\
              [[preopen]]\n\
              host = \"data\"         # counts from this file's directory\n\
              guest = \"/data\"       # the code's name for it\n\
              access = \"read\"       # or \"read-write\"\n\
              quota_mb = 64         # how much one call may write\n\
              quota_files = 1000    # how many files and directories one call may make\n\
              with [[profiles.NAME.preopen]] for one profile, where it is added to those of all. In a variable:\n\
              HOST:GUEST[:ro|rw], separated by commas.",
        env_also: None,
    },
    Key {
        path: ALLOW_HOSTS,
        kind: Kind::Hosts,
        default: || Some(Value::Hosts(vec![])),
        doc: "Hosts that code may send requests to, by `fetch` in JavaScript; none by default. Such as\n\
              [\"api.example.com:443\", \"*.internal.example:8443\", \"1.2.3.4:443\"]: a name, the names below one, or an\n\
              address. Requests go over TLS; \"http://api.example.com:80\" is for requests in the clear. Names that lead to\n\
              addresses which are not public are refused, unless an entry says where its name may lead:\n\
              { host = \"db.internal:443\", addresses = [\"10.0.0.5\", \"10.1.0.0/16\"] }. The same key under\n\
              [profiles.NAME] adds to those of all. In a variable: entries, separated by commas.",
        env_also: None,
    },
    Key {
        path: "sandbox.concurrency_max",
        kind: Kind::Integer("executions", 1..=u32::MAX as u64),
        default: || Some(Value::Integer(Config::default().concurrency_max.into())),
        doc: "How many executions `vesicle serve` lets be alive at once. Twice as many wait for their turn;\n\
              further ones are refused with the time to come back. Each takes up to 4 GiB of address space.",
        env_also: None,
    },
    Key {
        path: "sandbox.isolation",
        kind: Kind::Choice(&ISOLATIONS),
        default: || Some(Value::Text(ISOLATIONS[0].to_owned())),
        doc: "Where programs run: on a `thread` of the host, or in a `process` for each account that can do nothing but compute, so\n\
              that an escape from WebAssembly finds nothing. At most 64 run at once then. Plugins run in the host's process.",
        env_also: None,
    },
    Key {
        path: "sandbox.cache",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(true)),
        doc: "Whether compiled components are kept on disk. Without it every start compiles, which takes seconds.",
        env_also: None,
    },
    Key {
        path: "sandbox.cache_dir",
        kind: Kind::Path,
        default: || users_cache().map(Value::Path),
        doc: "Where compiled components are kept. A path that is not absolute counts from this file's directory.\n\
              By default it is `vesicle` in the user's cache directory.",
        env_also: Some("VESICLE_CACHE_DIR"),
    },
    Key {
        path: "serve.profiles",
        kind: Kind::Profiles,
        default: || {
            Some(Value::List(
                names_in("profiles")
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            ))
        },
        doc: "The profiles that MCP callers may ask for; they always have that of calls that name none.",
        env_also: None,
    },
    Key {
        path: "serve.max_result_bytes",
        kind: Kind::Integer("bytes", 1..=MAX_RESULT_BYTES_MAX),
        default: || Some(Value::Integer(MAX_RESULT_BYTES_DEFAULT)),
        doc: "How long a result of a call over MCP may be, as JSON. What is longer is cut, and says so. A call can\n\
              ask for another length with `max_result_bytes`. Within a program nothing is cut.",
        env_also: None,
    },
    Key {
        path: "serve.tools",
        kind: Kind::Choice(&LISTED),
        default: || Some(Value::Text("core".to_owned())),
        doc: "Which tools of the memory clients are shown: those that most work needs and those that were used\n\
              (`core`), or `all`. Any can be called, and search_tools finds them.",
        env_also: None,
    },
    Key {
        path: "serve.lockdown",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(true)),
        doc: "Whether `vesicle serve` gives up at its start what it does not need: other directories than those named here, system\n\
              calls that look into other processes or change the kernel, and privileges. Servers that it starts keep the whole\n\
              disk, and not the rest; one that is run by sudo, a setuid program or rootless podman needs `false`.",
        env_also: None,
    },
    Key {
        path: "serve.lockdown_read",
        kind: Kind::Paths,
        default: || Some(Value::List(vec![])),
        doc: "Further files and directories that a locked host may read, such as that of a sentence model: absolute paths.",
        env_also: None,
    },
    Key {
        path: "tools.mcp_config",
        kind: Kind::Path,
        default: || None,
        doc: "A file with other MCP servers, in the `mcpServers` shape of other clients; their tools are what code\n\
              calls as `tools.SERVER.TOOL(…)`. By default `.mcp.json` of the working directory, if there is one.",
        env_also: None,
    },
    Key {
        path: "tools.project_file",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(true)),
        doc: "Whether `.mcp.json` of the working directory is used where no other file is named. It starts programs:\n\
              turn this off where `vesicle` is started in directories that you do not trust.",
        env_also: None,
    },
    Key {
        path: "tools.env_vars",
        kind: Kind::Variables,
        default: || Some(Value::List(vec![])),
        doc: "The environment variables that `${NAME}` and `${NAME:-default}` in the definitions of servers may read.\n\
              `${secret:NAME}` reads one of [secrets], in [servers] of this file only.",
        env_also: None,
    },
    patterns(
        "tools.allow",
        || Some(Value::List(vec!["*.*".to_owned()])),
        "The tools that code may call: `server.tool`, or `server` for all of its tools, with `*` for any text. Of\n\
         these three lists the strictest one that speaks of a tool holds. In [profiles.NAME.tools], `allow` stands\n\
         in place of this one, and `ask` and `deny` are added to these.",
    ),
    patterns(
        "tools.ask",
        || Some(Value::List(vec![])),
        "The tools of whose calls a person is asked, each time, by MCP elicitation. Clients that cannot ask, and\n\
         `vesicle run`, are denied them.",
    ),
    patterns(
        "tools.deny",
        || Some(Value::List(vec![])),
        "The tools that code may not call.",
    ),
    Key {
        path: "tools.consent_timeout_ms",
        kind: Kind::Integer("ms", 1..=3_600_000),
        default: || Some(Value::Integer(CONSENT_TIMEOUT.as_millis() as u64)),
        doc: "How long a person may take to answer. A program that waits for an answer also has its own time limit.",
        env_also: None,
    },
    rule(
        "source_check.import",
        "What happens to code that a rule of the source check speaks of: `deny` does not run it, `warn` runs it\n\
         and says so beside the outcome, `off` runs it. A rule that is off grants nothing.\n\
         \n\
         Modules from elsewhere: `import`, `export … from`.",
    ),
    rule(
        "source_check.child_process",
        "`child_process`, as a module or a global.",
    ),
    rule("source_check.require", "`require`."),
    rule("source_check.process", "`process`, which is not there."),
    rule(
        "source_check.network",
        "`fetch`, `WebSocket` and `XMLHttpRequest`. Where hosts are granted this rule is off.",
    ),
    rule(
        "source_check.eval",
        "`eval` and `Function` of text. They throw when they run, whatever stands here.",
    ),
    rule(
        "source_check.endless_loop",
        "Loops whose condition is always true and that have no `break`, `return`, `throw`, `await` or `yield`.",
    ),
    bound(
        "network.requests",
        Kind::Integer("requests", 1..=u64::MAX),
        || Some(Value::Integer(NetworkLimits::default().requests)),
        "How many requests one execution may send; each redirect is one.",
    ),
    bound(
        "network.requests_at_once",
        Kind::Integer("requests", 1..=256),
        || {
            Some(Value::Integer(
                NetworkLimits::default().requests_at_once as u64,
            ))
        },
        "How many of them may be under way at once; more wait. Times `response_bytes` it is what the host keeps for one.",
    ),
    bound(
        "network.request_bytes",
        Kind::Integer("bytes", 0..=NETWORK_BYTES_MAX),
        || Some(Value::Integer(NetworkLimits::default().request_bytes)),
        "The largest body of a request.",
    ),
    bound(
        "network.response_bytes",
        Kind::Integer("bytes", 0..=NETWORK_BYTES_MAX),
        || Some(Value::Integer(NetworkLimits::default().response_bytes)),
        "The largest body of an answer.",
    ),
    bound(
        "network.header_bytes",
        Kind::Integer("bytes", 1_024..=1 << 20),
        || Some(Value::Integer(NetworkLimits::default().header_bytes as u64)),
        "How long all headers of a request may be, and all of an answer.",
    ),
    bound(
        "network.connect_ms",
        TIME,
        || {
            Some(Value::Integer(
                NetworkLimits::default().connect.as_millis() as u64
            ))
        },
        "How long looking up a name, connecting and beginning TLS may take.",
    ),
    bound(
        "network.first_byte_ms",
        TIME,
        || {
            Some(Value::Integer(
                NetworkLimits::default().first_byte.as_millis() as u64,
            ))
        },
        "How long it may then take until the head of the answer is there.",
    ),
    bound(
        "network.between_bytes_ms",
        TIME,
        || {
            Some(Value::Integer(
                NetworkLimits::default().between_bytes.as_millis() as u64,
            ))
        },
        "How long the body of an answer may pause.",
    ),
    bound(
        "network.total_ms",
        TIME,
        || {
            Some(Value::Integer(
                NetworkLimits::default().total.as_millis() as u64
            ))
        },
        "How long a request may take in all, with its redirects.",
    ),
    Key {
        path: "network.ca_file",
        kind: Kind::Path,
        default: || None,
        doc: "Certificates of authorities, in PEM format, that are trusted beside the system's. A path that is not\n\
              absolute counts from this file's directory.",
        env_also: None,
    },
    Key {
        path: "state.file",
        kind: Kind::Path,
        default: || users_data().map(|data| Value::Path(data.join("state.db"))),
        doc: "Where `state` is kept, what programs keep from one call to the next. Several processes may share\n\
              it. By default it is `state.db` in `data_dir`, or with `memory.url` in that database.",
        env_also: None,
    },
    Key {
        path: "state.session",
        kind: Kind::Session,
        default: || Some(Value::Text("default".to_owned())),
        doc: "The session that programs keep `state` in: they see what this session kept, and nothing else.",
        env_also: None,
    },
    Key {
        path: "memory.enabled",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(true)),
        doc: "Whether there is a memory of past work: its tools over MCP, and `memory` for programs. It is opened when it\n\
              is first used.",
        env_also: None,
    },
    Key {
        path: "memory.file",
        kind: Kind::Path,
        default: || users_data().map(|data| Value::Path(data.join("memory.db"))),
        doc: "Where the memory is kept. Several processes may share it. By default it is `memory.db` in `data_dir`.",
        env_also: None,
    },
    Key {
        path: "memory.url",
        kind: Kind::Database,
        default: || None,
        doc: "A PostgreSQL database that keeps the memory instead of `memory.file`, such as\n\
              \"postgres://user:password@host/database\", for hosts on several machines. State, tokens, sessions and the audit log\n\
              are in it too, unless they have a place of their own. The password is not shown; with VESICLE_MEMORY_URL it\n\
              stays out of the file. DATABASE_URL counts where that is unset and names PostgreSQL.",
        env_also: Some("DATABASE_URL"),
    },
    Key {
        path: "memory.embedding_urls",
        kind: Kind::Urls,
        default: || Some(Value::List(vec![])),
        doc: "Addresses that the tool `configure_embeddings` may send texts to, beside those of the providers themselves.",
        env_also: None,
    },
    Key {
        path: "memory.embedding_key_vars",
        kind: Kind::Variables,
        default: || Some(Value::List(vec![])),
        doc: "Environment variables whose value `configure_embeddings` may use as a key, beside OPENAI_API_KEY and\n\
              MISTRAL_API_KEY.",
        env_also: None,
    },
    Key {
        path: "memory.programs",
        kind: Kind::Choice(&MEMORY_PROGRAMS),
        default: || Some(Value::Text("query".to_owned())),
        doc: "What programs may do with the memory: nothing (`none`), ask it (`query`), or also write into it (`record`).\n\
              What they write advises later runs.",
        env_also: None,
    },
    Key {
        path: "memory.domains",
        kind: Kind::Domains,
        default: || Some(Value::List(vec!["*".to_owned()])),
        doc: "The domains that programs see and write, such as [\"web-*\"], in every query; `*` stands for any text.",
        env_also: None,
    },
    Key {
        path: "memory.ranking",
        kind: Kind::Ranking,
        default: || Some(Value::List(vec![])),
        doc: "Weights of what speaks for an episode in queries, where they differ from those of the README, such as\n\
              [\"recency=0.5\", \"half_life_days=7\"].",
        env_also: None,
    },
    Key {
        path: "memory.record",
        kind: Kind::Profiles,
        default: || Some(Value::List(vec![])),
        doc: "The profiles whose calls over MCP are kept as episodes, as `record: true` does for one call: the code's\n\
              digest, its tool calls as steps, and how it ended.",
        env_also: None,
    },
    Key {
        path: "plugins.dir",
        kind: Kind::Path,
        default: || users_data().map(|data| Value::Path(data.join("plugins"))),
        doc: "Where plugins are. Several processes may share it. By default it is `plugins` in `data_dir`.",
        env_also: None,
    },
    Key {
        path: "plugins.grants",
        kind: Kind::Path,
        default: || users_data().map(|data| Value::Path(data.join("plugin-grants.toml"))),
        doc: "The file of what is granted to plugins, which `vesicle plugin grant` writes. By default it is\n\
              `plugin-grants.toml` in `data_dir`.",
        env_also: None,
    },
    Key {
        path: "plugins.trusted_keys",
        kind: Kind::Path,
        default: || users_data().map(|data| Value::Path(data.join("plugin-keys.toml"))),
        doc: "The file of keys that are trusted to sign plugins, which `vesicle plugin trust` writes. By default it is\n\
              `plugin-keys.toml` in `data_dir`.",
        env_also: None,
    },
    Key {
        path: "plugins.require_signature",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(false)),
        doc: "Whether only plugins are called that a trusted key signed.",
        env_also: None,
    },
    Key {
        path: "plugins.allow",
        kind: Kind::Patterns,
        default: || Some(Value::List(vec!["*.*".to_owned()])),
        doc: "Which tools of plugins may be called over MCP and from code, such as \"csv.query\" or \"csv\". What a plugin may\n\
              do is not said here but by what it is granted. `plugins` under [profiles.NAME] is for one profile, in place of\n\
              this.",
        env_also: None,
    },
    Key {
        path: "plugins.listed_tools",
        kind: Kind::Integer("tools", 0..=LISTED_PLUGIN_TOOLS_MAX),
        default: || Some(Value::Integer(LISTED_PLUGIN_TOOLS_DEFAULT)),
        doc: "How many tools of plugins an MCP client is listed, by their names. Models find further ones with\n\
              `search_tools`, and call them with `call_tool` or from code.",
        env_also: None,
    },
    Key {
        path: "plugins.bare",
        kind: Kind::Plugins,
        default: || Some(Value::List(vec![])),
        doc: "Plugins whose tools and prompts clients are listed by their own names, such as `query` in place of\n\
              `csv__query`, and whose resources keep their own addresses, such as [\"csv\"]. No two tools may have one name:\n\
              `vesicle serve` says which do, and does not start.",
        env_also: None,
    },
    Key {
        path: "plugins.save",
        kind: Kind::Choice(&SAVING),
        default: || Some(Value::Text(SAVING[0].to_owned())),
        doc: "Whether agents may save plugins over MCP. Saving grants nothing: what a plugin asks for is granted by\n\
              `vesicle plugin grant` (`operator`), or also by a person whom the client asks (`ask`). With `never`, agents only\n\
              call what is there.",
        env_also: None,
    },
    bound(
        "plugins.session_instances",
        Kind::Integer("instances", 0..=10_000),
        || Some(Value::Integer(Config::default().residents_max.into())),
        "How many instances are kept between calls, of plugins that have one for each session (`reuse = \"session\"`). A\n\
         quarter of them may be of one account.",
    ),
    bound(
        "plugins.session_idle_ms",
        Kind::Integer("ms", 1_000..=86_400_000),
        || Some(Value::Integer(600_000)),
        "How long such an instance may be silent before it ends, and what it has in its memory with it.",
    ),
    Key {
        path: "http.listen",
        kind: Kind::Socket,
        default: || None,
        doc: "The address that `vesicle serve` answers MCP at by HTTP, such as \"127.0.0.1:8787\", in place of standard input\n\
              and output. The path is /mcp. Beyond this machine everybody needs a token: see [auth].",
        env_also: None,
    },
    Key {
        path: "http.allowed_hosts",
        kind: Kind::Authorities,
        default: || Some(Value::List(vec![])),
        doc: "The names by which clients may ask for this host, in the header `Host`, such as [\"mcp.example.com\"], with a port\n\
              or for any port. Its addresses and, on this machine, `localhost` always count. Web pages of others\n\
              cannot reach the host through a name of theirs that leads to it.",
        env_also: None,
    },
    Key {
        path: "http.allowed_origins",
        kind: Kind::Urls,
        default: || Some(Value::List(vec![])),
        doc: "Web pages that may send requests, by scheme, name and port, such as [\"https://app.example.com\"]. Requests of\n\
              others are refused; those that no page sent have no origin.",
        env_also: None,
    },
    Key {
        path: "http.tls_cert",
        kind: Kind::Path,
        default: || None,
        doc: "A certificate and those above it, in PEM format; with `http.tls_key`, HTTP goes over TLS. Both are read again\n\
              on SIGHUP.",
        env_also: None,
    },
    Key {
        path: "http.tls_key",
        kind: Kind::Path,
        default: || None,
        doc: "The certificate's private key, in PEM format.",
        env_also: None,
    },
    Key {
        path: "http.dashboard",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(true)),
        doc: "Whether there is a page at / that shows what the host does, to those who may also use it. Each account sees its own;\n\
              those with `admin = true` see all, and grant plugins what they ask for.",
        env_also: None,
    },
    bound(
        "http.connections",
        Kind::Integer("connections", 1..=1_000_000),
        || Some(Value::Integer(4_096)),
        "How many connections may be open. More wait until one is closed.",
    ),
    bound(
        "http.sessions",
        Kind::Integer("sessions", 1..=1_000_000),
        || Some(Value::Integer(10_000)),
        "How many sessions of MCP one account may have open. Revision 2026-07-28 of the protocol has none.",
    ),
    bound(
        "http.session_idle_ms",
        Kind::Integer("ms", 1_000..=86_400_000),
        || Some(Value::Integer(1_800_000)),
        "How long a session may be silent before it is closed.",
    ),
    bound(
        "http.body_bytes",
        Kind::Integer("bytes", 1_024..=64 << 20),
        || Some(Value::Integer(4 << 20)),
        "The largest body of a request.",
    ),
    bound(
        "http.header_bytes",
        Kind::Integer("bytes", 8_192..=1 << 20),
        || Some(Value::Integer(64 << 10)),
        "How long all headers of a request may be.",
    ),
    bound(
        "http.receive_ms",
        TIME,
        || Some(Value::Integer(15_000)),
        "How long a client may take for TLS to begin, for the headers of a request, and for its body, each.",
    ),
    bound(
        "http.drain_ms",
        TIME,
        || Some(Value::Integer(30_000)),
        "How long calls may still run after SIGTERM. New ones are answered with 503 meanwhile.",
    ),
    Key {
        path: "auth.required",
        kind: Kind::Boolean,
        default: || None,
        doc: "Whether clients over HTTP need a token. By default they do where accounts are described, and unless `http.listen` is\n\
              an address of this machine alone; elsewhere it cannot be turned off.",
        env_also: None,
    },
    Key {
        path: "auth.tokens",
        kind: Kind::Path,
        default: || users_data().map(|data| Value::Path(data.join("tokens.toml"))),
        doc: "The file of tokens, which `vesicle token create` writes. By default it is `tokens.toml` in\n\
              `data_dir`, or with `memory.url` in that database.",
        env_also: None,
    },
    Key {
        path: "auth.proxies",
        kind: Kind::Networks,
        default: || Some(Value::List(vec![])),
        doc: "Addresses of proxies in front of this host, such as [\"10.0.0.0/8\"]: of what they send, the last address of\n\
              `X-Forwarded-For` that is no proxy's is the client's.",
        env_also: None,
    },
    Key {
        path: "auth.issuer",
        kind: Kind::Text,
        default: || None,
        doc: "An OAuth 2.1 authorization server whose access tokens, which must be JWTs, are taken beside those of `auth.tokens`,\n\
              such as \"https://auth.example.com\": just what its metadata has as `issuer`. Whose token it is follows from\n\
              `subjects` of accounts. Where it is set, everybody needs a token on this machine too.",
        env_also: None,
    },
    Key {
        path: "auth.resource",
        kind: Kind::Text,
        default: || None,
        doc: "The URL that clients know this host's MCP by, such as \"https://mcp.example.com/mcp\". By default that of\n\
              `http.listen`; it must be set where that is not this machine alone.",
        env_also: None,
    },
    Key {
        path: "auth.audiences",
        kind: Kind::Texts("texts"),
        default: || Some(Value::List(vec![])),
        doc: "For whom a token of the issuer may be, in its claim `aud`. By default for `auth.resource`, which clients ask the\n\
              issuer for (RFC 8707).",
        env_also: None,
    },
    Key {
        path: "auth.scopes",
        kind: Kind::Texts("scopes"),
        default: || Some(Value::List(vec![])),
        doc: "Scopes that every token of the issuer must have.",
        env_also: None,
    },
    Key {
        path: "auth.scope_profiles",
        kind: Kind::Texts("\"scope=profile\""),
        default: || Some(Value::List(vec![])),
        doc: "The profile that a scope gives, the widest first, such as [\"mcp:all=default\", \"mcp:small=restrictive\"]: the first\n\
              scope that a token has counts, and one without any of them is refused. An account's own profile stays the\n\
              ceiling, and a token with less than that is no admin's.",
        env_also: None,
    },
    Key {
        path: "auth.account_claim",
        kind: Kind::Text,
        default: || Some(Value::Text("sub".to_owned())),
        doc: "The claim of a token that `subjects` of accounts are values of: a text, or a list of texts such as groups.",
        env_also: None,
    },
    Key {
        path: "auth.algorithms",
        kind: Kind::Texts("algorithms"),
        default: || {
            let names = ALGORITHMS.iter().map(|(name, _)| (*name).to_owned());
            Some(Value::List(names.collect()))
        },
        doc: "How tokens of the issuer may be signed.",
        env_also: None,
    },
    Key {
        path: "auth.jwks_url",
        kind: Kind::Text,
        default: || None,
        doc: "Where the issuer's keys are. By default its metadata says so.",
        env_also: None,
    },
    Key {
        path: "audit.enabled",
        kind: Kind::Choice(&AUDITED),
        default: || Some(Value::Text("serve".to_owned())),
        doc: "What is written to the audit log: executions of `serve`, those of `run` too (`always`), or none\n\
              (`never`).",
        env_also: None,
    },
    Key {
        path: "audit.dir",
        kind: Kind::Path,
        default: || users_data().map(|dir| Value::Path(dir.join("audit"))),
        doc: "Where the audit log is. By default it is `audit` in `data_dir`, or with `memory.url` in that database, in a chain\n\
              for each host.",
        env_also: None,
    },
    Key {
        path: "audit.host",
        kind: Kind::Session,
        default: || None,
        doc: "The name of this host's chain in the database. By default it is the machine's name.",
        env_also: None,
    },
    Key {
        path: "audit.payloads",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(false)),
        doc: "Whether the audit log has code, inputs, outputs, and arguments and results of host calls, and not\n\
              only their digests and sizes. Secrets are taken out of them.",
        env_also: None,
    },
    Key {
        path: "audit.sync",
        kind: Kind::Boolean,
        default: || Some(Value::Boolean(false)),
        doc: "Whether a result waits until its audit line is on the disk. Without it lines are written some\n\
              milliseconds later, so that a crash can lose the last ones.",
        env_also: None,
    },
    Key {
        path: "audit.on_failure",
        kind: Kind::Choice(&AUDIT_FAILURES),
        default: || Some(Value::Text("warn".to_owned())),
        doc: "What happens where the audit log cannot be written: `warn` goes on and logs the gap later, `refuse`\n\
              runs nothing.",
        env_also: None,
    },
    Key {
        path: "audit.rotate_mb",
        kind: Kind::Integer("MB", 1..=1024),
        default: || Some(Value::Integer(32)),
        doc: "How long a file of the audit log gets before the next one begins.",
        env_also: None,
    },
    Key {
        path: "audit.keep_files",
        kind: Kind::Integer("files", 1..=u64::MAX),
        default: || Some(Value::Integer(16)),
        doc: "How many files of the audit log are kept; the oldest is removed first.",
        env_also: None,
    },
    Key {
        path: "log.format",
        kind: Kind::Choice(&LOG_FORMATS),
        default: || Some(Value::Text("text".to_owned())),
        doc: "How log lines on standard error look: `text` or `json`. What is logged follows RUST_LOG.",
        env_also: None,
    },
    Key {
        path: "telemetry.otlp",
        kind: Kind::Url,
        default: || None,
        doc: "The collector that `vesicle serve` sends traces to, by OTLP over HTTP, such as \"http://127.0.0.1:4318\"; none by\n\
              default. The standard's variables (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER and\n\
              others) count as well, this before them.",
        env_also: None,
    },
];

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

/// The largest body that requests and answers may be allowed: with its headers it is carried at once.
const NETWORK_BYTES_MAX: u64 = 7 << 20;
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
    match KEYS.iter().find(|key| key.path == path) {
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
            let mut names: Vec<&str> = KEYS
                .iter()
                .map(|key| key.path.split_once('.').map_or(key.path, |(head, _)| head))
                .chain(["profiles", "secrets", SERVERS, ACCOUNTS])
                .collect();
            names.dedup();
            names
        }
        None => KEYS
            .iter()
            .filter_map(|key| key.path.strip_prefix(path)?.strip_prefix('.'))
            .collect(),
    }
}

/// The section whose key is called `name`.
pub fn section_with(name: &str) -> Option<&'static str> {
    KEYS.iter()
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
        let paths = KEYS.iter().map(|key| key.path.to_owned());
        let mut variables: Vec<String> = paths.map(|path| variable(&path)).collect();
        variables.extend(
            KEYS.iter()
                .filter_map(|key| key.env_also.map(str::to_owned)),
        );
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
