//! JSON Schemas (2020-12) of TypeScript's types, as they are written: nothing is computed as the compiler
//! would. What is not understood is `unknown`, which accepts any JSON, and is told of.

mod definitions;
mod literals;
mod named;
mod objects;

use std::collections::HashMap;
use std::ops::Range;

use oxc::ast::ast::{
    Statement, TSTupleElement, TSTupleType, TSType, TSTypeOperatorOperator, TSTypePredicate,
};
use oxc::span::{GetSpan, Span};
use serde_json::{Map, Value, json};
use vesicle_sandbox::with_program;

use super::declarations::Declarations;
use super::jsdoc;
use super::notes::{Notes, TYPE_DEPTH_MAX};
use crate::types::Direction;

pub use literals::{constant, may_be_undefined};
pub use objects::{Object, Property};

/// What type parameters stand for.
pub type Given = HashMap<String, Value>;

/// Makes one schema, with what it refers to.
pub struct Schemas<'w, 'p, 's> {
    declarations: &'w Declarations<'p>,
    pub notes: &'w mut Notes<'s>,
    direction: Direction,
    definitions: Map<String, Value>,
    /// What declared types with their arguments are called in `definitions`.
    names: HashMap<String, String>,
    /// Names that are being read, and nothing but other names since.
    open: Vec<String>,
    depth: usize,
    /// The place of the comment whose type is being read.
    comment: Option<Range<usize>>,
}

impl<'w, 'p, 's> Schemas<'w, 'p, 's> {
    /// For one schema of what goes in this direction.
    pub fn new(
        declarations: &'w Declarations<'p>,
        notes: &'w mut Notes<'s>,
        direction: Direction,
    ) -> Self {
        Self {
            declarations,
            notes,
            direction,
            definitions: Map::new(),
            names: HashMap::new(),
            open: Vec::new(),
            depth: 0,
            comment: None,
        }
    }

    /// The whole schema, with what it refers to. What is referred to once stands where it is.
    pub fn finish(self, schema: Value) -> Value {
        definitions::put(schema, self.definitions)
    }

    /// The schema of an object.
    pub fn object(&self, object: Object) -> Value {
        object.into_schema(self.direction)
    }

    /// The schema of a type.
    pub fn ty(&mut self, ty: &TSType<'_>, given: &Given) -> Value {
        self.deeper(ty.span(), |schemas| schemas.shallow(ty, given))
            .unwrap_or_else(|| json!({}))
    }

