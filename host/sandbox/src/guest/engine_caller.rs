//! `vesicle:plugin/caller` for engines, which have no import of it: by `tool-call.start`, in JSON. The world `engine` in
//! `wit/worlds.wit` says what it takes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use serde_json::value::RawValue;

use super::Guest;
use super::bindings::vesicle::plugin::types::Error;
use super::calls::Answer;
use super::plugin_bindings::vesicle::plugin::caller::{self, Asked, Form, Prompt};
use crate::caller::{CallerLevel, Unanswered};

/// What the names begin with. No tool's name has a slash before its dot.
pub const TO_CALLER: &str = "caller/";

/// The id of what is told, which has no outcome.
const NO_CALL: u32 = 0;

/// In place of answers that come in another call.
const LATER: &str = "null";

#[derive(Deserialize)]
struct Progress {
    done: f64,
    total: Option<f64>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    level: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    Form(OfForm),
    Model(OfModel),
    Roots(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfForm {
    message: String,
    schema: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OfModel {
    text: String,
    system: Option<String>,
    tokens_max: u32,
}

impl Guest {
    /// Tells the caller something, or starts to ask them.
    pub(super) fn reach_caller(&mut self, what: &str, said: &str) -> Result<u32, Error> {
        match what {
            "progress" | "log" if self.told.is_over() => Ok(NO_CALL),
            "progress" => {
                let Progress {
                    done,
                    total,
                    message,
                } = read(said)?;
                self.told.progress(done, total, message.as_deref());
                Ok(NO_CALL)
            }
            "log" => {
                let Line { level, message } = read(said)?;
                self.told.log(level_of(&level)?, &message);
                Ok(NO_CALL)
            }
            "can-be-asked" => {
                self.calls.budget.call(said.len())?;
                let can = self.told.caller.askable();
                let can = json!({"form": can.form, "model": can.model, "roots": can.roots});
                let answer = Answer::Json(can.to_string());
                self.calls.start(Box::pin(async { Ok(answer) }))
            }
            "ask" => self.start_to_ask(said),
            _ => Err(Error::NotFound(format!(
                "there is no `{TO_CALLER}{what}`; the world `engine` says what there is"
            ))),
        }
    }

    fn start_to_ask(&mut self, asked: &str) -> Result<u32, Error> {
        let asked: BTreeMap<String, Question> = serde_json::from_str(asked).map_err(|error| {
            Error::InvalidInput(format!(
                "these are no questions: {error}; each has a name, and is `{{form: {{message, schema}}}}`, `{{model: {{text, system, tokensMax}}}}` or `{{roots: true}}`"
            ))
        })?;
        let asked = asked.into_iter().map(|(name, question)| caller::Question {
            name,
            asked: question.into(),
        });
        let questions = self.questions(asked.collect())?;
        let caller = self.told.caller.clone();
        self.calls.start(Box::pin(async move {
            match caller.ask(&questions).await {
                Ok(answers) => {
                    let names = questions.iter().map(|question| question.name.as_str());
                    let answers: BTreeMap<&str, Box<RawValue>> = names.zip(answers).collect();
                    let answers = serde_json::to_string(&answers);
                    let answers = answers.map_err(|error| Error::Failed(error.to_string()))?;
                    Ok(Answer::Json(answers))
                }
                Err(Unanswered::Refused(error)) => Err(error.into()),
                // The engine ends the call, rather than the host: so its instance is there for the next one.
                Err(Unanswered::Later) => Ok(Answer::Json(LATER.to_owned())),
            }
        }))
    }
}

impl From<Question> for Asked {
    fn from(question: Question) -> Self {
        match question {
            Question::Form(OfForm { message, schema }) => Self::Form(Form {
                message,
                schema: Box::<str>::from(schema).into_string(),
            }),
            Question::Model(OfModel {
                text,
                system,
                tokens_max,
            }) => Self::Model(Prompt {
                text,
                system,
                tokens_max,
            }),
            Question::Roots(_) => Self::Roots,
        }
    }
}

fn read<'a, T: Deserialize<'a>>(said: &'a str) -> Result<T, Error> {
    serde_json::from_str(said)
        .map_err(|error| Error::InvalidInput(format!("this cannot be told: {error}")))
}

fn level_of(name: &str) -> Result<CallerLevel, Error> {
    Ok(match name {
        "debug" => CallerLevel::Debug,
        "info" => CallerLevel::Info,
        "notice" => CallerLevel::Notice,
        "warning" => CallerLevel::Warning,
        "error" => CallerLevel::Error,
        "critical" => CallerLevel::Critical,
        "alert" => CallerLevel::Alert,
        "emergency" => CallerLevel::Emergency,
        _ => {
            return Err(Error::InvalidInput(format!(
                "{name:?} is no level of a line: take `debug`, `info`, `notice`, `warning`, `error`, `critical`, `alert` or `emergency`"
            )));
        }
    })
}
