//! Objects: what properties a type has, however it says so.

use oxc::ast::ast::{
    TSSignature, TSType, TSTypeName, TSTypeOperatorOperator, TSTypeParameterInstantiation,
};
use oxc::span::{GetSpan, Span};
use serde_json::{Map, Value, json};

use super::literals::may_be_undefined;
use super::{Given, Schemas};
use crate::script::declarations::TypeDeclaration;
use crate::types::{Direction, cut};

/// What is known of objects of one type.
#[derive(Default)]
pub struct Object {
    pub properties: Vec<Property>,
    /// What all other properties are.
    pub rest: Option<Value>,
}

pub struct Property {
    pub name: String,
    pub schema: Value,
    pub optional: bool,
}

impl Object {
    /// Adds a property, or puts another in its place.
    pub fn put(&mut self, property: Property) {
        match self
            .properties
            .iter_mut()
            .find(|own| own.name == property.name)
        {
            Some(own) => *own = property,
            None => self.properties.push(property),
        }
    }

    /// What is given may have nothing that nobody asks for: it would be a misspelt name. What is
    /// answered may, since a type in TypeScript only says what is there at least.
    pub(super) fn into_schema(self, direction: Direction) -> Value {
        let required = self.properties.iter();
        let required: Vec<_> = required
            .filter(|property| !property.optional)
            .map(|property| property.name.clone())
            .collect();
        let properties = self.properties.into_iter();
        let properties: Map<_, _> = properties
            .map(|property| (property.name, property.schema))
            .collect();
        let mut schema = json!({ "type": "object" });
        if !properties.is_empty() {
            schema["properties"] = Value::Object(properties);
        }
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        match (self.rest, direction) {
            (Some(rest), _) => schema["additionalProperties"] = rest,
            (None, Direction::Given) => schema["additionalProperties"] = json!(false),
            (None, Direction::Answered) => {}
        }
        schema
    }

    fn extend(&mut self, other: Self) {
        for property in other.properties {
            self.put(property);
        }
        self.rest = other.rest.or(self.rest.take());
    }
}