    /// What `read` makes of the type in a comment; `None` where it is none.
    pub fn of_comment<T>(
        &mut self,
        ty: &jsdoc::Type,
        read: impl FnOnce(&mut Self, &TSType<'_>) -> T,
    ) -> Option<T> {
        let text = ty.text.trim_end_matches('=').trim();
        let (text, nullable) = match text.strip_prefix('?') {
            Some(text) => (text, " | null"),
            None => (text, ""),
        };
        let text = match text {
            "*" | "" => "unknown",
            text => text,
        };
        let alias = format!("type T = {text}{nullable};");
        let parsed = with_program("JSDoc", &alias, |program| match program.body.as_slice() {
            [Statement::TSTypeAliasDeclaration(alias)] => {
                let outer = self.comment.replace(ty.span.clone());
                let read = read(self, &alias.type_annotation);
                self.comment = outer;
                Some(read)
            }
            _ => None,
        });
        let read = parsed.ok().flatten();
        if read.is_none() {
            self.notes.add(
                ty.span.clone(),
                "this is no type of TypeScript, so it is `unknown`: any JSON fits",
            );
        }
        read
    }

    /// Any JSON, and a word about why.
    pub fn unknown(&mut self, span: Span, what: &str) -> Value {
        let own = span.start as usize..span.end as usize;
        let span = self.comment.clone().unwrap_or(own);
        let message = format!("{what}, so this is `unknown`: any JSON fits");
        self.notes.add(span, message);
        json!({})
    }

    /// Does `work` one level deeper, if there may be one.
    fn deeper<T>(&mut self, span: Span, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.notes.count_type();
        if self.notes.are_too_many() {
            return None;
        }
        if self.depth >= TYPE_DEPTH_MAX {
            let why =
                format!("types are read {TYPE_DEPTH_MAX} deep in one another, names included");
            self.unknown(span, &why);
            return None;
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        Some(done)
    }

    /// The schema of what lies within another: a type that holds itself there has an end.
    fn within(&mut self, ty: &TSType<'_>, given: &Given) -> Value {
        let open = std::mem::take(&mut self.open);
        let schema = self.ty(ty, given);
        self.open = open;
        schema
    }

    fn shallow(&mut self, ty: &TSType<'_>, given: &Given) -> Value {
        match ty {
            TSType::TSAnyKeyword(_) | TSType::TSUnknownKeyword(_) | TSType::JSDocUnknownType(_) => {
                json!({})
            }
            TSType::TSBooleanKeyword(_) => json!({ "type": "boolean" }),
            TSType::TSNumberKeyword(_) => json!({ "type": "number" }),
            TSType::TSStringKeyword(_) | TSType::TSTemplateLiteralType(_) => {
                json!({ "type": "string" })
            }
            TSType::TSObjectKeyword(_) => json!({ "type": "object" }),
            TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) => {
                json!({ "type": "null" })
            }
            TSType::TSNeverKeyword(_) => json!({ "not": {} }),
            TSType::TSParenthesizedType(inner) => self.ty(&inner.type_annotation, given),
            TSType::TSArrayType(array) => {
                json!({ "type": "array", "items": self.within(&array.element_type, given) })
            }
            TSType::TSTupleType(tuple) => self.tuple(tuple, given),
            TSType::TSLiteralType(literal) => self.literal(&literal.literal),
            TSType::TSUnionType(union) => self.union(union.types.iter(), given),
            TSType::TSTypeReference(reference) => self.reference(reference, given),
            TSType::TSTypePredicate(predicate) => of_predicate(predicate),
            TSType::TSTypeOperatorType(operator) => match operator.operator {
                TSTypeOperatorOperator::Readonly => self.ty(&operator.type_annotation, given),
                TSTypeOperatorOperator::Keyof => match self.keys(ty, given) {
                    Some(keys) => json!({ "type": "string", "enum": keys }),
                    None => self.unknown(ty.span(), "the keys of this type are not known"),
                },
                TSTypeOperatorOperator::Unique => self.unknown(ty.span(), "JSON has no symbols"),
            },
            TSType::TSTypeLiteral(_) | TSType::TSIntersectionType(_) => {
                match self.object_of(ty, given) {
                    Some(object) => self.object(object),
                    None => self.unknown(ty.span(), "not all parts of this are objects"),
                }
            }
            TSType::TSBigIntKeyword(_) => self.unknown(ty.span(), "JSON has no bigint"),
            TSType::TSSymbolKeyword(_) => self.unknown(ty.span(), "JSON has no symbols"),
            TSType::TSFunctionType(_) | TSType::TSConstructorType(_) => {
                self.unknown(ty.span(), "JSON has no functions")
            }
            _ => self.unknown(ty.span(), "only the compiler knows what this type is"),
        }
    }

    fn tuple(&mut self, tuple: &TSTupleType<'_>, given: &Given) -> Value {
        let mut items = Vec::new();
        let mut required = 0;
        let mut rest = json!(false);
        for element in &tuple.element_types {
            match element {
                TSTupleElement::TSRestType(of) => rest = self.rest_of(&of.type_annotation, given),
                TSTupleElement::TSOptionalType(of) => {
                    items.push(self.within(&of.type_annotation, given));
                }
                TSTupleElement::TSNamedTupleMember(member) => match &member.element_type {
                    TSTupleElement::TSRestType(of) => {
                        rest = self.rest_of(&of.type_annotation, given);
                    }
                    element => {
                        if let Some(ty) = element.as_ts_type() {
                            items.push(self.within(ty, given));
                        }
                        if !member.optional {
                            required = items.len();
                        }
                    }
                },
                element => {
                    if let Some(ty) = element.as_ts_type() {
                        items.push(self.within(ty, given));
                        required = items.len();
                    }
                }
            }
        }
        if items.is_empty() {
            return match rest == json!(false) {
                true => json!({ "type": "array", "maxItems": 0 }),
                false => json!({ "type": "array", "items": rest }),
            };
        }
        json!({ "type": "array", "prefixItems": items, "items": rest, "minItems": required })
    }

    /// What is in the array that the rest of a tuple, or of parameters, is.
    pub fn rest_of(&mut self, ty: &TSType<'_>, given: &Given) -> Value {
        let mut array = self.within(ty, given);
        let items = array.get_mut("items").map(Value::take);
        items.unwrap_or_else(|| self.unknown(ty.span(), "the rest is no array that is written out"))
    }
}

fn of_predicate(predicate: &TSTypePredicate<'_>) -> Value {
    match predicate.asserts {
        true => json!({ "type": "null" }),
        false => json!({ "type": "boolean" }),
    }
}
