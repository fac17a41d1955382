//! Programs as tools: words and a text in, what is printed out. What is printed is the result, and
//! has the bound of results.

use serde::Serialize;
use serde_json::value::to_raw_value;
use vesicle_sandbox::{Component, Function, Outcome, Sandbox, Val};

use super::{Answer, CallError, Invocation, call_of, not_told, too_long};
use crate::Tools;

/// What a program printed, and how it ended.
#[derive(Serialize)]
struct Printed<'a> {
    stdout: &'a str,
    stderr: &'a str,
    exit_code: i32,
}

impl Tools {
    pub(super) async fn run_command(
        &self,
        sandbox: &Sandbox,
        component: &Component,
        function: &Function,
        values: Vec<Val>,
        mut invocation: Invocation<'_>,
    ) -> Result<Outcome<Answer>, CallError> {
        let (words, stdin) = start(values);
        invocation.grants.arguments = [invocation.tool.to_owned()]
            .into_iter()
            .chain(words)
            .collect();
        invocation.grants.stdin = stdin.into();
        let output_bytes = invocation.limits.output_bytes;
        invocation.limits.stream_bytes = output_bytes;
        let call = call_of(component, function, Vec::new(), invocation);
        let ended = sandbox.run_command(call).await?;
        let (stdout, stderr) = ended.streams();
        let (stdout, stderr) = (stdout.to_owned(), stderr.to_owned());
        let mut ended = ended.try_map(|exit_code| {
            let printed = Printed {
                stdout: &stdout,
                stderr: &stderr,
                exit_code,
            };
            let told = to_raw_value(&printed).map_err(|error| not_told(error.to_string()))?;
            if told.get().len() > output_bytes {
                return Err(too_long(output_bytes));
            }
            Ok(match exit_code {
                0 => Answer::Result(told),
                _ => Answer::Failure(told),
            })
        });
        // Told once, in the answer.
        if let Outcome::Success { stdout, stderr, .. } = &mut ended {
            stdout.clear();
            stderr.clear();
        }
        Ok(ended)
    }
}

/// The words and the text, as the tool's parameters have them.
fn start(values: Vec<Val>) -> (Vec<String>, String) {
    let (mut words, mut stdin) = (Vec::new(), String::new());
    for value in values {
        let Val::Option(Some(value)) = value else {
            continue;
        };
        match *value {
            Val::String(text) => stdin = text,
            Val::List(values) => {
                words.extend(values.into_iter().filter_map(|word| match word {
                    Val::String(word) => Some(word),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    (words, stdin)
}
