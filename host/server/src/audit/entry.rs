//! What a line of the log tells of one execution. Sizes, names and verdicts, but nothing that code
//! or its caller wrote, unless payloads are asked for.

use std::{net::IpAddr, sync::Arc, time::SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use vesicle_sandbox::{ErrorType, LimitKind, Outcome, Resources, ViolationType};

/// How many host calls a line tells one by one; the rest are counted.
pub const CALLS_MAX: usize = 1_000;
/// What a request to a host is called.
pub const REQUEST: &str = "request";
/// The longest name of a client, a version or a tool in a line, in bytes. Others choose them.
pub const NAME_BYTES_MAX: usize = 128;
/// The longest piece of code, input or output in a line, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 64 << 10;
/// The longest argument or result of a host call in a line, in bytes.
pub const CALL_PAYLOAD_BYTES_MAX: usize = 1 << 10;

/// The time, in UTC, as lines have it.
pub fn now() -> String {
    written(SystemTime::now())
}

fn written(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// One execution.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// When it ended.
    #[serde(serialize_with = "as_time")]
    pub time: SystemTime,
    /// Always `execution`; the log's own lines have other kinds.
    pub kind: &'static str,
    /// Who asked for it.
    pub who: Who,
    /// The session it belongs to.
    pub session: Arc<str>,
    /// The tool, or the command, that ran it.
    pub tool: String,
    /// The profile that bounded it.
    pub profile: String,
    /// Which code it ran.
    pub code: Code,
    /// What it was granted and used, such as `tool:server.tool` or `host:api.example.com:443`.
    pub grants: Vec<String>,
    /// What it asked of the host, in the order of the ends.
    pub calls: Vec<HostCall>,
    /// How many more of these there were.
    #[serde(skip_serializing_if = "is_zero")]
    pub calls_omitted: u64,
    /// How it ended.
    pub outcome: Ended,
    /// What it used.
    pub resources: Resources,
    /// How long it took, in milliseconds, with the time that it waited for its turn.
    pub ms: f64,
    /// What was in it, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payloads: Option<Payloads>,
    /// Whether calls and payloads were left out because the writer was behind.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub details_omitted: bool,
}

impl Entry {
    /// Takes in what code asked of the host, and which grants it thereby used.
    pub(super) fn note(&mut self, calls: Vec<HostCall>, omitted: u64) {
        let granted = calls.iter().filter(|call| call.verdict != "denied");
        let named = granted.filter_map(|call| match call.call {
            "call" => Some(format!("tool:{}", call.name)),
            REQUEST if !call.name.is_empty() => Some(format!("host:{}", call.name)),
            _ => None,
        });
        self.grants = named.collect();
        self.grants.sort_unstable();
        self.grants.dedup();
        self.calls = calls;
        self.calls_omitted = omitted;
    }

    /// About how many bytes the parts take that can be left out.
    pub(super) fn size(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let calls = self.calls.iter().map(|call| {
            size_of::<HostCall>() + call.name.len() + text(&call.arguments) + text(&call.result)
        });
        let payloads = self.payloads.iter().map(|all| {
            [&all.code, &all.input, &all.output, &all.stdout, &all.stderr].map(String::len)
        });
        calls.sum::<usize>() + payloads.flatten().sum::<usize>()
    }

    /// Leaves these parts out.
    pub(super) fn omit_details(&mut self) {
        self.calls_omitted += self.calls.len() as u64;
        self.calls = Vec::new();
        self.payloads = None;
        self.details_omitted = true;
    }
}

/// What there is to know of a server whose tools programs may call.
#[derive(Debug, Serialize)]
pub struct ServerNote {
    /// When it was found.
    #[serde(serialize_with = "as_time")]
    pub time: SystemTime,
    /// Always `server`.
    pub kind: &'static str,
    /// The session that it was found in.
    pub session: Arc<str>,
    /// The server's name.
    pub server: String,
    /// Its tools with names or descriptions that have what does not belong there, and what that is.
    pub odd: Vec<String>,
    /// Its tools that are held back, since their definitions changed after they were approved.
    pub held: Vec<String>,
}

/// Requests that were refused before anything ran, for one reason.
#[derive(Debug, Clone, Copy)]
pub struct RefusedRequests<'r> {
    /// A short name for it.
    pub reason: &'static str,
    /// Where they came from.
    pub address: Option<IpAddr>,
    /// Whose they were, where that is known.
    pub account: Option<&'r str>,
    /// How many.
    pub count: u64,
}

