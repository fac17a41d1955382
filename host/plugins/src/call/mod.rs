//! A call of a tool: JSON in, JSON out, in an instance of its own.

mod command;
mod dynamic;
mod offered;

use std::sync::Arc;

use serde_json::value::RawValue;
use vesicle_sandbox::{
    Call, Component, ErrorType, ExecuteError, Function, Grants, Limits, Outcome, Residence,
    Resources, Sandbox, Val,
};

use crate::interface::{Behind, Entry, Reply, Tool};
use crate::types::{Shape, nearest};
use crate::values::{NotWritten, arguments, write};
use crate::{Definition, Tools};

pub use offered::{Blank, Request};

/// Arguments that are longer are read on a thread for work that blocks, in bytes.
const READ_IN_PLACE_BYTES_MAX: usize = 64 * 1024;

/// One call of a tool.
#[derive(Clone)]
pub struct Invocation<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// Its arguments, an object.
    pub arguments: &'a RawValue,
    /// How much it may use. [`Limits::code_bytes`] is of no account.
    pub limits: Limits,
    /// What it may use beside its own memory. Arguments and standard input are the call's to say.
    pub grants: Grants,
    /// Whose it is, as for an [`Execution`](vesicle_sandbox::Execution).
    pub session: Option<Arc<str>>,
    /// Where its instance stays for further calls; `None` for an instance of its own. A program, which ends
    /// with its call, always has one of its own.
    pub residence: Option<Residence>,
}

/// What a tool answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Its result; `null` where it has none.
    Result(Box<RawValue>),
    /// It failed and says how: what it answered as `result`'s error, or what a program printed that
    /// ended with another exit code than 0.
    Failure(Box<RawValue>),
    /// What is shown in place of a result, or of a failure: the JSON of a [`Shown`](crate::content::Shown).
    Shown(Box<RawValue>),
}

/// Why a call could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no tool of that name.
    #[error("the plugin has no tool {asked:?}; {}", instead(nearest.as_deref(), known))]
    UnknownTool {
        /// What was asked for.
        asked: String,
        /// The name that is most like it.
        nearest: Option<String>,
        /// The first [`KNOWN_MAX`] that there are.
        known: Vec<String>,
    },
    /// The component does not list tools itself.
    #[error("the plugin's tools are its functions; it lists no others")]
    ListsNone,
    /// The component does not offer what it is asked for.
    #[error("the plugin offers nothing of that kind")]
    OffersNone,
    /// As of the sandbox.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

/// Tools that are named to whoever asked for another.
pub(crate) const KNOWN_MAX: usize = 10;

/// There is no such tool among these.
pub(crate) fn unknown(asked: &str, tools: &[Definition]) -> CallError {
    let names = || tools.iter().map(|tool| &tool.name);
    CallError::UnknownTool {
        asked: asked.to_owned(),
        nearest: nearest(asked, names()).map(str::to_owned),
        known: names().take(KNOWN_MAX).cloned().collect(),
    }
}

fn instead(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has `{}`", known.join("`, `")),
    }
}

/// An outcome's class, name and message in place of a result.
type Wrong = (ErrorType, String, String);

