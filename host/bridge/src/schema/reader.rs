//! From a schema to types.

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value};

use super::{
    combine,
    document::Document,
    limits,
    model::{Definition, Literal, Model, Notes, Type},
    notes, objects,
};
use crate::{hygiene, names::pascal};

/// What a reference finds in a schema that has none.
static NOTHING: Value = Value::Null;

/// The types that `schema` describes. Any JSON will do; what is no schema is `unknown`.
pub fn read(schema: &Value) -> Model {
    model(schema, |reader| {
        (reader.notes(schema), reader.read(schema, 0))
    })
}

/// The types that an object of keywords describes, as MCP hands schemas over.
pub fn read_object(schema: &Map<String, Value>) -> Model {
    // References point at places in a document, so that there must be one. Most schemas have none.
    match schema.iter().any(|(key, value)| refers(key, value, 0)) {
        true => read(&Value::Object(schema.clone())),
        false => model(&NOTHING, |reader| {
            let notes = notes::notes(schema, &mut reader.budget);
            (notes, reader.keywords(schema, 0))
        }),
    }
}

/// Whether there may be a reference under `key`.
fn refers(key: &str, value: &Value, depth: usize) -> bool {
    match value {
        Value::String(_) => REFERENCES.contains(&key),
        Value::Object(inner) => {
            depth > limits::DEPTH_MAX
                || inner
                    .iter()
                    .any(|(key, value)| refers(key, value, depth + 1))
        }
        Value::Array(items) => {
            depth > limits::DEPTH_MAX || items.iter().any(|item| refers("", item, depth + 1))
        }
        _ => false,
    }
}

/// Keywords that point elsewhere.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

fn model<'s>(document: &'s Value, root: impl FnOnce(&mut Reader<'s>) -> (Notes, Type)) -> Model {
    let mut reader = Reader {
        document: Document::new(document),
        budget: Budget::default(),
        definitions: vec![],
        places: HashMap::new(),
        unread: VecDeque::new(),
    };
    let (notes, root) = root(&mut reader);
    // One after the other and not where they are met, or chains of them would nest.
    while let Some((index, target)) = reader.unread.pop_front() {
        let is = reader.read(target, 0);
        if let Some(definition) = reader.definitions.get_mut(index) {
            definition.is = is;
        }
    }
    let mut model = Model {
        root,
        notes,
        definitions: reader.definitions,
    };
    combine::end_cycles(&mut model);
    model
}

/// What may still be made of one schema.
pub struct Budget {
    types: usize,
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            types: limits::TYPES_MAX,
            text: limits::TEXT_BYTES_MAX,
        }
    }
}

impl Budget {
    /// Takes one type, and says whether there was one.
    pub fn one(&mut self) -> bool {
        let left = self.types.checked_sub(1);
        self.types = left.unwrap_or_default();
        left.is_some()
    }

    /// Takes so many bytes of text, and says whether there were as many.
    pub fn text(&mut self, bytes: usize) -> bool {
        let left = self.text.checked_sub(bytes);
        self.text = left.unwrap_or(self.text);
        left.is_some()
    }

    /// `text` as it may be shown, or nothing if there is no room for it.
    pub fn words(&mut self, text: &str) -> String {
        let shown = hygiene::shown(text, limits::DESCRIPTION_BYTES_MAX);
        match self.text(shown.len()) {
            true => shown.into_owned(),
            false => String::new(),
        }
    }
}

pub(super) struct Reader<'s> {
    document: Document<'s>,
    pub budget: Budget,
    definitions: Vec<Definition>,
    /// Schemas that are definitions already, by where they lie in memory.
    places: HashMap<*const Value, usize>,
    /// Definitions that have a name, and no type yet.
    unread: VecDeque<(usize, &'s Value)>,
}

impl<'s> Reader<'s> {
    /// What `schema` says beside its type.
    pub fn notes(&mut self, schema: &Value) -> Notes {
        match schema {
            Value::Object(keywords) => notes::notes(keywords, &mut self.budget),
            _ => Notes::default(),
        }
    }

    /// The type of `schema`.
    pub fn read(&mut self, schema: &'s Value, depth: usize) -> Type {
        if depth > limits::DEPTH_MAX || !self.budget.one() {
            return Type::Unknown;
        }
        match schema {
            Value::Bool(false) => Type::Never,
            Value::Object(keywords) => self.keywords(keywords, depth),
            _ => Type::Unknown,
        }
    }