/// The line of them.
#[derive(Debug, Serialize)]
pub struct RefusalNote {
    /// When the last of them was refused, or a little later.
    #[serde(serialize_with = "as_time")]
    pub time: SystemTime,
    /// Always `refusal`.
    pub kind: &'static str,
    /// The session of the host's.
    pub session: Arc<str>,
    /// Whose they were.
    pub who: RefusedWho,
    /// Why.
    pub reason: &'static str,
    /// How many.
    pub count: u64,
}

/// Whose requests were refused, as far as it is known.
#[derive(Debug, Serialize)]
pub struct RefusedWho {
    /// The account whose token they showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where they came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

/// A line that is about no execution.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Note {
    /// About a server.
    Server(ServerNote),
    /// About requests that were refused.
    Refusal(RefusalNote),
}

/// Who asked for an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The account whose token it showed, where there are accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What an MCP client calls itself, or `cli`. An allegation.
    pub client: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Which code it was, without the code.
#[derive(Debug, Serialize)]
pub struct Code {
    /// Its digest.
    #[serde(serialize_with = "as_hex")]
    pub blake3: blake3::Hash,
    /// Its length.
    pub bytes: usize,
}

/// Something that code asked of the host.
#[derive(Debug, Serialize)]
pub struct HostCall {
    /// `call`, `search` or `describe` of tools; [`REQUEST`]; or `memory`.
    pub call: &'static str,
    /// Of what: a tool, a host with its port, or what the memory was asked; empty for a search.
    pub name: String,
    /// A request's method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The status of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How much it sent, in bytes.
    pub bytes_out: usize,
    /// How much it got, in bytes.
    pub bytes_in: usize,
    /// `ok`, a capability error's code, or `given_up` where nobody waited for the end.
    pub verdict: &'static str,
    /// How long that took, in microseconds.
    pub us: u64,
    /// What it sent, where payloads are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// What it got, where payloads are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// How an execution ended.
#[derive(Debug, Serialize)]
pub struct Ended {
    /// One of an outcome's, or `cancelled`, `disconnected`, `interrupted`, `failed`, `abandoned`.
    pub status: &'static str,
    /// The kind of error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<ErrorType>,
    /// The rule that was broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation_type: Option<ViolationType>,
    /// The limit that was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitKind>,
    #[serde(skip)]
    pub(super) resources: Resources,
    #[serde(skip)]
    pub(super) printed: Option<Printed>,
    /// How much came out, in bytes; nothing where that has no bearing on what its caller reads.
    #[serde(skip)]
    pub(super) told_bytes: Option<u64>,
}

/// What came out of an execution.
#[derive(Debug, Default)]
pub(super) struct Printed {
    pub output: String,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// As `outcome`; what came out of it is kept only with `payloads`.
    pub fn of(outcome: &Outcome, payloads: bool) -> Self {
        let (mut error_type, mut violation_type, mut limit) = (None, None, None);
        let status = match outcome {
            Outcome::Success { .. } => "success",
            Outcome::Error {
                error_type: kind, ..
            } => {
                error_type = Some(*kind);
                "error"
            }
            Outcome::Timeout { .. } => "timeout",
            Outcome::LimitExceeded { limit: kind, .. } => {
                limit = Some(*kind);
                "limit_exceeded"
            }
            Outcome::SecurityViolation {
                violation_type: kind,
                ..
            } => {
                violation_type = Some(*kind);
                "security_violation"
            }
        };
        Self {
            status,
            error_type,
            violation_type,
            limit,
            resources: *outcome.resources(),
            printed: payloads.then(|| Printed::of(outcome)),
            told_bytes: Some(told_bytes(outcome)),
        }
    }

