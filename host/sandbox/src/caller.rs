//! Whoever called a plugin: told how far it is, and asked what it needs to know.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::CapabilityError;

/// The most questions that are asked at once.
pub const QUESTIONS_MAX: usize = 16;
/// The longest name of a question, in bytes.
pub const QUESTION_NAME_BYTES_MAX: usize = 64;

/// How much a line matters to a caller, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are those of RFC 5424")]
pub enum CallerLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

/// What a caller can be asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Askable {
    /// A form, which a person fills in.
    pub form: bool,
    /// An answer of the model that they work with.
    pub model: bool,
    /// The directories that they work in.
    pub roots: bool,
}

/// One question. What it says is a guest's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// Tells it from others of this call: letters, digits, `_` and `-`.
    pub name: String,
    /// What is asked.
    pub asked: Asked,
}

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Asked {
    /// A person fills in a form.
    Form {
        /// What the person reads.
        message: String,
        /// A JSON object: the schema of what is filled in.
        schema: Box<RawValue>,
    },
    /// The caller's model answers.
    Model {
        /// The question.
        text: String,
        /// What the model is told beforehand.
        system: Option<String>,
        /// How long the answer may be, in tokens.
        tokens_max: u32,
    },
    /// The caller tells where they work.
    Roots,
}

impl Question {
    /// Whether it has a name that a question may have.
    pub(crate) fn is_named(&self) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let bytes = 1..=QUESTION_NAME_BYTES_MAX;
        bytes.contains(&self.name.len()) && self.name.chars().all(fits)
    }

    /// How long it is, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.name.len()
            + match &self.asked {
                Asked::Form { message, schema } => message.len() + schema.get().len(),
                Asked::Model { text, system, .. } => {
                    text.len() + system.as_ref().map_or(0, String::len)
                }
                Asked::Roots => 0,
            }
    }
}

/// Why there are no answers.
#[derive(Debug)]
pub enum Unanswered {
    /// The guest is told this.
    Refused(CapabilityError),
    /// The call ends here. It is made again once there are answers.
    Later,
}

/// Whoever called a component. Behind `vesicle:plugin/caller`.
#[async_trait]
pub trait Caller: Send + Sync {
    /// How far the call is. The numbers are a guest's: any at all.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>);
    /// A line, of bounded length and with any characters.
    fn log(&self, level: CallerLevel, message: &str);
    /// What this caller can be asked for.
    fn askable(&self) -> Askable;
    /// Whether questions were asked that are answered later, so that what the call came to is of no account.
    fn waits(&self) -> bool {
        false
    }
    /// Answers to all of these, in JSON, in the same order. Dropping the future gives the questions up.
    async fn ask(&self, questions: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered>;
}

/// The absence of a caller: nobody listens, and nobody can be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCaller;

#[async_trait]
impl Caller for NoCaller {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<&str>) {}
    fn log(&self, _: CallerLevel, _: &str) {}
    fn askable(&self) -> Askable {
        Askable::default()
    }
    async fn ask(&self, _: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered> {
        Err(Unanswered::Refused(CapabilityError::Denied(
            "nobody can be asked: the call comes from a program, another plugin or a command line, \
             or the plugin is not granted `questions`"
                .to_owned(),
        )))
    }
}