    fn keywords(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Type {
        let mut all = vec![self.own(schema, depth)];
        for key in REFERENCES {
            if let Some(reference) = schema.get(key).and_then(Value::as_str) {
                all.push(self.reference(reference));
            }
        }
        for part in members(schema.get("allOf")) {
            all.push(self.read(part, depth + 1));
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(Value::Array(_)) = schema.get(key) {
                all.push(self.one_of(members(schema.get(key)), depth));
            }
        }
        let is = combine::all_of(all);
        match schema.get("nullable") {
            Some(Value::Bool(true)) => Type::one_of([is, Type::Null]),
            _ => is,
        }
    }

    fn one_of(&mut self, parts: impl Iterator<Item = &'s Value>, depth: usize) -> Type {
        let mut branches = vec![];
        for part in parts {
            // Branches that only say which properties must be there say nothing of their types.
            let only_requires = part.as_object().is_some_and(|keywords| {
                keywords
                    .keys()
                    .all(|key| matches!(key.as_str(), "required" | "not" | "description" | "title"))
            });
            match only_requires {
                true => branches.push(Type::Unknown),
                false => branches.push(self.read(part, depth + 1)),
            }
        }
        Type::one_of(branches)
    }

    fn reference(&mut self, reference: &str) -> Type {
        let Some(target) = self.document.find(reference) else {
            return Type::Unknown;
        };
        let place: *const Value = target.schema;
        if let Some(known) = self.places.get(&place) {
            return Type::Named(*known);
        }
        if self.definitions.len() >= limits::DEFINITIONS_MAX {
            return Type::Unknown;
        }
        let name = self.unused(&target.called);
        let notes = self.notes(target.schema);
        let index = self.definitions.len();
        self.places.insert(place, index);
        self.unread.push_back((index, target.schema));
        self.definitions.push(Definition {
            name,
            is: Type::Unknown,
            notes,
        });
        Type::Named(index)
    }

    fn unused(&self, called: &str) -> String {
        let name = pascal(called, "Type");
        let is_used = |name: &str| self.definitions.iter().any(|other| other.name == name);
        if !is_used(&name) {
            return name;
        }
        (2..)
            .map(|number| format!("{name}{number}"))
            .find(|name| !is_used(name))
            .unwrap_or(name)
    }

    /// What `type`, `enum`, `const` and the keywords of each type say.
    fn own(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Type {
        if let Some(value) = schema.get("const") {
            return self.value(value, depth);
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            return self.values(values, depth);
        }
        match schema.get("type") {
            Some(Value::String(name)) => self.of_type(name, schema, depth),
            Some(Value::Array(names)) => {
                let types: Vec<Type> = names
                    .iter()
                    .take(limits::MEMBERS_MAX)
                    .filter_map(Value::as_str)
                    .map(|name| self.of_type(name, schema, depth))
                    .collect();
                match types.is_empty() {
                    true => Type::Unknown,
                    false => Type::one_of(types),
                }
            }
            _ if objects::has_object_keywords(schema) => self.object(schema, depth),
            _ if objects::has_array_keywords(schema) => self.array(schema, depth),
            _ if matches!(schema.get("not"), Some(Value::Bool(true))) => Type::Never,
            _ => Type::Unknown,
        }
    }

    fn of_type(&mut self, name: &str, schema: &'s Map<String, Value>, depth: usize) -> Type {
        match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "string" => Type::String,
            "array" => self.array(schema, depth),
            "object" => self.object(schema, depth),
            _ => Type::Unknown,
        }
    }

    fn values(&mut self, values: &[Value], depth: usize) -> Type {
        let shown = values.iter().take(limits::MEMBERS_MAX);
        let mut told: Vec<Type> = shown.map(|value| self.value(value, depth)).collect();
        if values.len() > limits::MEMBERS_MAX {
            told.push(match values.iter().all(Value::is_string) {
                true => Type::String,
                false => Type::Unknown,
            });
            told.retain(|one| !matches!(one, Type::Literal(Literal::String(_))));
        }
        Type::one_of(told)
    }

    /// The type that only `value` has.
    fn value(&mut self, value: &Value, depth: usize) -> Type {
        if depth > limits::DEPTH_MAX || !self.budget.one() {
            return Type::Unknown;
        }
        match value {
            Value::Null => Type::Null,
            Value::Bool(is) => Type::Literal(Literal::Boolean(*is)),
            Value::Number(number) => Type::Literal(Literal::Number(number.clone())),
            Value::String(text) => {
                match text.len() <= limits::NAME_BYTES_MAX && self.budget.text(text.len()) {
                    true => Type::Literal(Literal::String(text.clone())),
                    false => Type::String,
                }
            }
            Value::Array(items) => Type::Tuple {
                required: items.len().min(limits::MEMBERS_MAX),
                items: items
                    .iter()
                    .take(limits::MEMBERS_MAX)
                    .map(|item| self.value(item, depth + 1))
                    .collect(),
                rest: (items.len() > limits::MEMBERS_MAX).then(|| Box::new(Type::Unknown)),
            },
            Value::Object(object) => self.object_value(object, depth),
        }
    }

    /// Reads the values of an object that is a constant.
    fn object_value(&mut self, object: &Map<String, Value>, depth: usize) -> Type {
        let mut told = super::Object {
            closed: true,
            ..Default::default()
        };
        for (name, value) in object {
            let is = self.value(value, depth + 1);
            objects::push(
                &mut told,
                &mut self.budget,
                name,
                is,
                true,
                Notes::default(),
            );
        }
        Type::Object(told)
    }
}

/// The schemas of a list, as many as are read.
pub fn members(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().take(limits::MEMBERS_MAX)
}
