//! One exported function as a tool: what it takes, what it answers, and how it is called.

use oxc::ast::ast::{
    ArrowFunctionExpression, BindingPattern, Expression, FormalParameter, FormalParameters,
    Function, ObjectPattern, TSType, TSTypeAnnotation, TSTypeName, TSTypeParameterDeclaration,
};
use oxc::span::{GetSpan, Span};
use serde_json::{Value, json};

use super::declarations::Declarations;
use super::jsdoc::{JsDoc, Param};
use super::notes::Notes;
use super::schema::{Given, Object, Property, Schemas, constant, may_be_undefined};
use crate::Definition;
use crate::types::{Direction, cut};

/// A function as a script writes it.
#[derive(Clone, Copy)]
pub struct Callable<'p> {
    types: Option<&'p TSTypeParameterDeclaration<'p>>,
    parameters: &'p FormalParameters<'p>,
    result: Option<&'p TSTypeAnnotation<'p>>,
    awaits: bool,
}

/// How a tool's arguments become those of its function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// All of them are its one parameter.
    Whole,
    /// Each is a parameter, in this order.
    Each(Vec<String>),
    /// The same, and the last is a list of parameters.
    EachAndRest(Vec<String>, String),
}

impl<'p> Callable<'p> {
    /// This function.
    pub fn of_function(function: &'p Function<'p>) -> Self {
        Self {
            types: function.type_parameters.as_deref(),
            parameters: &function.params,
            result: function.return_type.as_deref(),
            awaits: function.r#async,
        }
    }

    /// This arrow function.
    pub fn of_arrow(function: &'p ArrowFunctionExpression<'p>) -> Self {
        Self {
            types: function.type_parameters.as_deref(),
            parameters: &function.params,
            result: function.return_type.as_deref(),
            awaits: function.r#async,
        }
    }

    /// The tool that it is. Its comment belongs to what begins at `start`.
    pub fn read(
        self,
        name: &str,
        start: u32,
        declarations: &Declarations<'_>,
        notes: &mut Notes<'_>,
    ) -> (Definition, Passing) {
        let doc = declarations.doc(start).unwrap_or_default();
        let signature = self.signature(name, notes.source());
        let (input_schema, passing) = self.takes(&doc, declarations, notes);
        let mut answered = Schemas::new(declarations, notes, Direction::Answered);
        let bound = answered.bind(self.types, &[]);
        let output = match (self.result, &doc.returns) {
            (Some(result), _) => self.result(&mut answered, &result.type_annotation, &bound),
            (None, Some(ty)) => answered
                .of_comment(ty, |answered, ty| self.result(answered, ty, &bound))
                .flatten(),
            (None, None) => None,
        };
        let definition = Definition {
            name: name.to_owned(),
            description: match doc.description.is_empty() {
                true => signature.clone(),
                false => cut(&doc.description),
            },
            signature,
            input_schema,
            output_schema: output.map(|output| answered.finish(output)),
            error_schema: None,
        };
        (definition, passing)
    }

    /// The schema of its arguments, and how they become its parameters.
    pub fn takes(
        self,
        doc: &JsDoc,
        declarations: &Declarations<'_>,
        notes: &mut Notes<'_>,
    ) -> (Value, Passing) {
        let mut given = Schemas::new(declarations, notes, Direction::Given);
        let bound = given.bind(self.types, &[]);
        let (object, passing) = self.arguments(&mut given, &bound, doc);
        let input = given.object(object);
        (given.finish(input), passing)
    }

