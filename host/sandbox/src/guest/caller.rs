//! `vesicle:plugin/caller`: what a plugin tells and asks whoever called it. A guest that tells more than
//! its share is not told so; the rest is dropped, and one line says so.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::Guest;
use super::arguments::parse;
use super::bindings::vesicle::plugin::types::Error;
use super::plugin_bindings::vesicle::plugin::caller;
use crate::Limits;
use crate::caller::{
    Asked, Caller, CallerLevel, QUESTION_NAME_BYTES_MAX, QUESTIONS_MAX, Question, Unanswered,
};

/// The longest line that is passed on, in bytes.
const LINE_BYTES_MAX: usize = 4 * 1024;
/// How often one guest may tell something.
pub const TOLD_MAX: usize = 1_000;

/// What one guest tells.
pub struct Told {
    pub(super) caller: Arc<dyn Caller>,
    left: usize,
    bytes_left: usize,
}

impl Told {
    /// Passes on as many bytes as a stream may have.
    pub fn new(limits: &Limits, caller: Arc<dyn Caller>) -> Self {
        Self {
            caller,
            left: TOLD_MAX,
            bytes_left: limits.stream_bytes,
        }
    }

    /// Whether the share is used up.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Tells how far the call is.
    pub(super) fn progress(&mut self, done: f64, total: Option<f64>, message: Option<&str>) {
        if let Some(line) = self.share(message.unwrap_or_default()) {
            let line = message.is_some().then_some(line);
            self.caller.progress(done, total, line);
        }
    }

    /// Tells a line.
    pub(super) fn log(&mut self, level: CallerLevel, message: &str) {
        if let Some(line) = self.share(message) {
            self.caller.log(level, line);
        }
    }

    /// What of a line is passed on; nothing once the share is used up.
    fn share<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        self.left = self.left.checked_sub(1)?;
        let line = &text[..text.floor_char_boundary(LINE_BYTES_MAX)];
        let bytes_left = self.bytes_left.checked_sub(line.len());
        if self.left == 0 || bytes_left.is_none() {
            self.left = 0;
            let cut = "[no more is told: the limit of this call is reached]";
            self.caller.log(CallerLevel::Warning, cut);
            return None;
        }
        self.bytes_left = bytes_left.unwrap_or_default();
        Some(line)
    }
}

impl caller::Host for Guest {
    fn progress(&mut self, done: f64, total: Option<f64>, message: Option<String>) {
        self.told.progress(done, total, message.as_deref());
    }

    fn log(&mut self, level: caller::Level, message: String) {
        self.told.log(level.into(), &message);
    }

    fn can_be_asked(&mut self) -> caller::Kinds {
        let askable = self.told.caller.askable();
        let kinds = [
            (askable.form, caller::Kinds::FORM),
            (askable.model, caller::Kinds::MODEL),
            (askable.roots, caller::Kinds::ROOTS),
        ];
        let kinds = kinds.into_iter().filter(|(can, _)| *can);
        kinds.fold(caller::Kinds::empty(), |all, (_, kind)| all | kind)
    }

    async fn ask(
        &mut self,
        questions: Vec<caller::Question>,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        let questions = match self.questions(questions) {
            Ok(questions) => questions,
            Err(error) => return Ok(Err(error)),
        };
        let answers = match self.told.caller.clone().ask(&questions).await {
            Ok(answers) => answers,
            Err(Unanswered::Refused(error)) => return Ok(Err(error.into())),
            Err(Unanswered::Later) => {
                return Err(wasmtime::Error::msg(
                    "the call waits for answers, and is made again with them",
                ));
            }
        };
        let bytes = answers.iter().map(|answer| answer.get().len()).sum();
        let text = |answer: Box<RawValue>| Box::<str>::from(answer).into_string();
        Ok(self
            .calls
            .budget
            .answer(bytes)
            .map(|()| answers.into_iter().map(text).collect()))
    }
}

impl Guest {
    /// What is asked, as far as it can be.
    pub(super) fn questions(
        &mut self,
        questions: Vec<caller::Question>,
    ) -> Result<Vec<Question>, Error> {
        if questions.is_empty() || questions.len() > QUESTIONS_MAX {
            return Err(Error::InvalidInput(format!(
                "{} questions; ask 1 to {QUESTIONS_MAX} at once",
                questions.len()
            )));
        }
        let mut checked: Vec<Question> = Vec::new();
        for question in questions {
            self.calls.budget.call(length(&question))?;
            let name = question.name;
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if name.is_empty() || name.len() > QUESTION_NAME_BYTES_MAX || !name.chars().all(fits) {
                return Err(Error::InvalidInput(format!(
                    "{name:?} is no name of a question: take 1 to {QUESTION_NAME_BYTES_MAX} letters, digits, `_` and `-`"
                )));
            }
            if checked.iter().any(|other| other.name == name) {
                return Err(Error::InvalidInput(format!(
                    "two questions are called `{name}`"
                )));
            }
            let asked = match question.asked {
                caller::Asked::Form(form) => Asked::Form {
                    message: form.message,
                    schema: parse(form.schema)?,
                },
                caller::Asked::Model(prompt) => Asked::Model {
                    text: prompt.text,
                    system: prompt.system,
                    tokens_max: prompt.tokens_max,
                },
                caller::Asked::Roots => Asked::Roots,
            };
            checked.push(Question { name, asked });
        }
        Ok(checked)
    }
}

fn length(question: &caller::Question) -> usize {
    question.name.len()
        + match &question.asked {
            caller::Asked::Form(form) => form.message.len() + form.schema.len(),
            caller::Asked::Model(prompt) => {
                prompt.text.len() + prompt.system.as_ref().map_or(0, String::len)
            }
            caller::Asked::Roots => 0,
        }
}

impl From<caller::Level> for CallerLevel {
    fn from(level: caller::Level) -> Self {
        match level {
            caller::Level::Debug => Self::Debug,
            caller::Level::Info => Self::Info,
            caller::Level::Notice => Self::Notice,
            caller::Level::Warning => Self::Warning,
            caller::Level::Error => Self::Error,
            caller::Level::Critical => Self::Critical,
            caller::Level::Alert => Self::Alert,
            caller::Level::Emergency => Self::Emergency,
        }
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;
    use crate::caller::Askable;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    #[async_trait::async_trait]
    impl Caller for Heard {
        fn progress(&self, _: f64, _: Option<f64>, _: Option<&str>) {}
        fn log(&self, _: CallerLevel, message: &str) {
            self.0.lock().push(message.to_owned());
        }
        fn askable(&self) -> Askable {
            Askable::default()
        }
        async fn ask(&self, _: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered> {
            Err(Unanswered::Later)
        }
    }

    #[test]
    fn what_is_told_has_an_end_that_is_told() {
        let heard = Arc::new(Heard::default());
        let mut told = Told::new(&Limits::default(), heard.clone());
        for n in 1..TOLD_MAX {
            assert!(told.share("").is_some(), "{n}");
        }
        assert!(told.share("").is_none());
        assert!(told.share("").is_none());
        assert_eq!(heard.0.lock().len(), 1, "said once");

        let limits = Limits {
            stream_bytes: 10,
            ..Limits::default()
        };
        let mut told = Told::new(&limits, heard.clone());
        assert_eq!(told.share("0123456789"), Some("0123456789"));
        assert!(told.share("x").is_none());

        let long = "ü".repeat(LINE_BYTES_MAX);
        let mut told = Told::new(&Limits::default(), heard);
        assert_eq!(told.share(&long).map(str::len), Some(LINE_BYTES_MAX));
    }
}