impl Tools {
    /// Calls a tool in an instance of its own, or in one that stays, within its limits. Arguments that do not fit are an
    /// [`Outcome::Error`] of [`ErrorType::InvalidInput`]. Dropping the future stops the guest.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(
        &self,
        sandbox: &Sandbox,
        invocation: Invocation<'_>,
    ) -> Result<Outcome<Answer>, CallError> {
        let (given, most) = (
            invocation.arguments.get().len(),
            invocation.limits.input_bytes,
        );
        if given > most {
            return Ok(refused(format!(
                "the arguments are {given} bytes of JSON, and at most {most} are accepted (`input_bytes`)"
            )));
        }
        let (component, dynamic) = match self.behind() {
            Behind::Script(script) => return script.call(sandbox, invocation).await,
            Behind::Component(component, contract) => (component, &contract.dynamic),
        };
        let Some(tool) = self.tool(invocation.tool) else {
            if let Some(dynamic) = dynamic {
                return self
                    .call_listed(sandbox, component, dynamic, invocation)
                    .await;
            }
            return Err(unknown(invocation.tool, self.definitions()));
        };
        let values = match read(tool, invocation.arguments).await {
            Ok(values) => values,
            Err(why) => return Ok(refused(why)),
        };
        match &tool.entry {
            Entry::Command(function) => {
                self.run_command(sandbox, component, function, values, invocation)
                    .await
            }
            Entry::Function(function, reply) => {
                let output_bytes = invocation.limits.output_bytes;
                let called = sandbox
                    .call(call_of(component, function, values, invocation))
                    .await?;
                Ok(called.try_map(|results| answer(&results, reply, output_bytes)))
            }
        }
    }
}

fn call_of(
    component: &Component,
    function: &Function,
    values: Vec<Val>,
    invocation: Invocation<'_>,
) -> Call {
    Call {
        component: component.clone(),
        function: function.clone(),
        arguments: values,
        limits: invocation.limits,
        grants: invocation.grants,
        session: invocation.session,
        residence: invocation.residence,
    }
}

/// Long arguments are read apart, so that they keep nobody else waiting.
async fn read(tool: &Arc<Tool>, text: &RawValue) -> Result<Vec<Val>, String> {
    if text.get().len() <= READ_IN_PLACE_BYTES_MAX {
        return arguments(text, &tool.parameters);
    }
    let (tool, text) = (tool.clone(), text.to_owned());
    let reading = tokio::task::spawn_blocking(move || arguments(&text, &tool.parameters));
    reading
        .await
        .unwrap_or_else(|error| Err(format!("arguments: {error}")))
}

fn answer(results: &[Val], reply: &Reply, output_bytes: usize) -> Result<Answer, Wrong> {
    let told = |value, shape| told(value, shape, output_bytes);
    match (reply, results) {
        (Reply::Value(shape), results) => told(results.first(), shape.as_ref()).map(Answer::Result),
        (Reply::Fallible(ok, _), [Val::Result(Ok(value))]) => {
            told(value.as_deref(), ok.as_ref()).map(Answer::Result)
        }
        (Reply::Fallible(_, err), [Val::Result(Err(value))]) => {
            told(value.as_deref(), err.as_ref()).map(Answer::Failure)
        }
        _ => Err(not_told("result".to_owned())),
    }
}

fn told(value: Option<&Val>, shape: Option<&Shape>, bytes: usize) -> Result<Box<RawValue>, Wrong> {
    let (Some(value), Some(shape)) = (value, shape) else {
        return Ok(RawValue::NULL.to_owned());
    };
    write(value, shape, bytes).map_err(|error| match error {
        NotWritten::TooLong(most) => too_long(most),
        NotWritten::Mismatch(shape) => not_told(shape),
    })
}

fn too_long(most: usize) -> Wrong {
    let message = format!(
        "the result is more than {most} bytes of JSON, which are accepted (`output_bytes`); ask for less, or for a part of it"
    );
    (ErrorType::InvalidResult, "TypeError".to_owned(), message)
}

fn not_told(shape: String) -> Wrong {
    let message = format!("the component answered with what is no {shape}");
    (ErrorType::InvalidResult, "TypeError".to_owned(), message)
}

/// The outcome of a call whose arguments do not fit.
pub(crate) fn refused<T>(message: String) -> Outcome<T> {
    Outcome::Error {
        error_type: ErrorType::InvalidInput,
        name: "InputError".to_owned(),
        message,
        location: None,
        stack: String::new(),
        warnings: Vec::new(),
        stdout: String::new(),
        stderr: String::new(),
        execution_time_us: 0,
        resources: Resources::default(),
    }
}
