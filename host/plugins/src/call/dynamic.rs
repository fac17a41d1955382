//! Components that list their tools themselves, by `vesicle:plugin/tools` or `rich-tools`. What they say of their
//! tools is checked: it goes to models and clients.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;
use vesicle_sandbox::{Component, ErrorType, Grants, Limits, Outcome, Sandbox, Val};

use super::{Answer, CallError, Invocation, Wrong, answer, call_of, not_told};
use crate::interface::{Behind, Dynamic};
use crate::types::cut;
use crate::{Definition, TOOL_NAME_BYTES_MAX, TOOLS_MAX, Tools};

impl Tools {
    /// The tools that the component lists itself, asked for in an instance of its own. Their names
    /// never are those of [`Tools::definitions`].
    ///
    /// # Errors
    /// [`CallError::ListsNone`] where [`Tools::is_dynamic`] is not so, and what the sandbox says.
    pub async fn list(
        &self,
        sandbox: &Sandbox,
        limits: Limits,
        grants: Grants,
        session: Option<Arc<str>>,
    ) -> Result<Outcome<Vec<Definition>>, CallError> {
        let invocation = Invocation {
            tool: "",
            arguments: RawValue::NULL,
            limits,
            grants,
            session,
            residence: None,
        };
        let Behind::Component(component, contract) = self.behind() else {
            return Err(CallError::ListsNone);
        };
        let dynamic = contract.dynamic.as_ref().ok_or(CallError::ListsNone)?;
        let call = call_of(component, &dynamic.list.function, Vec::new(), invocation);
        let called = sandbox.call(call).await?;
        Ok(called.try_map(|results| {
            let listed = match results.into_iter().next() {
                Some(Val::Result(Ok(Some(listed)))) => *listed,
                Some(Val::Result(Err(Some(error)))) => {
                    let message = format!("the component does not list its tools: {error:?}");
                    return Err((ErrorType::Runtime, "Error".to_owned(), cut(&message)));
                }
                _ => return Err(not_told("list of tools".to_owned())),
            };
            self.checked(listed).map_err(|why| {
                let message = format!("the component lists its tools wrongly: {why}");
                (
                    ErrorType::InvalidResult,
                    "TypeError".to_owned(),
                    cut(&message),
                )
            })
        }))
    }

    fn checked(&self, listed: Val) -> Result<Vec<Definition>, String> {
        let Val::List(listed) = listed else {
            return Err("no list".to_owned());
        };
        if listed.len() > TOOLS_MAX {
            return Err(format!(
                "{} tools, and {TOOLS_MAX} are accepted",
                listed.len()
            ));
        }
        let mut names = HashSet::new();
        let mut definitions = Vec::new();
        for tool in listed {
            let definition = definition(tool)?;
            let name = &definition.name;
            if self.tool(name).is_some() || !names.insert(name.clone()) {
                return Err(format!("two tools are called `{name}`"));
            }
            definitions.push(definition);
        }
        Ok(definitions)
    }

    pub(super) async fn call_listed(
        &self,
        sandbox: &Sandbox,
        component: &Component,
        dynamic: &Dynamic,
        invocation: Invocation<'_>,
    ) -> Result<Outcome<Answer>, CallError> {
        let text = invocation.arguments.get().to_owned();
        let values = vec![Val::String(invocation.tool.to_owned()), Val::String(text)];
        let output_bytes = invocation.limits.output_bytes;
        let called = sandbox
            .call(call_of(
                component,
                &dynamic.call.function,
                values,
                invocation,
            ))
            .await?;
        Ok(called.try_map(|results| match &results[..] {
            [Val::Result(Ok(Some(json)))] if !dynamic.rich => {
                as_json(json, output_bytes).map(Answer::Result)
            }
            results => match answer(results, &dynamic.call.reply, output_bytes)? {
                Answer::Result(shown) => Ok(Answer::Shown(shown)),
                other => Ok(other),
            },
        }))
    }
}

/// What a component answered, which is an allegation until it is read.
fn as_json(value: &Val, output_bytes: usize) -> Result<Box<RawValue>, Wrong> {
    let Val::String(text) = value else {
        return Err(not_told("json".to_owned()));
    };
    if text.len() > output_bytes {
        return Err(super::too_long(output_bytes));
    }
    RawValue::from_string(text.clone()).map_err(|error| not_told(format!("JSON: {error}")))
}

fn definition(tool: Val) -> Result<Definition, String> {
    let Val::Record(fields) = tool else {
        return Err("no record".to_owned());
    };
    let (mut name, mut description) = (String::new(), String::new());
    let (mut input_schema, mut output_schema) = (None, None);
    for (field, value) in fields {
        match (field.as_str(), value) {
            ("name", Val::String(text)) => name = text,
            ("description", Val::String(text)) => description = cut(text.trim()),
            ("input-schema", Val::String(text)) => input_schema = Some(text),
            ("output-schema", Val::Option(Some(text))) => {
                if let Val::String(text) = *text {
                    output_schema = Some(text);
                }
            }
            _ => {}
        }
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > TOOL_NAME_BYTES_MAX || !name.chars().all(fits) {
        return Err(format!(
            "the name {name:?} is not one of 1 to {TOOL_NAME_BYTES_MAX} letters, digits, `_` and `-`"
        ));
    }
    let schema = |text: &String| match serde_json::from_str::<Value>(text) {
        Ok(schema @ Value::Object(_)) => Ok(schema),
        _ => Err(format!("a schema of `{name}` is no object in JSON")),
    };
    let input_schema = schema(&input_schema.unwrap_or_default())?;
    let output_schema = output_schema.as_ref().map(schema).transpose()?;
    Ok(Definition {
        name,
        description,
        signature: String::new(),
        input_schema,
        output_schema,
        error_schema: None,
    })
}
