//! A tool with all that is known of it.

use std::fmt::Write as _;

use super::{
    Typed, comments,
    limits::DECLARATION_BYTES_MAX,
    printer::{Comments, Form, Printer},
    signature::is_nothing,
};
use crate::names::words;
use crate::schema::{Definition, Model, Type};

/// The parts of a declaration.
pub struct Parts {
    /// What is said above it, as a comment with its line end, or nothing.
    pub comment: String,
    /// `args: {…}`, or nothing.
    pub parameters: String,
    /// The type of the arguments.
    pub arguments: String,
    /// The type of the result.
    pub result: String,
    /// The named types.
    pub types: Vec<Named>,
}

/// A named type.
pub struct Named {
    /// What is said of it, as a comment with its line end, or nothing.
    pub comment: String,
    /// `type Name = …;`
    pub text: String,
}

impl Named {
    fn len(&self) -> usize {
        self.comment.len() + self.text.len()
    }
}

/// The call, with its types after it.
pub fn declaration(typed: &Typed<'_>) -> String {
    let Some(parts) = parts(typed, "", Comments::Telling) else {
        return typed.signature();
    };
    let mut out = format!(
        "{}{}({}): Promise<{}>",
        parts.comment,
        typed.path(),
        parts.parameters,
        parts.result
    );
    for named in &parts.types {
        let _ = write!(out, "\n{}{}", named.comment, named.text);
    }
    out
}

/// The parts, with these comments if there is room for them; none if even the bare types are too long.
/// `call` is added to what is said above.
pub fn parts(typed: &Typed<'_>, call: &str, comments: Comments) -> Option<Parts> {
    [comments, Comments::None].into_iter().find_map(|comments| {
        let parts = attempt(typed, call, comments)?;
        let types: usize = parts.types.iter().map(Named::len).sum();
        (types + parts.arguments.len() + parts.result.len() <= DECLARATION_BYTES_MAX)
            .then_some(parts)
    })
}

fn attempt(typed: &Typed<'_>, call: &str, with: Comments) -> Option<Parts> {
    let form = Form::Lines { comments: with };
    let arguments = &typed.arguments;
    let argument_names: Vec<String> = arguments
        .definitions
        .iter()
        .map(|one| one.name.clone())
        .collect();
    let mut types = vec![];
    let arguments_text = write(arguments, typed.tool, &argument_names, form, &mut types)?;
    let result = match typed.result() {
        Some(model) => {
            let names = other_names(&model.definitions, &argument_names);
            write(model, typed.tool, &names, form, &mut types)?
        }
        None => "unknown".to_owned(),
    };
    let optional = if typed.may_omit() { "?" } else { "" };
    let mut notes = typed.notes();
    if with == Comments::Telling {
        let properties = match &arguments.root {
            Type::Object(object) => object.properties.as_slice(),
            _ => &[],
        };
        let names = properties.iter().map(|property| property.name.as_str());
        let known: Vec<&str> = names
            .chain([typed.server, typed.tool])
            .flat_map(words)
            .collect();
        notes = comments::telling(&notes, &known);
    }
    if !call.is_empty() {
        let gap = if notes.description.is_empty() {
            ""
        } else {
            "\n\n"
        };
        let _ = write!(notes.description, "{gap}{call}");
    }
    let mut comment = String::new();
    comments::write(&mut comment, &notes, false, 0);
    Some(Parts {
        comment,
        parameters: match is_nothing(&arguments.root) {
            true => String::new(),
            false => format!("args{optional}: {arguments_text}"),
        },
        arguments: arguments_text,
        result,
        types,
    })
}

/// Writes the model's named types into `types`, and answers with its root.
fn write(
    model: &Model,
    tool: &str,
    names: &[String],
    form: Form,
    types: &mut Vec<Named>,
) -> Option<String> {
    let mut left = DECLARATION_BYTES_MAX;
    for (definition, name) in model.definitions.iter().zip(names) {
        let mut comment = String::new();
        if let Form::Lines {
            comments: Comments::All | Comments::Telling,
        } = form
        {
            comments::write(&mut comment, &definition.notes, false, 0);
        }
        let is = Printer::new(model, names, form, left)
            .within(name)
            .print(&definition.is)?;
        let text = format!("type {name} = {is};");
        let named = Named { comment, text };
        left = left.checked_sub(named.len())?;
        types.push(named);
    }
    Printer::new(model, names, form, left)
        .within(tool)
        .print(&model.root)
}

/// What the definitions of a result are called beside those of the arguments.
fn other_names(definitions: &[Definition], taken: &[String]) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for definition in definitions {
        let is_used = |name: &String| {
            taken.contains(name)
                || names.contains(name)
                || definitions.iter().any(|other| other.name == *name)
        };
        let name = match taken.contains(&definition.name) {
            false => definition.name.clone(),
            true => (2..)
                .map(|number| format!("{}{number}", definition.name))
                .find(|name| !is_used(name))
                .unwrap_or_default(),
        };
        names.push(name);
    }
    names
}