    /// How much came out, in bytes: the result and what was printed; nothing where it ended otherwise than by an outcome.
    pub fn told_bytes(&self) -> Option<u64> {
        self.told_bytes
    }

    #[cfg(test)]
    pub(crate) fn set_told_bytes(&mut self, bytes: Option<u64>) {
        self.told_bytes = bytes;
    }

    /// What kind of error it was, which rule was broken, or which limit was met.
    pub fn kind(&self) -> Option<String> {
        let named =
            |value: serde_json::Result<serde_json::Value>| Some(value.ok()?.as_str()?.to_owned());
        let error = self.error_type.map(serde_json::to_value);
        let violation = self.violation_type.map(serde_json::to_value);
        let limit = self.limit.map(serde_json::to_value);
        named(error.or(violation).or(limit)?)
    }

    /// What the execution used.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// In another way than by an outcome.
    pub fn otherwise(status: &'static str) -> Self {
        Self {
            status,
            error_type: None,
            violation_type: None,
            limit: None,
            resources: Resources::default(),
            printed: None,
            told_bytes: None,
        }
    }
}

fn told_bytes(outcome: &Outcome) -> u64 {
    let output = match outcome {
        Outcome::Success { output, .. } => output.get().len(),
        failure => failure.explanation().len(),
    };
    let (stdout, stderr) = outcome.streams();
    (output + stdout.len() + stderr.len()) as u64
}

impl Printed {
    fn of(outcome: &Outcome) -> Self {
        let output = match outcome {
            Outcome::Success { output, .. } => output.get().to_owned(),
            failure => failure.explanation(),
        };
        let (stdout, stderr) = outcome.streams();
        Self {
            output: cut(&output, PAYLOAD_BYTES_MAX),
            stdout: cut(stdout, PAYLOAD_BYTES_MAX),
            stderr: cut(stderr, PAYLOAD_BYTES_MAX),
        }
    }
}

/// What was in an execution. Each piece is cut at [`PAYLOAD_BYTES_MAX`].
#[derive(Debug, Serialize)]
pub struct Payloads {
    /// The program.
    pub code: String,
    /// Its input, as JSON.
    pub input: String,
    /// Its result as JSON, or why there is none.
    pub output: String,
    /// What it printed.
    pub stdout: String,
    /// What it printed.
    pub stderr: String,
}

impl Payloads {
    /// Of code and input, before it runs.
    pub fn of(code: &str, input: &RawValue) -> Self {
        Self {
            code: cut(code, PAYLOAD_BYTES_MAX),
            input: cut(input.get(), PAYLOAD_BYTES_MAX),
            output: String::new(),
            stdout: String::new(),
            stderr: String::new(),
        }
    }
}

/// A name that others chose, no longer than lines have it.
pub fn shortened(name: &str) -> String {
    cut(name, NAME_BYTES_MAX)
}

/// The beginning of `text`, at most `bytes_max` of it, and then how much there was.
pub fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max);
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… ({} bytes)", text.len())
}

fn as_time<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&written(*time))
}

fn as_hex<S: Serializer>(hash: &blake3::Hash, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hash.to_hex())
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_their_edge_and_at_a_character() {
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("abcde", 4), "abcd… (5 bytes)");
        assert_eq!(cut("abcü", 4), "abc… (5 bytes)");
    }

    #[test]
    fn times_are_of_utc_and_sort_as_text() {
        assert_eq!(
            written(SystemTime::UNIX_EPOCH),
            "1970-01-01T00:00:00.000000Z"
        );
    }
}
