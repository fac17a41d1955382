//! What a function of a component takes and gives, as this crate reads and writes it.
//!
//! The types are Wasmtime's, which lowers and lifts by them. The words (names of types, comments) are
//! WIT's, where the component's WIT can be read; nothing that a call needs depends on them.
//!
//! | WIT | JSON | read as well |
//! |---|---|---|
//! | names: `max-length` | `max_length` | |
//! | `bool`, `string`, `s8` … `u32` | as they are | integers with a point or an exponent, if whole |
//! | `s64`, `u64` | a number within ± (2^53 − 1), else its digits as a string | numbers beyond, written in full; digits of any |
//! | `f32`, `f64` | a number, or one of the strings `"NaN"`, `"Infinity"`, `"-Infinity"` | |
//! | `char` | a string of one character | |
//! | `list<u8>` | base64, with padding | an array of numbers |
//! | `list<t>`, `list<t, n>`, `tuple<…>` | an array | |
//! | `map<string, t>`; with other keys | an object; an array of pairs | |
//! | `record` | an object; options are `null` | options may be left out |
//! | `enum` | the case's name | |
//! | `flags` | an array of the names that are set | |
//! | `variant` | the case's name, or `{"case": value}` for one that carries something | `{"case": null}` |
//! | `option<t>` | `null` or the value; of an option: `null` or `{"some": value}` | |
//! | `result<t, e>` | `{"ok": value}` or `{"err": value}`; as a function's result it is its success or its failure | |
//! | resources, futures, streams, error contexts | none: the function is refused | |

mod annotate;
mod names;
mod read;
mod schema;
mod told;

use std::sync::Arc;

pub(crate) use annotate::annotate;
pub(crate) use names::{Names, json_name, nearest};
pub(crate) use read::{Budget, TYPE_DEPTH_MAX, TYPES_MAX, Unsupported, read};
pub(crate) use schema::{Direction, arguments_schema, cut, schema};

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub kind: Kind,
    /// What WIT calls it, where it has a name.
    pub named: Option<Arc<Named>>,
}

/// The name of a type in its WIT.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Tells types of one name apart.
    pub id: usize,
    pub name: String,
    pub docs: Option<String>,
}

/// What a type consists of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Bool,
    Integer(Integer),
    Float32,
    Float64,
    Char,
    String,
    /// `list<u8>`, which is text in JSON.
    Bytes,
    List(Box<Shape>),
    FixedList(Box<Shape>, usize),
    Map(Box<Shape>, Box<Shape>),
    Record(Members),
    Tuple(Vec<Shape>),
    /// Also enums, whose cases carry nothing.
    Variant(Members),
    Enum(Members),
    Flags(Members),
    Option(Box<Shape>),
    Result(Option<Box<Shape>>, Option<Box<Shape>>),
}

/// Fields, cases or flags, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Members {
    pub names: Names,
    pub members: Vec<Member>,
}

/// A field, a case or a flag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    /// `None` for cases that carry nothing, and for flags.
    pub shape: Option<Shape>,
    pub docs: Option<String>,
}

/// An integer's size and sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Integer {
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
}

impl Shape {
    /// A type without a name.
    pub fn new(kind: Kind) -> Self {
        Self { kind, named: None }
    }

    /// Whether `null` is one of its values, so that an option of it needs another way to be told.
    pub fn has_null(&self) -> bool {
        matches!(self.kind, Kind::Option(_))
    }
}

impl Integer {
    /// Its least and its greatest value.
    pub fn range(self) -> (i128, i128) {
        match self {
            Self::S8 => (i8::MIN.into(), i8::MAX.into()),
            Self::U8 => (0, u8::MAX.into()),
            Self::S16 => (i16::MIN.into(), i16::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::S32 => (i32::MIN.into(), i32::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::S64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
        }
    }

    /// Whether it has values that a JSON reader with numbers as floats would change.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::S64 | Self::U64)
    }
}
