//! Types that are a few values: literals, unions and enums.

use oxc::ast::ast::{Expression, TSEnumDeclaration, TSLiteral, TSType};
use oxc::span::GetSpan;
use oxc::syntax::operator::UnaryOperator;
use serde_json::{Number, Value, json};

use super::{Given, Schemas};

impl Schemas<'_, '_, '_> {
    pub(super) fn literal(&mut self, literal: &TSLiteral<'_>) -> Value {
        let value = match literal {
            TSLiteral::BooleanLiteral(literal) => Some(json!(literal.value)),
            TSLiteral::NumericLiteral(literal) => number(literal.value),
            TSLiteral::StringLiteral(literal) => Some(json!(literal.value.as_str())),
            TSLiteral::UnaryExpression(unary) => match (&unary.operator, &unary.argument) {
                (UnaryOperator::UnaryNegation, Expression::NumericLiteral(literal)) => {
                    number(-literal.value)
                }
                _ => None,
            },
            TSLiteral::TemplateLiteral(template) => {
                template.single_quasi().map(|text| json!(text.as_str()))
            }
            TSLiteral::BigIntLiteral(_) => None,
        };
        match value {
            Some(value) => json!({ "const": value }),
            None => self.unknown(literal.span(), "JSON has no such literal"),
        }
    }

    pub(super) fn union<'t, 'a: 't>(
        &mut self,
        types: impl Iterator<Item = &'t TSType<'a>>,
        given: &Given,
    ) -> Value {
        let mut schemas: Vec<Value> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        for ty in types.filter(|ty| !is_undefined(ty)) {
            let mut schema = self.ty(ty, given);
            if let Some(value) = schema.get_mut("const") {
                values.push(value.take());
            } else if let Some(Value::Array(several)) = schema.get_mut("anyOf").map(Value::take) {
                schemas.extend(several);
            } else if let (Some(Value::Array(several)), None) =
                (schema.get("enum"), schema.get("$ref"))
            {
                values.extend(several.iter().cloned());
            } else {
                schemas.push(schema);
            }
        }
        // JSON's `null` is a value as well, but alone it is better called by its type.
        if !values.is_empty()
            && let Some(at) = schemas
                .iter()
                .position(|schema| *schema == json!({ "type": "null" }))
        {
            schemas.remove(at);
            values.push(Value::Null);
        }
        match values.len() {
            0 => {}
            1 => schemas.insert(0, json!({ "const": values.remove(0) })),
            _ => schemas.insert(0, one_of(values)),
        }
        let mut distinct: Vec<Value> = Vec::new();
        for schema in schemas {
            if schema == json!({}) {
                return schema;
            }
            if !distinct.contains(&schema) {
                distinct.push(schema);
            }
        }
        match distinct.len() {
            0 => json!({ "type": "null" }),
            1 => distinct.remove(0),
            _ => json!({ "anyOf": distinct }),
        }
    }

    pub(super) fn enumeration(&mut self, declaration: &TSEnumDeclaration<'_>) -> Value {
        for _ in &declaration.body.members {
            self.notes.count_type();
        }
        let known = match self.notes.are_too_many() {
            true => None,
            false => members(declaration),
        };
        match known {
            Some(members) => one_of(members.into_iter().map(|(_, value)| value).collect()),
            None => self.unknown(
                declaration.id.span,
                "the members of this enum are computed when it runs",
            ),
        }
    }
}

/// The members of an enum whose values are written out.
pub(super) fn members(declaration: &TSEnumDeclaration<'_>) -> Option<Vec<(String, Value)>> {
    let mut next = Some(0.0);
    let mut members = Vec::new();
    for member in &declaration.body.members {
        let value = match &member.initializer {
            None => number(next?)?,
            Some(initializer) => constant(initializer)?,
        };
        next = value.as_f64().map(|value| value + 1.0);
        members.push((member.id.static_name().to_string(), value));
    }
    Some(members)
}

/// The JSON that an expression is, where it is written out.
pub fn constant(expression: &Expression<'_>) -> Option<Value> {
    Some(match expression.get_inner_expression() {
        Expression::BooleanLiteral(literal) => json!(literal.value),
        Expression::NullLiteral(_) => Value::Null,
        Expression::NumericLiteral(literal) => number(literal.value)?,
        Expression::StringLiteral(literal) => json!(literal.value.as_str()),
        Expression::TemplateLiteral(template) => json!(template.single_quasi()?.as_str()),
        Expression::UnaryExpression(unary) => match (&unary.operator, &unary.argument) {
            (UnaryOperator::UnaryNegation, Expression::NumericLiteral(literal)) => {
                number(-literal.value)?
            }
            _ => return None,
        },
        Expression::ArrayExpression(array) if array.elements.is_empty() => json!([]),
        Expression::ObjectExpression(object) if object.properties.is_empty() => json!({}),
        _ => return None,
    })
}

/// Whether a type has `undefined` among what it is.
pub fn may_be_undefined(ty: &TSType<'_>) -> bool {
    match ty {
        TSType::TSUnionType(union) => union.types.iter().any(may_be_undefined),
        TSType::TSParenthesizedType(inner) => may_be_undefined(&inner.type_annotation),
        ty => is_undefined(ty),
    }
}

fn is_undefined(ty: &TSType<'_>) -> bool {
    matches!(ty, TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_))
}

/// Whole numbers are written without a point, and infinite ones not at all.
fn number(value: f64) -> Option<Value> {
    const EXACT_MAX: f64 = 9_007_199_254_740_991.0;
    match value.fract() == 0.0 && value.abs() <= EXACT_MAX {
        true => Some(json!(value as i64)),
        false => Number::from_f64(value).map(Value::Number),
    }
}

fn one_of(mut values: Vec<Value>) -> Value {
    let mut seen = Vec::new();
    values.retain(|value| {
        let new = !seen.contains(value);
        seen.push(value.clone());
        new
    });
    if values.iter().all(Value::is_string) {
        return json!({ "type": "string", "enum": values });
    }
    // Any truth value is not one of two values.
    if values.len() == 2 && values.iter().all(Value::is_boolean) {
        return json!({ "type": "boolean" });
    }
    json!({ "enum": values })
}
