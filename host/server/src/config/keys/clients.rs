//! Who is served over HTTP, and how.

use super::{Key, TIME, bound, users_data};
use crate::accounts::oauth::ALGORITHMS;
use crate::config::{kind::Kind, value::Value};

pub static KEYS: &[Key] = &[
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
];
