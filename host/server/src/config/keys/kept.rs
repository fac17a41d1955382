//! What stays: the memory, and plugins.

use vesicle_sandbox::Config;

use super::{
    Key, LISTED_PLUGIN_TOOLS_DEFAULT, LISTED_PLUGIN_TOOLS_MAX, MEMORY_PROGRAMS, SAVING, bound,
    users_data,
};
use crate::config::{kind::Kind, value::Value};

pub static KEYS: &[Key] = &[
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
];