impl Schemas<'_, '_, '_> {
    /// The properties of a type, where it is one of objects and they are written out.
    pub fn object_of(&mut self, ty: &TSType<'_>, given: &Given) -> Option<Object> {
        self.deeper(ty.span(), |schemas| match ty {
            TSType::TSParenthesizedType(inner) => schemas.object_of(&inner.type_annotation, given),
            TSType::TSTypeLiteral(literal) => Some(schemas.signatures(&literal.members, given)),
            TSType::TSIntersectionType(intersection) => {
                let mut whole = Object::default();
                for part in &intersection.types {
                    whole.extend(schemas.object_of(part, given)?);
                }
                Some(whole)
            }
            TSType::TSTypeReference(reference) => schemas.object_named(
                &reference.type_name,
                reference.type_arguments.as_deref(),
                given,
            ),
            _ => None,
        })
        .flatten()
    }

    /// The same of a type by its name.
    pub(super) fn object_named(
        &mut self,
        name: &TSTypeName<'_>,
        arguments: Option<&TSTypeParameterInstantiation<'_>>,
        given: &Given,
    ) -> Option<Object> {
        let TSTypeName::IdentifierReference(id) = name else {
            return None;
        };
        let name = id.name.as_str();
        if given.contains_key(name) {
            return None;
        }
        let types = self.declarations;
        if types.types.contains_key(name) {
            let arguments = self.arguments(arguments, given);
            // Places are the script's own again.
            let comment = self.comment.take();
            let object = self.object_declared(name, &arguments);
            self.comment = comment;
            return object;
        }
        let argument = |at: usize| arguments.and_then(|arguments| arguments.params.get(at));
        let mut object = match name {
            "Record" => return self.record(argument(0)?, argument(1)?, given),
            "Partial" | "Required" | "Readonly" | "Pick" | "Omit" => {
                self.object_of(argument(0)?, given)?
            }
            _ => return None,
        };
        match name {
            "Partial" | "Required" => object
                .properties
                .iter_mut()
                .for_each(|property| property.optional = name == "Partial"),
            "Pick" | "Omit" => {
                let keys = self.keys(argument(1)?, given)?;
                let picked = name == "Pick";
                object
                    .properties
                    .retain(|property| keys.contains(&property.name) == picked);
            }
            _ => {}
        }
        Some(object)
    }

    pub(super) fn object_declared(&mut self, name: &str, arguments: &[Value]) -> Option<Object> {
        let declarations = self.declarations;
        let mut whole: Option<Object> = None;
        for (_, declaration) in declarations.types.get(name)? {
            let part = match declaration {
                TypeDeclaration::Alias(alias) => {
                    let given = self.bind(alias.type_parameters.as_deref(), arguments);
                    self.object_of(&alias.type_annotation, &given)?
                }
                TypeDeclaration::Interface(interface) => {
                    let given = self.bind(interface.type_parameters.as_deref(), arguments);
                    let mut object = Object::default();
                    for parent in &interface.extends {
                        object.extend(self.parent(
                            parent.span,
                            &parent.type_name,
                            parent.type_arguments.as_deref(),
                            &given,
                        ));
                    }
                    object.extend(self.signatures(&interface.body.body, &given));
                    object
                }
                TypeDeclaration::Enum(_) | TypeDeclaration::Class => return None,
            };
            whole.get_or_insert_default().extend(part);
        }
        whole
    }

    /// What an interface has from another.
    fn parent(
        &mut self,
        span: Span,
        name: &TSTypeName<'_>,
        arguments: Option<&TSTypeParameterInstantiation<'_>>,
        given: &Given,
    ) -> Object {
        let object = self.deeper(span, |schemas| schemas.object_named(name, arguments, given));
        object.flatten().unwrap_or_else(|| Object {
            properties: Vec::new(),
            rest: Some(self.unknown(span, "this is no object type of the same file")),
        })
    }

    fn record(&mut self, key: &TSType<'_>, value: &TSType<'_>, given: &Given) -> Option<Object> {
        if matches!(
            key,
            TSType::TSStringKeyword(_)
                | TSType::TSNumberKeyword(_)
                | TSType::TSTemplateLiteralType(_)
        ) {
            return Some(Object {
                properties: Vec::new(),
                rest: Some(self.within(value, given)),
            });
        }
        let names = self.keys(key, given)?;
        let schema = self.within(value, given);
        let properties = names.into_iter().map(|name| Property {
            name,
            schema: schema.clone(),
            optional: false,
        });
        Some(Object {
            properties: properties.collect(),
            rest: None,
        })
    }

    /// The names that a type of keys has: literals, names of them, and `keyof`.
    pub(super) fn keys(&mut self, ty: &TSType<'_>, given: &Given) -> Option<Vec<String>> {
        if let TSType::TSTypeOperatorType(operator) = ty
            && operator.operator == TSTypeOperatorOperator::Keyof
        {
            let object = self.object_of(&operator.type_annotation, given)?;
            let names = object.properties.into_iter().map(|property| property.name);
            return object.rest.is_none().then(|| names.collect());
        }
        let schema = self.ty(ty, given);
        let values = self.values_of(&schema)?;
        let names = values.iter().map(|value| match value {
            Value::String(name) => Some(name.clone()),
            Value::Number(name) => Some(name.to_string()),
            _ => None,
        });
        names.collect()
    }

    fn signatures(&mut self, members: &[TSSignature<'_>], given: &Given) -> Object {
        let mut object = Object::default();
        for member in members {
            match member {
                TSSignature::TSPropertySignature(property) => {
                    let Some(name) = property.key.static_name().filter(|_| !property.computed)
                    else {
                        self.unknown(property.span, "the name of this property is computed");
                        object.rest = Some(json!({}));
                        continue;
                    };
                    let ty = property.type_annotation.as_ref();
                    let ty = ty.map(|annotation| &annotation.type_annotation);
                    let mut schema = ty.map_or_else(|| json!({}), |ty| self.within(ty, given));
                    // In a comment's own type, places are others.
                    if self.comment.is_none() {
                        self.describe(&mut schema, property.span.start);
                    }
                    object.put(Property {
                        name: name.into_owned(),
                        schema,
                        optional: property.optional || ty.is_some_and(may_be_undefined),
                    });
                }
                TSSignature::TSIndexSignature(index) => {
                    let ty = &index.type_annotation.type_annotation;
                    object.rest = Some(self.within(ty, given));
                }
                TSSignature::TSMethodSignature(method) => {
                    self.unknown(method.span, "JSON has no functions");
                    if let Some(name) = method.key.static_name() {
                        object.put(Property {
                            name: name.into_owned(),
                            schema: json!({}),
                            optional: true,
                        });
                    }
                }
                TSSignature::TSCallSignatureDeclaration(call) => {
                    self.unknown(call.span, "JSON has no functions");
                }
                TSSignature::TSConstructSignatureDeclaration(construct) => {
                    self.unknown(construct.span, "JSON has no functions");
                }
            }
        }
        object
    }

    /// Adds what the comment of what begins at `start` says.
    pub(super) fn describe(&self, schema: &mut Value, start: u32) {
        let doc = self.declarations.doc(start);
        let Some(doc) = doc.filter(|doc| !doc.description.is_empty()) else {
            return;
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), cut(&doc.description).into());
        }
    }
}
