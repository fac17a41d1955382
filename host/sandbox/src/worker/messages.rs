//! What a host and a worker process say to each other.
//!
//! The host begins with [`Hello`]. A worker that is ready says so, gets [`Bind`] once, with descriptors of directories, and then
//! one [`Start`] after the other. While a program runs, the worker asks for what the program asks for, many things at a time, and
//! each is answered by its number; `End` is the last that it says of a call.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::guest::http_types::{Redirects, Request};
use crate::{
    Access, Askable, CallerLevel, CapabilityError, Limits, MemoryOperation, NetworkLimits, Outcome,
    Phases, Question, Quota, SourcePolicy, Tool,
};

/// To a process that was just started.
#[derive(Serialize, Deserialize)]
pub struct Hello {
    /// The host's process id, as the worker sees it.
    pub parent: u32,
    /// Whether the engine that comes with it counts fuel.
    pub fuel: bool,
}

/// To a worker that is ready, with as many descriptors beside it as there are directories.
#[derive(Default, Serialize, Deserialize)]
pub struct Bind {
    pub directories: Vec<Bound>,
}

/// One directory.
#[derive(Serialize, Deserialize)]
pub struct Bound {
    pub guest: String,
    pub access: Access,
    pub quota: Quota,
}

/// To a worker that is bound.
#[derive(Serialize, Deserialize)]
pub enum ToWorker {
    Start(Box<Start>),
    /// Behind it is the body of a response, where it answers a request that has one.
    Answer {
        id: u64,
        answer: Answer,
    },
    /// Whether the wall time stands still from now on.
    Clock {
        stopped: bool,
    },
}

/// What an [`Ask`] came to.
pub type Answer = Result<Box<RawValue>, CapabilityError>;

/// One program.
#[derive(Serialize, Deserialize)]
pub struct Start {
    pub code: String,
    pub name: String,
    pub input: Box<RawValue>,
    pub source_policy: SourcePolicy,
    pub limits: Limits,
    /// The hosts that it may ask, as entries of `allow_hosts`; without the addresses, which only the host looks at.
    pub hosts: Vec<String>,
    pub network: NetworkLimits,
    /// What its caller can be asked for.
    pub askable: Askable,
    /// For how long its time may stand still, if it may.
    pub off_clock_ms: Option<u64>,
}

/// To the host.
#[derive(Serialize, Deserialize)]
pub enum ToHost {
    Ready,
    /// The worker cannot become one.
    Failed(String),
    Ask {
        /// Higher than those before.
        id: u64,
        ask: Ask,
    },
    /// Nobody waits for this answer any more.
    Cancel {
        id: u64,
    },
    /// Something for whoever called the program, which has no answer.
    Tell(Tell),
    End(Box<Result<End, String>>),
}

/// What a caller is told.
#[derive(Serialize, Deserialize)]
pub enum Tell {
    Progress {
        done: f64,
        total: Option<f64>,
        message: Option<String>,
    },
    Line {
        level: CallerLevel,
        message: String,
    },
}

/// How a program ended.
#[derive(Serialize, Deserialize)]
pub struct End {
    /// Without its result.
    pub outcome: Outcome<()>,
    /// One, if it has one: as an option, `null` would be none.
    pub output: Vec<Box<RawValue>>,
    pub denied: u64,
    pub phases: Phases,
}

/// What a program asks for.
#[derive(Serialize, Deserialize)]
pub enum Ask {
    Search {
        query: String,
        limit: usize,
    },
    Describe {
        name: String,
    },
    Call {
        name: String,
        arguments: Box<RawValue>,
    },
    Get {
        key: String,
    },
    Set {
        key: String,
        value: Box<RawValue>,
        ttl_ms: Option<u64>,
    },
    CompareAndSet {
        key: String,
        /// One, or none: as an option, `null` would be none.
        expected: Vec<Box<RawValue>>,
        new: Box<RawValue>,
    },
    Delete {
        key: String,
    },
    Keys {
        prefix: String,
    },
    Memory {
        operation: MemoryOperation,
        arguments: Box<RawValue>,
    },
    /// What a caller is asked. Answers are an option: none are there where they come in another call.
    Caller {
        questions: Vec<Question>,
    },
    /// Its body is behind it.
    Fetch(Asked),
}

/// A request to a host.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub has_body: bool,
    pub redirects: Followed,
    pub time_ms: u64,
    /// It was refused in the worker, and is only to be noted.
    pub refused: bool,
}

/// What is done with redirects.
#[derive(Serialize, Deserialize)]
pub enum Followed {
    Follow,
    Error,
    Manual,
}

/// The head of a response.
#[derive(Serialize, Deserialize)]
pub struct Responded {
    pub status: u16,
    pub reason: String,
    pub url: String,
    pub redirected: bool,
    pub headers: Vec<(String, String)>,
}

/// A tool's description.
#[derive(Serialize, Deserialize)]
pub struct Described {
    name: String,
    description: String,
    input_schema: Box<RawValue>,
    output_schema: Option<Box<RawValue>>,
}

impl Ask {
    /// What it carries, in bytes, as the budget of its program counts at least.
    pub fn bytes(&self, tail: usize) -> usize {
        let json = |json: &RawValue| json.get().len();
        match self {
            Self::Search { query: text, .. }
            | Self::Describe { name: text }
            | Self::Get { key: text }
            | Self::Delete { key: text }
            | Self::Keys { prefix: text } => text.len(),
            Self::Call { name, arguments } => name.len() + json(arguments),
            Self::Set { key, value, .. } => key.len() + json(value),
            Self::CompareAndSet { key, expected, new } => {
                key.len() + expected.iter().map(|value| json(value)).sum::<usize>() + json(new)
            }
            Self::Memory { arguments, .. } => json(arguments),
            Self::Caller { questions } => questions.iter().map(Question::bytes).sum(),
            Self::Fetch(asked) => {
                let headers = asked
                    .headers
                    .iter()
                    .map(|(name, value)| name.len() + value.len());
                asked.method.len() + asked.url.len() + headers.sum::<usize>() + tail
            }
        }
    }
}

impl Asked {
    /// A request, and its body.
    pub fn of(request: Request, time_ms: u64, refused: bool) -> (Self, Vec<u8>) {
        let asked = Self {
            method: request.method,
            url: request.url,
            headers: request.headers,
            has_body: request.body.is_some(),
            redirects: match request.redirects {
                Redirects::Follow => Followed::Follow,
                Redirects::Error => Followed::Error,
                Redirects::Manual => Followed::Manual,
            },
            time_ms,
            refused,
        };
        (asked, request.body.unwrap_or_default())
    }

    /// The request, with this body.
    pub fn request(self, body: &[u8]) -> Request {
        Request {
            method: self.method,
            url: self.url,
            headers: self.headers,
            body: self.has_body.then(|| body.to_vec()),
            redirects: match self.redirects {
                Followed::Follow => Redirects::Follow,
                Followed::Error => Redirects::Error,
                Followed::Manual => Redirects::Manual,
            },
        }
    }
}

impl From<Tool> for Described {
    fn from(tool: Tool) -> Self {
        Self {
            name: tool.name,
            description: tool.description,
            input_schema: tool.input_schema,
            output_schema: tool.output_schema,
        }
    }
}

impl From<Described> for Tool {
    fn from(tool: Described) -> Self {
        Self {
            name: tool.name,
            description: tool.description,
            input_schema: tool.input_schema,
            output_schema: tool.output_schema,
        }
    }
}
