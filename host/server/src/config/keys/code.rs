//! What code gets unless it is told otherwise, where it runs, and what clients are offered.

use vesicle_sandbox::Config;

use super::{
    Key, LISTED, MAX_RESULT_BYTES_DEFAULT, MAX_RESULT_BYTES_MAX, names_in, users_cache, users_data,
};
use crate::config::{
    hosts::ALLOW_HOSTS, kind::Kind, lockdown::ISOLATIONS, preopens::PREOPEN, value::Value,
};

pub static KEYS: &[Key] = &[
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
];
