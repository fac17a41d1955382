//! TypeScript, as a model reads it before it calls a tool: one line to choose by, a declaration to
//! call by, a file to look up in. The same tool always gives the same text.

mod comments;
mod declaration;
pub mod limits;
mod module;
mod printer;
mod signature;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use rmcp::model::Tool;
use serde_json::Value;

use crate::{
    hygiene,
    names::call_path,
    observed::Observed,
    schema::{self, Model, Notes, Type},
};

pub use comments::{first_line, unclosed};
pub use module::GENERATED;

/// `text` as a string literal: nothing in it ends the literal, hides, or reorders the line.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    for c in Value::from(text).to_string().chars() {
        match c {
            '\u{2028}' | '\u{2029}' => {
                quoted.extend(c.escape_unicode().filter(|c| !matches!(c, '{' | '}')))
            }
            c if hygiene::acts(c) || hygiene::hides(c) => quoted.extend(c.escape_unicode()),
            c => quoted.push(c),
        }
    }
    quoted
}

/// One tool with its types, ready to be written.
#[derive(Clone, Debug)]
pub struct Typed<'t> {
    server: &'t str,
    tool: &'t str,
    /// Without characters that act or hide.
    description: Cow<'t, str>,
    arguments: Model,
    returns: Returns,
}

/// Where a result's type comes from.
#[derive(Clone, Debug)]
enum Returns {
    /// The server declares it.
    Declared(Model),
    /// It was seen in this many results.
    Observed(Model, u64),
    /// Nobody knows.
    Unknown,
}

impl<'t> Typed<'t> {
    /// Reads the types of `tool`. Where its server declares no result, the shape that real results
    /// had stands in for it.
    pub fn new(server: &'t str, tool: &'t Tool, observed: Option<&Observed>) -> Self {
        let description = tool.description.as_deref().unwrap_or_default();
        Self {
            server,
            tool: &tool.name,
            description: hygiene::shown(description, schema::limits::DESCRIPTION_BYTES_MAX),
            arguments: schema::read_object(&tool.input_schema),
            returns: match (&tool.output_schema, observed) {
                (Some(declared), _) => Returns::Declared(schema::read_object(declared)),
                (None, Some(observed)) if observed.results() > 0 => {
                    Returns::Observed(observed.model(), observed.results())
                }
                _ => Returns::Unknown,
            },
        }
    }

    /// Its server's name, as it is.
    pub fn server(&self) -> &'t str {
        self.server
    }

    /// Its own name, as it is.
    pub fn tool(&self) -> &'t str {
        self.tool
    }

    /// Its server's words, without characters that act or hide.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What calls it: `tools.github.create_issue`.
    pub fn path(&self) -> String {
        call_path(self.server, self.tool)
    }

    /// One line: how it is called, with which types, without words. For choosing.
    pub fn signature(&self) -> String {
        signature::signature(self)
    }

    /// All there is to know of it, for calling: its description, each argument with what is said of
    /// it, and the result.
    pub fn declaration(&self) -> String {
        declaration::declaration(self)
    }

    /// The same as a TypeScript module, for files.
    pub fn module(&self, function: &str) -> String {
        module::module(self, function)
    }

    /// Whether a call may leave its argument out.
    fn may_omit(&self) -> bool {
        match &self.arguments.root {
            Type::Object(object) => !object.properties.iter().any(|property| property.required),
            Type::Unknown => true,
            _ => false,
        }
    }

    /// The model of the result, where there is one.
    fn result(&self) -> Option<&Model> {
        match &self.returns {
            Returns::Declared(model) | Returns::Observed(model, _) => Some(model),
            Returns::Unknown => None,
        }
    }

    /// What is said above the declaration.
    fn notes(&self) -> Notes {
        let mut notes = Notes {
            description: self.description.to_string(),
            ..Notes::default()
        };
        if let Returns::Observed(_, results) = self.returns {
            let said = match results {
                1 => "observed in 1 result, not declared".to_owned(),
                _ => format!("observed in {results} results, not declared"),
            };
            notes.facts.push(("returns", said));
        }
        notes
    }
}

/// The text of a model's root without comments.
#[cfg(test)]
pub(crate) fn type_text(model: &Model) -> Option<String> {
    let form = printer::Form::Lines {
        comments: printer::Comments::None,
    };
    let names: Vec<String> = model
        .definitions
        .iter()
        .map(|one| one.name.clone())
        .collect();
    printer::Printer::new(model, &names, form, limits::DECLARATION_BYTES_MAX).print(&model.root)
}
