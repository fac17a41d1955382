//! Types in WIT's words, as errors and signatures name them.

use std::fmt::{self, Display, Formatter};

use super::{Integer, Kind, Shape};

impl Display for Shape {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if let Some(named) = &self.named {
            return formatter.write_str(&named.name);
        }
        match &self.kind {
            Kind::Bool => formatter.write_str("bool"),
            Kind::Integer(integer) => integer.fmt(formatter),
            Kind::Float32 => formatter.write_str("f32"),
            Kind::Float64 => formatter.write_str("f64"),
            Kind::Char => formatter.write_str("char"),
            Kind::String => formatter.write_str("string"),
            Kind::Bytes => formatter.write_str("list<u8>"),
            Kind::List(items) => write!(formatter, "list<{items}>"),
            Kind::FixedList(items, length) => write!(formatter, "list<{items}, {length}>"),
            Kind::Map(key, value) => write!(formatter, "map<{key}, {value}>"),
            Kind::Record(_) => formatter.write_str("record"),
            Kind::Variant(_) => formatter.write_str("variant"),
            Kind::Enum(_) => formatter.write_str("enum"),
            Kind::Flags(_) => formatter.write_str("flags"),
            Kind::Tuple(types) => {
                formatter.write_str("tuple<")?;
                for (place, ty) in types.iter().enumerate() {
                    let separator = if place == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{ty}")?;
                }
                formatter.write_str(">")
            }
            Kind::Option(within) => write!(formatter, "option<{within}>"),
            Kind::Result(None, None) => formatter.write_str("result"),
            Kind::Result(Some(ok), None) => write!(formatter, "result<{ok}>"),
            Kind::Result(None, Some(err)) => write!(formatter, "result<_, {err}>"),
            Kind::Result(Some(ok), Some(err)) => write!(formatter, "result<{ok}, {err}>"),
        }
    }
}

impl Display for Integer {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
        })
    }
}
