//! Types by their names: those that the script declares, and the few of the language's that say what
//! JSON can have.

use oxc::ast::ast::{
    TSTypeName, TSTypeParameterDeclaration, TSTypeParameterInstantiation, TSTypeReference,
};
use oxc::span::Span;
use serde_json::{Value, json};

use super::definitions::reference;
use super::literals::members;
use super::{Given, Schemas};
use crate::script::declarations::TypeDeclaration;
use crate::types::Direction;

impl Schemas<'_, '_, '_> {
    pub(super) fn reference(&mut self, ty: &TSTypeReference<'_>, given: &Given) -> Value {
        let arguments = ty.type_arguments.as_deref();
        let id = match &ty.type_name {
            TSTypeName::IdentifierReference(id) => id,
            name => {
                return self
                    .member_of_enum(name)
                    .unwrap_or_else(|| self.unknown(ty.span, "this type is not of this file"));
            }
        };
        let name = id.name.as_str();
        if let Some(schema) = given.get(name) {
            return schema.clone();
        }
        if self.declarations.types.contains_key(name) {
            return self.declared(name, ty, given);
        }
        let first = arguments.and_then(|arguments| arguments.params.first());
        match (name, first) {
            ("Array" | "ReadonlyArray", Some(items)) => {
                json!({ "type": "array", "items": self.within(items, given) })
            }
            ("Array" | "ReadonlyArray", None) => json!({ "type": "array" }),
            ("Awaited", Some(inner)) => self.ty(inner, given),
            // How JSDoc is often written.
            ("String", None) => json!({ "type": "string" }),
            ("Number", None) => json!({ "type": "number" }),
            ("Boolean", None) => json!({ "type": "boolean" }),
            ("Object", None) => json!({ "type": "object" }),
            ("Record" | "Partial" | "Required" | "Readonly" | "Pick" | "Omit", _) => {
                match self.object_named(&ty.type_name, arguments, given) {
                    Some(object) => self.object(object),
                    None => self.unknown(ty.span, "what this is of is not written out"),
                }
            }
            ("Promise", _) => self.unknown(ty.span, "only a whole result is waited for"),
            _ => {
                let what = format!("`{name}` is neither declared in this file nor JSON");
                self.unknown(ty.span, &what)
            }
        }
    }

    /// The schemas of the arguments of a type.
    pub(super) fn arguments(
        &mut self,
        arguments: Option<&TSTypeParameterInstantiation<'_>>,
        given: &Given,
    ) -> Vec<Value> {
        let arguments = arguments.map_or(&[][..], |arguments| &arguments.params);
        let arguments = arguments.iter();
        arguments
            .map(|argument| self.within(argument, given))
            .collect()
    }

    /// What type parameters stand for with these arguments.
    pub fn bind(
        &mut self,
        parameters: Option<&TSTypeParameterDeclaration<'_>>,
        arguments: &[Value],
    ) -> Given {
        let mut bound = Given::new();
        let parameters = parameters.map_or(&[][..], |parameters| &parameters.params);
        for (at, parameter) in parameters.iter().enumerate() {
            let ty = parameter.default.as_ref().or(parameter.constraint.as_ref());
            let schema = match (arguments.get(at), ty) {
                (Some(argument), _) => argument.clone(),
                (None, Some(ty)) => {
                    // It may be of a type that has more.
                    let direction = std::mem::replace(&mut self.direction, Direction::Answered);
                    let schema = self.within(ty, &bound);
                    self.direction = direction;
                    schema
                }
                (None, None) => self.unknown(parameter.span, "nothing says what this stands for"),
            };
            bound.insert(parameter.name.name.to_string(), schema);
        }
        bound
    }

    /// The values that a schema has, where it has a few.
    pub(super) fn values_of(&self, schema: &Value) -> Option<Vec<Value>> {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let definition = self.definitions.get(name.rsplit('/').next()?)?;
            return match definition.get("$ref") {
                // Names of names are rare, and may go in circles.
                Some(_) => None,
                None => self.values_of(definition),
            };
        }
        match (schema.get("const"), schema.get("enum")) {
            (Some(value), _) => Some(vec![value.clone()]),
            (None, Some(Value::Array(values))) => Some(values.clone()),
            _ => None,
        }
    }

    /// A reference to a type that the script declares, which is read when first referred to.
    fn declared(&mut self, name: &str, ty: &TSTypeReference<'_>, given: &Given) -> Value {
        let arguments = self.arguments(ty.type_arguments.as_deref(), given);
        let mut key = name.to_owned();
        for argument in &arguments {
            key.push_str(&format!("<{argument}>"));
        }
        if self.open.contains(&key) {
            return self.unknown(ty.span, "this type is made of nothing but itself");
        }
        if let Some(definition) = self.names.get(&key) {
            return reference(definition);
        }
        let same = self.definitions.keys();
        let same = same.filter(|other| other.split('-').next() == Some(name));
        let definition = match same.count() {
            0 => name.to_owned(),
            others => format!("{name}-{}", others + 1),
        };
        self.names.insert(key.clone(), definition.clone());
        self.definitions.insert(definition.clone(), Value::Null);
        self.open.push(key);
        // Places are the script's own again.
        let comment = self.comment.take();
        let schema = self.definition(name, ty.span, &arguments);
        self.comment = comment;
        self.open.pop();
        self.definitions.insert(definition.clone(), schema);
        reference(&definition)
    }

    fn definition(&mut self, name: &str, used: Span, arguments: &[Value]) -> Value {
        let declarations = self.declarations;
        let declared = declarations.types.get(name).and_then(|all| all.first());
        let Some((start, declaration)) = declared else {
            return json!({});
        };
        let mut schema = match declaration {
            TypeDeclaration::Class => {
                return self.unknown(used, "JSON has no instances of classes");
            }
            TypeDeclaration::Enum(of) => self.enumeration(of),
            TypeDeclaration::Alias(alias) => {
                let given = self.bind(alias.type_parameters.as_deref(), arguments);
                self.ty(&alias.type_annotation, &given)
            }
            TypeDeclaration::Interface(_) => match self.object_declared(name, arguments) {
                Some(object) => self.object(object),
                None => self.unknown(used, "what this is made of is not written out"),
            },
        };
        self.describe(&mut schema, *start);
        schema
    }

    fn member_of_enum(&mut self, name: &TSTypeName<'_>) -> Option<Value> {
        let TSTypeName::QualifiedName(qualified) = name else {
            return None;
        };
        let TSTypeName::IdentifierReference(of) = &qualified.left else {
            return None;
        };
        let declarations = self.declarations;
        let declared = declarations.types.get(of.name.as_str())?;
        let (_, TypeDeclaration::Enum(declaration)) = declared.first()? else {
            return None;
        };
        let members = members(declaration)?.into_iter();
        let mut named = members.filter(|(name, _)| name == qualified.right.name.as_str());
        named.next().map(|(_, value)| json!({ "const": value }))
    }
}
