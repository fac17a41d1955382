//! The shape of JSON values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keys;
use crate::schema::{Map, Notes, Object, Property, Type};

/// How deep shapes are told.
pub const DEPTH_MAX: usize = 8;
/// How many places one shape tells of. When there are more, the deepest are forgotten.
pub const PLACES_MAX: usize = 1_000;
/// How many items of one array are looked at.
pub const ITEMS_MAX: usize = 64;

/// What was seen at one place: any of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shape {
    #[serde(skip_serializing_if = "is_false")]
    null: bool,
    #[serde(skip_serializing_if = "is_false")]
    boolean: bool,
    #[serde(skip_serializing_if = "is_false")]
    number: bool,
    #[serde(skip_serializing_if = "is_false")]
    string: bool,
    /// More lies here than is told.
    #[serde(skip_serializing_if = "is_false")]
    deeper: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Shape>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Fields>,
}

/// What objects at one place had in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Fields {
    /// These properties.
    Named {
        seen: u64,
        properties: BTreeMap<String, Field>,
    },
    /// Keys that are data.
    Map(Box<Shape>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Field {
    seen: u64,
    shape: Shape,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Shape {
    /// Adds what `value` looks like.
    pub fn learn(&mut self, value: &Value) {
        self.learn_at(value, 0);
        self.shrink();
    }

    /// Forgets level by level from below until what is left is within bounds.
    fn shrink(&mut self) {
        for depth in (1..DEPTH_MAX).rev() {
            if self.places() <= PLACES_MAX {
                return;
            }
            self.cut(depth);
        }
    }

    /// How many places it tells of.
    fn places(&self) -> usize {
        let items = self.items.as_ref().map_or(0, |items| items.places());
        let fields = match &self.object {
            None => 0,
            Some(Fields::Map(values)) => values.places(),
            Some(Fields::Named { properties, .. }) => {
                properties.values().map(|field| field.shape.places()).sum()
            }
        };
        1 + items + fields
    }

    fn cut(&mut self, depth: usize) {
        if depth == 0 {
            self.deeper |= self.items.is_some() || self.object.is_some();
            self.items = None;
            self.object = None;
            return;
        }
        if let Some(items) = &mut self.items {
            items.cut(depth - 1);
        }
        match &mut self.object {
            None => {}
            Some(Fields::Map(values)) => values.cut(depth - 1),
            Some(Fields::Named { properties, .. }) => {
                let shapes = properties.values_mut().map(|field| &mut field.shape);
                shapes.for_each(|shape| shape.cut(depth - 1));
            }
        }
    }

    fn learn_at(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => self.null = true,
            Value::Bool(_) => self.boolean = true,
            Value::Number(_) => self.number = true,
            Value::String(_) => self.string = true,
            _ if depth >= DEPTH_MAX => self.deeper = true,
            Value::Array(items) => {
                let shape = self.items.get_or_insert_default();
                items
                    .iter()
                    .take(ITEMS_MAX)
                    .for_each(|item| shape.learn_at(item, depth + 1));
            }
            Value::Object(object) => {
                let fields = self.object.get_or_insert_with(Fields::none);
                let keys = object.keys().map(String::as_str);
                if object.len() > keys::NAMES_MAX || !keys.clone().all(keys::is_name) {
                    fields.become_map();
                }
                fields.see();
                for (key, value) in object {
                    fields.at(key).learn_at(value, depth + 1);
                }
                fields.settle();
            }
        }
    }

    /// Adds what another shape has.
    pub fn merge(&mut self, other: &Self) {
        self.merge_at(other, 0);
        self.shrink();
    }

    fn merge_at(&mut self, other: &Self, depth: usize) {
        // What was read from a file may be deeper than what is learned.
        if depth > DEPTH_MAX {
            self.deeper = true;
            return;
        }
        self.null |= other.null;
        self.boolean |= other.boolean;
        self.number |= other.number;
        self.string |= other.string;
        self.deeper |= other.deeper;
        if let Some(items) = &other.items {
            self.items
                .get_or_insert_default()
                .merge_at(items, depth + 1);
        }
        match &other.object {
            None => {}
            Some(Fields::Map(values)) => {
                let fields = self.object.get_or_insert_with(Fields::none);
                fields.become_map();
                fields.at("").merge_at(values, depth + 1);
            }
            Some(Fields::Named { seen, properties }) => {
                let fields = self.object.get_or_insert_with(Fields::none);
                if let Fields::Named { seen: ours, .. } = fields {
                    *ours = ours.saturating_add(*seen);
                }
                for (key, field) in properties {
                    if !keys::is_name(key) {
                        fields.become_map();
                    }
                    fields.at(key).merge_at(&field.shape, depth + 1);
                    fields.count(key, field.seen.saturating_sub(1));
                }
                fields.settle();
            }
        }
    }

    /// The shape as a type.
    pub fn to_type(&self) -> Type {
        let mut types = vec![];
        for (was_seen, is) in [
            (self.string, Type::String),
            (self.number, Type::Number),
            (self.boolean, Type::Boolean),
        ] {
            types.extend(was_seen.then_some(is));
        }
        types.extend(
            self.items
                .as_ref()
                .map(|items| Type::Array(Box::new(items.to_type()))),
        );
        types.extend(self.object.as_ref().map(Fields::to_type));
        types.extend(self.null.then_some(Type::Null));
        // Nothing seen, as in an empty array, or not looked at.
        match types.is_empty() || self.deeper {
            true => Type::Unknown,
            false => Type::one_of(types),
        }
    }
}

impl Fields {
    fn none() -> Self {
        Self::Named {
            seen: 0,
            properties: BTreeMap::new(),
        }
    }

    /// Counts one more object.
    fn see(&mut self) {
        if let Self::Named { seen, .. } = self {
            *seen = seen.saturating_add(1);
        }
    }

    fn count(&mut self, key: &str, more: u64) {
        if let Self::Named { properties, .. } = self
            && let Some(field) = properties.get_mut(key)
        {
            field.seen = field.seen.saturating_add(more);
        }
    }

    /// The shape of what lies under `key`, counted as seen once more.
    fn at(&mut self, key: &str) -> &mut Shape {
        match self {
            Self::Map(values) => values,
            Self::Named { properties, .. } => {
                let field = properties.entry(key.to_owned()).or_default();
                field.seen = field.seen.saturating_add(1);
                &mut field.shape
            }
        }
    }

    fn become_map(&mut self) {
        if let Self::Named { properties, .. } = self {
            let mut values = Shape::default();
            properties
                .values()
                .for_each(|field| values.merge_at(&field.shape, 0));
            *self = Self::Map(Box::new(values));
        }
    }

    /// Becomes a map if the keys turn out to be data.
    fn settle(&mut self) {
        if let Self::Named { seen, properties } = self
            && (properties.len() > keys::NAMES_MAX
                || keys::vary(*seen, properties.values().map(|field| field.seen)))
        {
            self.become_map();
        }
    }

    fn to_type(&self) -> Type {
        Type::Object(match self {
            Self::Map(values) => Object {
                others: Some(Map {
                    values: Box::new(values.to_type()),
                    patterns: vec![],
                }),
                ..Object::default()
            },
            Self::Named { seen, properties } => Object {
                properties: properties
                    .iter()
                    .map(|(name, field)| Property {
                        name: name.clone(),
                        is: field.shape.to_type(),
                        required: field.seen >= *seen,
                        notes: Notes::default(),
                    })
                    .collect(),
                ..Object::default()
            },
        })
    }
}
