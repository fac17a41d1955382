//! One tool: how it is told, and what a call of it is.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vesicle_sandbox::Function;

use super::Wit;
use crate::types::{
    Budget, Direction, Kind, Member, Members, Names, Shape, Unsupported, annotate,
    arguments_schema, cut, read, schema,
};

/// How a tool is told to whoever may call it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Unique within its component: letters, digits and `_`, at most 64 of them.
    pub name: String,
    /// What it does: the function's comment in WIT or, without one, its signature.
    pub description: String,
    /// The function as WIT has it; empty for tools that the component lists itself.
    pub signature: String,
    /// JSON Schema of its arguments, which are an object.
    pub input_schema: Value,
    /// JSON Schema of its result, which is any JSON; `None` where it has none or promises none.
    pub output_schema: Option<Value>,
    /// JSON Schema of what comes with its own failures, where the function tells of any.
    pub error_schema: Option<Value>,
}

/// A tool that can be called.
#[derive(Debug)]
pub(crate) struct Tool {
    pub definition: Definition,
    pub parameters: Members,
    pub entry: Entry,
}

/// What a call of a tool runs.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A function, with what it answers.
    Function(Function, Box<Reply>),
    /// A program, by `wasi:cli/run`.
    Command(Function),
}

/// What a function answers with.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Nothing, or one value.
    Value(Option<Shape>),
    /// The one or the other.
    Fallible(Option<Shape>, Option<Shape>),
}

impl Tool {
    /// The tool that a function is.
    ///
    /// # Errors
    /// When it takes or gives what JSON cannot have; why.
    pub fn of_function(
        name: String,
        function: &Function,
        wit: Option<&Wit>,
        budget: &mut Budget,
    ) -> Result<Self, String> {
        let parsed =
            wit.and_then(|wit| wit.function(function.interface.as_deref(), &function.name));
        let unsupported = |why| unsupported(why, wit, parsed);
        if function.ty.async_() {
            return Err(
                "is an async function of the component model, which are not called here".to_owned(),
            );
        }
        let mut parameters = Members {
            names: Names::new(function.ty.params().map(|(name, _)| name)),
            members: Vec::new(),
        };
        for (place, (_, ty)) in function.ty.params().enumerate() {
            let mut shape = read(&ty, budget).map_err(unsupported)?;
            if let (Some(wit), Some(parameter)) =
                (wit, parsed.and_then(|parsed| parsed.params.get(place)))
            {
                annotate(&mut shape, wit.resolve(), &parameter.ty);
            }
            parameters.members.push(Member {
                shape: Some(shape),
                docs: None,
            });
        }
        let mut result = function.ty.results().next();
        let mut result = result
            .take()
            .map(|ty| read(&ty, budget).map_err(unsupported))
            .transpose()?;
        if let (Some(shape), Some(wit), Some(ty)) = (
            &mut result,
            wit,
            parsed.and_then(|parsed| parsed.result.as_ref()),
        ) {
            annotate(shape, wit.resolve(), ty);
        }
        let signature = signature(&function.name, &parameters, result.as_ref());
        let docs = parsed.and_then(|parsed| parsed.docs.contents.as_deref());
        let docs = docs.map(str::trim).filter(|docs| !docs.is_empty());
        let reply = match result {
            Some(Shape {
                kind: Kind::Result(ok, err),
                ..
            }) => Reply::Fallible(ok.map(|ok| *ok), err.map(|err| *err)),
            result => Reply::Value(result),
        };
        let (output, error) = match &reply {
            Reply::Value(value) => (value.as_ref(), None),
            Reply::Fallible(ok, err) => (ok.as_ref(), err.as_ref()),
        };
        let answered = |shape| schema(shape, Direction::Answered);
        Ok(Self {
            definition: Definition {
                name,
                description: docs.map_or_else(|| signature.clone(), cut),
                signature,
                input_schema: arguments_schema(&parameters),
                output_schema: output.map(answered),
                error_schema: error.map(answered),
            },
            parameters,
            entry: Entry::Function(function.clone(), Box::new(reply)),
        })
    }

    /// The tool that a program is.
    pub fn of_command(name: String, function: &Function) -> Self {
        let text = Shape::new(Kind::String);
        let words = Shape::new(Kind::List(Box::new(text.clone())));
        let optional = |shape, docs: &str| Member {
            shape: Some(Shape::new(Kind::Option(Box::new(shape)))),
            docs: Some(docs.to_owned()),
        };
        let parameters = Members {
            names: Names::new(["args", "stdin"]),
            members: vec![
                optional(
                    words,
                    "The words of its command line, without its own name.",
                ),
                optional(text, "What it reads from standard input."),
            ],
        };
        let printed = json!({
            "type": "object",
            "properties": {
                "stdout": { "type": "string" },
                "stderr": { "type": "string" },
                "exit_code": { "type": "integer", "minimum": 0 },
            },
            "required": ["stdout", "stderr", "exit_code"],
            "additionalProperties": false,
        });
        Self {
            definition: Definition {
                name,
                description: "Runs the program with `args` and `stdin`, and answers with what it \
                              prints. An exit code other than 0 is a failure."
                    .to_owned(),
                signature: "run: func() -> result".to_owned(),
                input_schema: arguments_schema(&parameters),
                output_schema: Some(printed.clone()),
                error_schema: Some(printed),
            },
            parameters,
            entry: Entry::Command(function.clone()),
        }
    }
}

fn signature(name: &str, parameters: &Members, result: Option<&Shape>) -> String {
    let shapes = parameters
        .members
        .iter()
        .filter_map(|member| member.shape.as_ref());
    let told = parameters.names.wit().iter().zip(shapes);
    let told: Vec<_> = told
        .map(|(name, shape)| format!("{name}: {shape}"))
        .collect();
    let result = result.map_or_else(String::new, |shape| format!(" -> {shape}"));
    cut(&format!("{name}: func({}){result}", told.join(", ")))
}

fn unsupported(
    why: Unsupported,
    wit: Option<&Wit>,
    parsed: Option<&wit_parser::Function>,
) -> String {
    match why {
        Unsupported::Resource => {
            let named = wit
                .zip(parsed)
                .and_then(|(wit, parsed)| wit.resource_of(parsed));
            let named = named.map_or_else(String::new, |name| format!(" `{name}`"));
            format!(
                "takes or gives the resource{named}: a handle means nothing outside of one instance, and each call has its own"
            )
        }
        Unsupported::Future => "takes or gives a future, which JSON cannot have".to_owned(),
        Unsupported::Stream => "takes or gives a stream, which JSON cannot have".to_owned(),
        Unsupported::ErrorContext => {
            "takes or gives an error-context, which JSON cannot have".to_owned()
        }
        Unsupported::TooMany => format!(
            "is of types that are too large: the functions of a component may use {} types together",
            crate::types::TYPES_MAX
        ),
        Unsupported::TooDeep => format!(
            "is of types that lie too deep in one another: {} levels are read",
            crate::types::TYPE_DEPTH_MAX
        ),
    }
}
