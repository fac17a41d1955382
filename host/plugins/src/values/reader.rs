//! JSON read as values of given types, in one pass over its text: nothing is made that the types do
//! not ask for.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use vesicle_sandbox::Val;

use super::context::Context;
use super::fields::Fields;
use super::name_of::{NameOf, quoted};
use super::path::Path;
use super::scalars;
use crate::types::{Kind, Members, Shape};

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub shape: &'a Shape,
    pub path: Path<'a>,
    pub context: &'a Context,
}

impl<'a> Reader<'a> {
    fn mismatch<E: Error>(self, got: impl fmt::Display) -> E {
        let shape = self.shape;
        self.context
            .fail(self.path, format_args!("expected {shape}, got {got}"))
    }

    fn at<'b>(&'b self, shape: &'b Shape, path: Path<'b>) -> Reader<'b> {
        Reader {
            shape,
            path,
            context: self.context,
        }
    }

    fn name_of(&self, members: &'a Members, what: &'a str) -> NameOf<'a> {
        NameOf {
            members,
            path: self.path,
            context: self.context,
            what,
        }
    }

    /// The value of the only property that is left, of a type or `null`.
    fn carried<'de, A: MapAccess<'de>>(
        &self,
        name: &str,
        shape: Option<&Shape>,
        map: &mut A,
    ) -> Result<Option<Box<Val>>, A::Error> {
        let path = Path::Property(&self.path, name);
        let value = match shape {
            Some(shape) => Some(Box::new(map.next_value_seed(self.at(shape, path))?)),
            None => match map.next_value::<Option<IgnoredAny>>()? {
                None => None,
                Some(_) => return Err(self.context.fail(path, "carries nothing; expected null")),
            },
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(self.mismatch("an object of several properties")),
        }
    }

    fn items<'de, A: SeqAccess<'de>>(
        &self,
        items: &Shape,
        mut sequence: A,
    ) -> Result<Vec<Val>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) =
            sequence.next_element_seed(self.at(items, Path::Item(&self.path, values.len())))?
        {
            values.push(value);
        }
        Ok(values)
    }

    fn tuple<'de, A: SeqAccess<'de>>(
        &self,
        types: impl ExactSizeIterator<Item = &'a Shape>,
        mut sequence: A,
    ) -> Result<Vec<Val>, A::Error> {
        let length = types.len();
        let wrong = |got: usize| self.mismatch(format_args!("{got} items in place of {length}"));
        let mut values = Vec::new();
        for shape in types {
            let path = Path::Item(&self.path, values.len());
            let value = sequence.next_element_seed(self.at(shape, path))?;
            values.push(value.ok_or_else(|| wrong(values.len()))?);
        }
        let mut more = 0;
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            more += 1;
        }
        match more {
            0 => Ok(values),
            more => Err(wrong(length + more)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Val, D::Error> {
        self.context.count(self.path)?;
        match self.shape.kind {
            Kind::Option(_) => deserializer.deserialize_option(self),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Val;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.shape)
    }

    fn visit_none<E: Error>(self) -> Result<Val, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Val, D::Error> {
        let Kind::Option(within) = &self.shape.kind else {
            return deserializer.deserialize_any(self);
        };
        if within.has_null() {
            return deserializer.deserialize_any(self);
        }
        let value = self.at(within, self.path).deserialize(deserializer)?;
        Ok(Val::Option(Some(Box::new(value))))
    }

    fn visit_unit<E: Error>(self) -> Result<Val, E> {
        match &self.shape.kind {
            Kind::Option(_) => Ok(Val::Option(None)),
            _ => Err(self.mismatch("null")),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Val, E> {
        match &self.shape.kind {
            Kind::Bool => Ok(Val::Bool(value)),
            _ => Err(self.mismatch(value)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Val, E> {
        match &self.shape.kind {
            Kind::Integer(_) => self.integer(number.into()),
            _ => self.float(number as f64, number),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Val, E> {
        match &self.shape.kind {
            Kind::Integer(_) => self.integer(number.into()),
            _ => self.float(number as f64, number),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Val, E> {
        let Kind::Integer(integer) = &self.shape.kind else {
            return self.float(number, number);
        };
        integer.value_of_float(number).ok_or_else(|| match integer.is_wide() {
            true if number.fract() == 0.0 => self.mismatch(format_args!(
                "{number:e}, which is not exact; write integers beyond 2^53 with all digits, or as a string"
            )),
            _ => self.mismatch(number),
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Val, E> {
        let value = match &self.shape.kind {
            Kind::String => Some(Val::String(text.to_owned())),
            Kind::Char => scalars::one_char(text).map(Val::Char),
            Kind::Integer(integer) => integer.value_of_text(text),
            Kind::Float32 => scalars::no_number(text).map(|number| Val::Float32(number as f32)),
            Kind::Float64 => scalars::no_number(text).map(Val::Float64),
            Kind::Bytes => return self.bytes(text),
            Kind::Enum(cases) => {
                let place = self.name_of(cases, "case").find(text)?;
                Some(Val::Enum(cases.names.wit()[place].clone()))
            }
            Kind::Variant(cases) => {
                let place = self.name_of(cases, "case").find(text)?;
                if let Some(shape) = &cases.members[place].shape {
                    let why = format_args!("the case carries {shape}; write {{{text:?}: …}}");
                    return Err(self.context.fail(self.path, why));
                }
                Some(Val::Variant(cases.names.wit()[place].clone(), None))
            }
            _ => None,
        };
        value.ok_or_else(|| self.mismatch(format_args!("the string {}", quoted(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Val, A::Error> {
        match &self.shape.kind {
            Kind::Bytes => {
                let byte = Shape::new(Kind::Integer(crate::types::Integer::U8));
                Ok(Val::List(self.items(&byte, sequence)?))
            }
            Kind::List(items) => Ok(Val::List(self.items(items, sequence)?)),
            Kind::FixedList(items, length) => {
                let items = std::iter::repeat_n(&**items, *length);
                Ok(Val::FixedLengthList(self.tuple(items, sequence)?))
            }
            Kind::Tuple(types) => Ok(Val::Tuple(self.tuple(types.iter(), sequence)?)),
            Kind::Map(key, value) => {
                let pair = Shape::new(Kind::Tuple(vec![(**key).clone(), (**value).clone()]));
                let pairs = self.items(&pair, sequence)?.into_iter();
                let pairs = pairs.filter_map(|pair| match pair {
                    Val::Tuple(pair) => <[Val; 2]>::try_from(pair).ok(),
                    _ => None,
                });
                Ok(Val::Map(pairs.map(|[key, value]| (key, value)).collect()))
            }
            Kind::Flags(flags) => {
                let mut set = vec![false; flags.members.len()];
                while let Some(place) = sequence.next_element_seed(self.name_of(flags, "flag"))? {
                    set[place] = true;
                }
                let set = flags.names.wit().iter().zip(set);
                let set = set.filter(|(_, is_set)| *is_set);
                Ok(Val::Flags(set.map(|(name, _)| name.clone()).collect()))
            }
            _ => Err(self.mismatch("an array")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Val, A::Error> {
        match &self.shape.kind {
            Kind::Record(members) => {
                let fields = Fields {
                    members,
                    path: self.path,
                    context: self.context,
                };
                let values = fields.read(&mut map)?;
                let names = members.names.wit().iter().cloned();
                Ok(Val::Record(names.zip(values).collect()))
            }
            Kind::Variant(cases) => {
                let name = map.next_key_seed(self.name_of(cases, "case"))?;
                let place = name.ok_or_else(|| self.mismatch("an empty object"))?;
                let shape = cases.members[place].shape.as_ref();
                let value = self.carried(&cases.names.json()[place], shape, &mut map)?;
                Ok(Val::Variant(cases.names.wit()[place].clone(), value))
            }
            Kind::Result(ok, err) => match map.next_key::<String>()?.as_deref() {
                Some("ok") => {
                    let value = self.carried("ok", ok.as_deref(), &mut map)?;
                    Ok(Val::Result(Ok(value)))
                }
                Some("err") => {
                    let value = self.carried("err", err.as_deref(), &mut map)?;
                    Ok(Val::Result(Err(value)))
                }
                _ => Err(self.mismatch("an object without a property `ok` or `err`")),
            },
            Kind::Option(within) if within.has_null() => {
                match map.next_key::<String>()?.as_deref() {
                    Some("some") => {
                        let value = self.carried("some", Some(within), &mut map)?;
                        Ok(Val::Option(value))
                    }
                    _ => Err(self.mismatch("an object without a property `some`")),
                }
            }
            Kind::Map(key, value) if matches!(key.kind, Kind::String) => {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    self.context.count(self.path)?;
                    let path = Path::Property(&self.path, &name);
                    let value = map.next_value_seed(self.at(value, path))?;
                    pairs.push((Val::String(name), value));
                }
                Ok(Val::Map(pairs))
            }
            _ => Err(self.mismatch("an object")),
        }
    }
}

impl Reader<'_> {
    fn integer<E: Error>(self, number: i128) -> Result<Val, E> {
        let Kind::Integer(integer) = &self.shape.kind else {
            return Err(self.mismatch(number));
        };
        integer.value(number).ok_or_else(|| {
            let (least, most) = integer.range();
            self.mismatch(format_args!(
                "{number}, which is not within {least} and {most}"
            ))
        })
    }

    fn float<E: Error>(self, number: f64, told: impl fmt::Display) -> Result<Val, E> {
        match &self.shape.kind {
            Kind::Float64 => Ok(Val::Float64(number)),
            Kind::Float32 => scalars::narrow(number)
                .map(Val::Float32)
                .ok_or_else(|| self.mismatch(format_args!("{number:e}, which is too large"))),
            _ => Err(self.mismatch(told)),
        }
    }

    fn bytes<E: Error>(self, text: &str) -> Result<Val, E> {
        let bytes = scalars::from_base64(text);
        let bytes = bytes.ok_or_else(|| {
            self.mismatch("a string that is not base64; an array of numbers does as well")
        })?;
        for _ in &bytes {
            self.context.count(self.path)?;
        }
        Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
    }
}
