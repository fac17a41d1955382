//! What a module offers beside tools: the functions of an object that it exports as `prompts`, and of another as
//! `resources`. What they take, and what is said of them, is read as it is of tools.

use oxc::ast::ast::{
    Expression, ObjectExpression, ObjectProperty, ObjectPropertyKind, PropertyKind,
};
use oxc::span::GetSpan;
use serde_json::{Map, Value, json};

use super::declarations::Declarations;
use super::exports::{of_declaration, of_expression, range};
use super::function::{Callable, Passing};
use super::jsdoc::JsDoc;
use super::notes::Notes;
use super::uri::UriForm;
use crate::content::{self, has_scheme};
use crate::interface::TOOL_NAME_BYTES_MAX;
use crate::types::cut;

/// What names of prompts begin with where the module is called.
pub const PROMPT: &str = "prompt/";
/// The same of resources' addresses.
pub const RESOURCE: &str = "resource/";

const NO_FUNCTION: &str =
    "this is not written out as a function with a name, so nothing is offered by it";
const NO_PROMPT_NAME: &str =
    "names of prompts have letters, digits, `_` and `-`, so this is none; give it another";
const NO_ADDRESS: &str =
    "this is no address: one begins with a scheme, such as `notes:`, and has no spaces";
const NO_TEXT: &str = "what is filled in to a prompt is a text, and this takes something else";
const NO_PLACE: &str =
    "the address of this has no such place; parameters are named after the places of the address";

/// An object that a module exports as one of the two.
pub struct OfferedObject<'p> {
    /// What of the two.
    kind: Kind,
    /// The module's name for it.
    local: String,
    object: &'p ObjectExpression<'p>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Prompts,
    Resources,
}

impl<'p> OfferedObject<'p> {
    /// What is exported as `name`, if it is one.
    pub fn of(name: &str, local: &str, init: &'p Expression<'p>) -> Option<Self> {
        let kind = match name {
            "prompts" => Kind::Prompts,
            "resources" => Kind::Resources,
            _ => return None,
        };
        match init.get_inner_expression() {
            Expression::ObjectExpression(object) => Some(Self {
                kind,
                local: local.to_owned(),
                object,
            }),
            _ => None,
        }
    }
}

/// All that a module offers.
#[derive(Debug, Clone, Default)]
pub struct Offered {
    pub prompts: Vec<OfferedPrompt>,
    pub documents: Vec<OfferedDocument>,
}

/// A prompt of a module.
#[derive(Debug, Clone)]
pub struct OfferedPrompt {
    pub prompt: content::Prompt,
    /// What its arguments are checked against.
    pub input_schema: Value,
}

/// A resource of a module, or a form of many.
#[derive(Debug, Clone)]
pub struct OfferedDocument {
    /// As it is written.
    pub uri: String,
    pub form: UriForm,
    pub title: Option<String>,
    pub description: Option<String>,
    pub mime_type: Option<String>,
    /// What is in its places is checked against this.
    pub input_schema: Value,
}

/// How one of them is called.
pub struct Arm {
    pub name: String,
    pub reference: String,
    pub passing: Passing,
}

