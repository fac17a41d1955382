//! The shape of values, as far as type systems can tell it.

use serde_json::Number;

use super::limits;

/// All types of one schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The type of the whole.
    pub root: Type,
    /// What the schema says of the whole.
    pub notes: Notes,
    /// Types that have a name because a `$ref` points at them, in the order they were met.
    pub definitions: Vec<Definition>,
}

/// One named type.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// An identifier in PascalCase, unique in its model and reserved in no language.
    pub name: String,
    /// The type.
    pub is: Type,
    /// What the schema says of it.
    pub notes: Notes,
}

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Any JSON.
    Unknown,
    /// No value at all.
    Never,
    /// `null`.
    Null,
    /// A boolean.
    Boolean,
    /// A number without fraction.
    Integer,
    /// A number.
    Number,
    /// Text.
    String,
    /// Exactly this value.
    Literal(Literal),
    /// Items of one type.
    Array(Box<Type>),
    /// Items with a type each.
    Tuple {
        /// The first items.
        items: Vec<Type>,
        /// How many of them must be there.
        required: usize,
        /// What may follow them; nothing if `None`.
        rest: Option<Box<Type>>,
    },
    /// An object.
    Object(Object),
    /// One of these.
    Union(Vec<Type>),
    /// All of these at once.
    All(Vec<Type>),
    /// The definition at this place of [`Model::definitions`].
    Named(usize),
}

/// A value that is its own type. Arrays and objects are told as tuples and objects of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text.
    String(String),
    /// A number.
    Number(Number),
    /// A boolean.
    Boolean(bool),
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Those with a name, in the schema's order.
    pub properties: Vec<Property>,
    /// What else it may have.
    pub others: Option<Map>,
    /// Nothing else may be in it.
    pub closed: bool,
    /// How many properties the schema has beyond those told here.
    pub left_out: usize,
}

/// Properties whose names are not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// What they hold.
    pub values: Box<Type>,
    /// Regular expressions that their names match, where the schema has some.
    pub patterns: Vec<String>,
}

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its name: any text.
    pub name: String,
    /// What it holds.
    pub is: Type,
    /// Whether it must be there.
    pub required: bool,
    /// What the schema says of it.
    pub notes: Notes,
}

/// What a schema says beside the type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    /// In its author's words, without characters that act or hide.
    pub description: String,
    /// It should not be used any more.
    pub deprecated: bool,
    /// Facts such as `("minimum", "1")`, with JSON as their text, in a fixed order.
    pub facts: Vec<(&'static str, String)>,
}

impl Notes {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.description.is_empty() && !self.deprecated && self.facts.is_empty()
    }
}

impl Type {
    /// An object of which nothing is known.
    pub fn any_object() -> Self {
        Self::Object(Object::default())
    }

    /// One of these, with what is in them twice told once.
    pub fn one_of(members: impl IntoIterator<Item = Type>) -> Self {
        let mut flat: Vec<Type> = vec![];
        for member in members {
            match member {
                Self::Unknown => return Self::Unknown,
                Self::Never => {}
                Self::Union(inner) => inner.into_iter().for_each(|one| add(&mut flat, one)),
                one => add(&mut flat, one),
            }
        }
        // Nobody reads a longer one, and comparing each with each takes time.
        if flat.len() > limits::MEMBERS_MAX {
            return Self::Unknown;
        }
        if flat.contains(&Self::Number) {
            flat.retain(|one| *one != Self::Integer);
        }
        match flat.len() {
            0 => Self::Never,
            1 => flat.swap_remove(0),
            _ => Self::Union(flat),
        }
    }
}

fn add(members: &mut Vec<Type>, one: Type) {
    if members.len() <= limits::MEMBERS_MAX && !members.contains(&one) {
        members.push(one);
    }
}
