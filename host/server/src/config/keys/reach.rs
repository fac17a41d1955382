//! What code reaches beside files: tools, hosts, state; and how its source is checked.

use vesicle_bridge::CONSENT_TIMEOUT;
use vesicle_sandbox::NetworkLimits;

use super::{Key, TIME, bound, patterns, rule, users_data};
use crate::config::{kind::Kind, value::Value};

/// The largest body that requests and answers may be allowed: with its headers it is carried at once.
const NETWORK_BYTES_MAX: u64 = 7 << 20;

pub static KEYS: &[Key] = &[
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
];