    /// The function's head, as it is written.
    fn signature(self, name: &str, source: &str) -> String {
        let text = |span: Span| source.get(span.start as usize..span.end as usize);
        let parameters = text(self.parameters.span).unwrap_or_default();
        let parameters = match parameters.starts_with('(') {
            true => parameters.to_owned(),
            false => format!("({parameters})"),
        };
        let result = self.result.and_then(|result| text(result.span));
        let awaits = if self.awaits { "async " } else { "" };
        let head = format!("{awaits}{name}{parameters}{}", result.unwrap_or_default());
        cut(&head.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn arguments(
        self,
        schemas: &mut Schemas<'_, '_, '_>,
        given: &Given,
        doc: &JsDoc,
    ) -> (Object, Passing) {
        if let ([parameter], None) = (self.parameters.items.as_slice(), &self.parameters.rest)
            && let Some(object) = whole(schemas, parameter, given, doc)
        {
            return (object, Passing::Whole);
        }
        let mut object = Object::default();
        let mut names = Vec::new();
        for (at, parameter) in self.parameters.items.iter().enumerate() {
            let of_pattern = parameter.pattern.get_identifier_name();
            let said = doc.params.get(at).filter(|param| !param.name.contains('.'));
            let name = match (of_pattern, said) {
                (Some(name), _) => name.to_string(),
                (None, Some(said)) => said.name.clone(),
                (None, None) => format!("arg{}", at + 1),
            };
            let mut property = one(schemas, parameter, &name, given, doc);
            if names.contains(&name) {
                property.name = format!("arg{}", at + 1);
            }
            names.push(property.name.clone());
            object.put(property);
        }
        let Some(rest) = &self.parameters.rest else {
            return (object, Passing::Each(names));
        };
        let of_pattern = rest.rest.argument.get_identifier_name();
        let name = of_pattern.map_or_else(|| "rest".to_owned(), |name| name.to_string());
        let said = doc.param(&name);
        let annotation = rest.type_annotation.as_ref();
        let items = match (annotation, said.and_then(|said| said.ty.as_ref())) {
            (Some(annotation), _) => schemas.rest_of(&annotation.type_annotation, given),
            (None, Some(ty)) => {
                let mut ty = ty.clone();
                ty.text = ty.text.trim_start_matches("...").to_owned();
                let items = schemas.of_comment(&ty, |schemas, ty| schemas.ty(ty, given));
                items.unwrap_or_else(|| json!({}))
            }
            (None, None) => schemas.unknown(rest.span(), NO_TYPE),
        };
        let mut schema = json!({ "type": "array", "items": items });
        describe(&mut schema, said);
        object.put(Property {
            name: name.clone(),
            schema,
            optional: true,
        });
        (object, Passing::EachAndRest(names, name))
    }

    /// The schema of its result, which is waited for; `None` where it has none.
    fn result(
        self,
        schemas: &mut Schemas<'_, '_, '_>,
        ty: &TSType<'_>,
        given: &Given,
    ) -> Option<Value> {
        match ty {
            TSType::TSVoidKeyword(_) | TSType::TSUndefinedKeyword(_) => None,
            TSType::TSParenthesizedType(inner) => {
                self.result(schemas, &inner.type_annotation, given)
            }
            TSType::TSTypeReference(reference) => {
                match (&reference.type_name, &reference.type_arguments) {
                    (TSTypeName::IdentifierReference(id), Some(arguments))
                        if matches!(id.name.as_str(), "Promise" | "PromiseLike") =>
                    {
                        let waited = arguments.params.first()?;
                        self.result(schemas, waited, given)
                    }
                    _ => Some(schemas.ty(ty, given)),
                }
            }
            ty if may_be_undefined(ty) => {
                // It is `null` by the time it is JSON.
                let schema = schemas.ty(ty, given);
                Some(json!({ "anyOf": [schema, { "type": "null" }] }))
            }
            ty => Some(schemas.ty(ty, given)),
        }
    }
}

const NO_TYPE: &str = "no type that is written out says what this parameter is";

/// What a function takes whose only parameter is an object.
fn whole(
    schemas: &mut Schemas<'_, '_, '_>,
    parameter: &FormalParameter<'_>,
    given: &Given,
    doc: &JsDoc,
) -> Option<Object> {
    let pattern = match &parameter.pattern {
        BindingPattern::ObjectPattern(pattern) => Some(pattern),
        _ => None,
    };
    let name = parameter.pattern.get_identifier_name();
    let said = match &name {
        Some(name) => doc.param(name),
        None => doc.params.first(),
    };
    let ty = said.and_then(|said| said.ty.as_ref());
    let mut object = match (&parameter.type_annotation, ty) {
        (Some(annotation), _) => schemas.object_of(&annotation.type_annotation, given),
        (None, Some(ty)) if !matches!(ty.text.as_str(), "Object" | "object") => schemas
            .of_comment(ty, |schemas, ty| schemas.object_of(ty, given))
            .flatten(),
        _ => None,
    };
    // `@param {number} options.size`.
    if object.is_none() && parameter.type_annotation.is_none() {
        let of = said.map(|said| format!("{}.", said.name));
        let dotted = of.map(|of| dotted(schemas, &of, given, doc));
        object = dotted.filter(|object| !object.properties.is_empty());
    }
    if let Some(pattern) = pattern {
        let untyped = object.is_none();
        let mut own = object.unwrap_or_default();
        destructured(schemas, &mut own, pattern, untyped);
        return Some(own);
    }
    object
}

fn dotted(schemas: &mut Schemas<'_, '_, '_>, of: &str, given: &Given, doc: &JsDoc) -> Object {
    let mut object = Object::default();
    for said in &doc.params {
        let Some(name) = said
            .name
            .strip_prefix(of)
            .filter(|name| !name.contains('.'))
        else {
            continue;
        };
        let read = said.ty.as_ref().and_then(|ty| {
            schemas.of_comment(ty, |schemas, ty| {
                (schemas.ty(ty, given), may_be_undefined(ty))
            })
        });
        let (mut schema, undefined) = read.unwrap_or_else(|| (json!({}), false));
        describe(&mut schema, Some(said));
        object.put(Property {
            name: name.to_owned(),
            schema,
            optional: said.optional || undefined,
        });
    }
    object
}

/// What a pattern in braces says beside the type: defaults, and names where there is no type.
fn destructured(
    schemas: &mut Schemas<'_, '_, '_>,
    object: &mut Object,
    pattern: &ObjectPattern<'_>,
    untyped: bool,
) {
    if untyped && pattern.rest.is_some() {
        object.rest = Some(json!({}));
    }
    for property in &pattern.properties {
        let Some(name) = property.key.static_name() else {
            continue;
        };
        let default = match &property.value {
            BindingPattern::AssignmentPattern(assignment) => Some(&assignment.right),
            _ => None,
        };
        if untyped {
            let schema = match default.and_then(of_default) {
                Some(schema) => schema,
                None => schemas.unknown(property.span, NO_TYPE),
            };
            object.put(Property {
                name: name.to_string(),
                schema,
                optional: false,
            });
        }
        let mut own = object.properties.iter_mut();
        if let (Some(own), Some(default)) = (own.find(|own| own.name == name), default) {
            own.optional = true;
            put_default(&mut own.schema, default);
        }
    }
}

/// One of several parameters, as a property of the arguments.
fn one(
    schemas: &mut Schemas<'_, '_, '_>,
    parameter: &FormalParameter<'_>,
    name: &str,
    given: &Given,
    doc: &JsDoc,
) -> Property {
    let said = doc.param(name);
    let ty = said.and_then(|said| said.ty.as_ref());
    let default = parameter.initializer.as_deref();
    let (mut schema, undefined) = match (&parameter.type_annotation, ty) {
        (Some(annotation), _) => {
            let ty = &annotation.type_annotation;
            (schemas.ty(ty, given), may_be_undefined(ty))
        }
        (None, Some(ty)) => schemas
            .of_comment(ty, |schemas, ty| {
                (schemas.ty(ty, given), may_be_undefined(ty))
            })
            .unwrap_or_else(|| (json!({}), false)),
        (None, None) => match default.and_then(of_default) {
            Some(schema) => (schema, false),
            None => (schemas.unknown(parameter.span, NO_TYPE), false),
        },
    };
    if let Some(default) = default {
        put_default(&mut schema, default);
    }
    describe(&mut schema, said);
    Property {
        name: name.to_owned(),
        schema,
        optional: parameter.optional
            || default.is_some()
            || undefined
            || said.is_some_and(|said| said.optional),
    }
}

fn describe(schema: &mut Value, said: Option<&Param>) {
    let said = said.filter(|said| !said.description.is_empty());
    if let (Some(said), Some(schema)) = (said, schema.as_object_mut()) {
        schema.insert("description".to_owned(), cut(&said.description).into());
    }
}

fn put_default(schema: &mut Value, default: &Expression<'_>) {
    if let (Some(schema), Some(default)) = (schema.as_object_mut(), constant(default)) {
        schema.insert("default".to_owned(), default);
    }
}

/// The type that the compiler takes from a default.
fn of_default(default: &Expression<'_>) -> Option<Value> {
    Some(match constant(default)? {
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "number" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(_) => json!({ "type": "array" }),
        Value::Object(_) => json!({ "type": "object" }),
        Value::Null => return None,
    })
}
