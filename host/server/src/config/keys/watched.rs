//! What operators see.

use super::{AUDIT_FAILURES, AUDITED, Key, LOG_FORMATS, users_data};
use crate::config::{kind::Kind, value::Value};

pub static KEYS: &[Key] = &[
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
