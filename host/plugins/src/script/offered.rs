//! Prompts and resources of a module, given out. Lists are of its text, and nothing runs for them; one of them is
//! asked for as a tool is called.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use vesicle_sandbox::{ErrorType, Grants, Limits, Outcome, Resources, Sandbox};

use super::offers::{PROMPT, RESOURCE};
use super::spoken;
use super::tools::ScriptTools;
use crate::call::{Answer, Blank, CallError, Request, refused};
use crate::checks::Checks;

impl ScriptTools {
    /// Asks for what the module offers, as [`Tools::request`](crate::Tools::request) does.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn request(
        &self,
        sandbox: &Sandbox,
        request: Request<'_>,
        limits: Limits,
        grants: Grants,
        session: Option<Arc<str>>,
    ) -> Result<Outcome<Answer>, CallError> {
        let offered = &self.script().offered;
        let documents = || offered.documents.iter();
        match request {
            Request::Prompts => {
                let prompts = offered.prompts.iter();
                Ok(listed(prompts.map(|offered| &offered.prompt)))
            }
            Request::Resources => Ok(listed(documents().filter_map(|offered| offered.link()))),
            Request::Templates => Ok(listed(documents().filter_map(|offered| offered.template()))),
            Request::Prompt { name, arguments } => {
                let mut prompts = offered.prompts.iter();
                let Some(prompt) = prompts.find(|offered| offered.prompt.name == name) else {
                    return Ok(absent(&format!("there is no prompt `{name}`")));
                };
                let texts = arguments.iter();
                let texts = texts.map(|(name, text)| (name.clone(), Value::from(text.as_str())));
                let given = Given {
                    name: format!("{PROMPT}{name}"),
                    schema: &prompt.input_schema,
                    arguments: texts.collect(),
                };
                let outcome = self.ask(sandbox, given, limits, grants, session).await?;
                Ok(outcome.try_map(|result| {
                    let messages = spoken::messages(&result).map_err(wrong)?;
                    Ok(Answer::Result(as_json(&messages)))
                }))
            }
            Request::Resource { uri } => {
                // One that is written out comes before forms of many.
                let mut found = documents().filter_map(|known| Some((known, known.places(uri)?)));
                let exact = found.clone().find(|(known, _)| !known.form.is_template());
                let Some((known, arguments)) = exact.or_else(|| found.next()) else {
                    return Ok(absent(&format!("nothing lies at `{uri}`")));
                };
                let given = Given {
                    name: format!("{RESOURCE}{}", known.uri),
                    schema: &known.input_schema,
                    arguments,
                };
                let outcome = self.ask(sandbox, given, limits, grants, session).await?;
                let mime_type = known.mime_type.as_deref();
                Ok(outcome.try_map(|result| {
                    let documents = spoken::documents(&result, uri, mime_type).map_err(wrong)?;
                    Ok(Answer::Result(as_json(&documents)))
                }))
            }
            Request::ForPrompt(blank) => {
                let prompts = offered.prompts.iter();
                let mut of_name = prompts.filter(|offered| offered.prompt.name == blank.of);
                Ok(fitting(of_name.next().map(|it| &it.input_schema), blank))
            }
            Request::ForTemplate(blank) => {
                let mut of_uri = documents().filter(|offered| offered.uri == blank.of);
                Ok(fitting(of_uri.next().map(|it| &it.input_schema), blank))
            }
        }
    }

    async fn ask(
        &self,
        sandbox: &Sandbox,
        given: Given<'_>,
        limits: Limits,
        grants: Grants,
        session: Option<Arc<str>>,
    ) -> Result<Outcome, CallError> {
        let Given {
            name,
            schema,
            arguments,
        } = given;
        let arguments = Value::Object(arguments);
        if let Err(why) = Checks::new(schema).check("arguments", &arguments) {
            return Ok(refused(why));
        }
        let execution = self.execution(as_json(&arguments), limits, grants, session);
        self.run(sandbox, &name, execution, None).await
    }
}

/// What one of its functions is given.
struct Given<'a> {
    /// By which it is called.
    name: String,
    schema: &'a Value,
    arguments: Map<String, Value>,
}

/// The texts that the type of an argument has, as far as they begin like what was typed; none of a type that has any text.
fn fitting(schema: Option<&Value>, blank: Blank<'_>) -> Outcome<Answer> {
    let argument = schema.and_then(|schema| schema["properties"].get(blank.argument));
    let texts = argument.and_then(|argument| argument["enum"].as_array());
    let texts = texts.into_iter().flatten().filter_map(Value::as_str);
    listed(texts.filter(|text| text.starts_with(blank.typed)))
}

fn listed(all: impl Iterator<Item = impl Serialize>) -> Outcome<Answer> {
    told(Answer::Result(as_json(&all.collect::<Vec<_>>())))
}

/// There is nothing of that name, as components say it.
fn absent(why: &str) -> Outcome<Answer> {
    told(Answer::Failure(as_json(&json!({ "not_found": why }))))
}

fn told(answer: Answer) -> Outcome<Answer> {
    Outcome::Success {
        output: answer,
        uncaught: Vec::new(),
        warnings: Vec::new(),
        stdout: String::new(),
        stderr: String::new(),
        execution_time_us: 0,
        resources: Resources::default(),
    }
}

fn as_json(value: &impl Serialize) -> Box<RawValue> {
    // Values of ours are always JSON.
    to_raw_value(value).unwrap_or_default()
}

/// What it answered is none of what it is for.
fn wrong(why: String) -> (ErrorType, String, String) {
    (ErrorType::InvalidResult, "TypeError".to_owned(), why)
}