impl Offered {
    /// Reads an object, and answers with how its functions are called.
    pub fn read<'p>(
        &mut self,
        of: &OfferedObject<'p>,
        declarations: &Declarations<'p>,
        notes: &mut Notes<'_>,
    ) -> Vec<Arm> {
        let mut arms = Vec::new();
        for property in &of.object.properties {
            let found = match property {
                ObjectPropertyKind::ObjectProperty(property) => function(property, declarations),
                ObjectPropertyKind::SpreadProperty(_) => None,
            };
            let Some((name, callable, start)) = found else {
                notes.add(range(property.span()), NO_FUNCTION);
                continue;
            };
            let doc = declarations.doc(start).unwrap_or_default();
            let (input_schema, passing) = callable.takes(&doc, declarations, notes);
            let place = match property {
                ObjectPropertyKind::ObjectProperty(property) => property.key.span(),
                ObjectPropertyKind::SpreadProperty(spread) => spread.span,
            };
            let put = match of.kind {
                Kind::Prompts => self.prompt(&name, doc, input_schema),
                Kind::Resources => self.document(&name, doc, input_schema),
            };
            match put {
                Err(why) => notes.add(range(place), why),
                Ok(prefix) => arms.push(Arm {
                    reference: format!("{}[{}]", of.local, json!(name)),
                    name: format!("{prefix}{name}"),
                    passing,
                }),
            }
        }
        arms
    }

    /// Takes a prompt, and answers with what its name begins with where it is called.
    fn prompt(
        &mut self,
        name: &str,
        doc: JsDoc,
        input_schema: Value,
    ) -> Result<&'static str, &'static str> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(1..=TOOL_NAME_BYTES_MAX).contains(&name.len()) || !name.chars().all(fits) {
            return Err(NO_PROMPT_NAME);
        }
        let required = required(&input_schema);
        let mut arguments = Vec::new();
        for (name, schema) in properties(&input_schema) {
            let ty = schema.get("type").and_then(Value::as_str);
            if ty.is_some_and(|ty| ty != "string") {
                return Err(NO_TEXT);
            }
            let description = schema.get("description").and_then(Value::as_str);
            arguments.push(content::PromptArgument {
                name: name.clone(),
                description: description.unwrap_or_default().to_owned(),
                required: required.contains(&name.as_str()),
            });
        }
        let prompt = content::Prompt {
            name: name.to_owned(),
            title: doc.title,
            description: cut(&doc.description),
            arguments,
        };
        self.prompts.retain(|other| other.prompt.name != name);
        self.prompts.push(OfferedPrompt {
            prompt,
            input_schema,
        });
        Ok(PROMPT)
    }

    /// The same of a resource.
    fn document(
        &mut self,
        uri: &str,
        doc: JsDoc,
        input_schema: Value,
    ) -> Result<&'static str, &'static str> {
        if !has_scheme(uri) {
            return Err(NO_ADDRESS);
        }
        let form = UriForm::read(uri)?;
        let has = |name: &str| form.names().any(|place| place == name);
        if !required(&input_schema).into_iter().all(has) {
            return Err(NO_PLACE);
        }
        let description = (!doc.description.is_empty()).then(|| cut(&doc.description));
        self.documents.retain(|other| other.uri != uri);
        self.documents.push(OfferedDocument {
            uri: uri.to_owned(),
            form,
            title: doc.title,
            description,
            mime_type: doc.mime_type,
            input_schema,
        });
        Ok(RESOURCE)
    }
}

impl OfferedDocument {
    /// What its function takes of what is in the places of an address of this form; `None` where the address is of another.
    pub fn places(&self, uri: &str) -> Option<Map<String, Value>> {
        let mut places = self.form.filled(uri)?;
        let takes = |name: &str| properties(&self.input_schema).any(|(known, _)| known == name);
        places.retain(|name, _| takes(name));
        Some(places)
    }

    /// A short name for programs: the last part of the address.
    fn name(&self) -> String {
        let parts = self.uri.rsplit(['/', ':']);
        let mut named = parts.filter(|part| !part.is_empty());
        named.next().unwrap_or(&self.uri).to_owned()
    }

    /// As it is listed where it is one document.
    pub fn link(&self) -> Option<content::Link> {
        (!self.form.is_template()).then(|| content::Link {
            uri: self.uri.clone(),
            name: self.name(),
            title: self.title.clone(),
            description: self.description.clone(),
            mime_type: self.mime_type.clone(),
            size: None,
        })
    }

    /// As it is listed where it is a form of many.
    pub fn template(&self) -> Option<content::Template> {
        self.form.is_template().then(|| content::Template {
            uri_template: self.uri.clone(),
            name: self.name(),
            title: self.title.clone(),
            description: self.description.clone(),
            mime_type: self.mime_type.clone(),
        })
    }
}

/// The name and the function of a property, and to what its comment belongs.
fn function<'p>(
    property: &'p ObjectProperty<'p>,
    declarations: &Declarations<'p>,
) -> Option<(String, Callable<'p>, u32)> {
    if property.computed || property.kind != PropertyKind::Init {
        return None;
    }
    let name = property.key.static_name()?.to_string();
    let start = property.span.start;
    let Expression::Identifier(id) = property.value.get_inner_expression() else {
        return Some((name, of_expression(&property.value).ok()?, start));
    };
    let [(declared, value)] = declarations.values.get(id.name.as_str())?.as_slice() else {
        return None;
    };
    let start = match declarations.doc(start) {
        Some(_) => start,
        None => *declared,
    };
    Some((name, of_declaration(value).ok()?, start))
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

fn required(schema: &Value) -> Vec<&str> {
    let required = schema.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten();
    required.filter_map(Value::as_str).collect()
}
