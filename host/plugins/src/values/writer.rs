//! Values of the component model written as JSON text, by their types.

use serde_json::value::RawValue;
use vesicle_sandbox::Val;

use super::scalars;
use crate::types::{Kind, Members, Shape, json_name};

/// Why there is no text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotWritten {
    /// It would be longer than this many bytes.
    TooLong(usize),
    /// The value is not of its type, which is a fault of the host.
    Mismatch(String),
}

/// The JSON of a value, of at most `bytes_max` bytes.
pub(crate) fn write(
    value: &Val,
    shape: &Shape,
    bytes_max: usize,
) -> Result<Box<RawValue>, NotWritten> {
    let mut writer = Writer {
        text: String::new(),
        bytes_max,
    };
    writer.value(value, shape)?;
    writer.check()?;
    RawValue::from_string(writer.text).map_err(|error| NotWritten::Mismatch(error.to_string()))
}

struct Writer {
    text: String,
    bytes_max: usize,
}

impl Writer {
    /// Refuses a text that is too long. Strings are whole by then: the host holds them already.
    fn check(&self) -> Result<(), NotWritten> {
        match self.text.len() > self.bytes_max {
            true => Err(NotWritten::TooLong(self.bytes_max)),
            false => Ok(()),
        }
    }

    fn value(&mut self, value: &Val, shape: &Shape) -> Result<(), NotWritten> {
        self.check()?;
        match (&shape.kind, value) {
            (Kind::Bool, Val::Bool(value)) => self.plain(value),
            (Kind::Integer(_), Val::S8(number)) => self.plain(number),
            (Kind::Integer(_), Val::U8(number)) => self.plain(number),
            (Kind::Integer(_), Val::S16(number)) => self.plain(number),
            (Kind::Integer(_), Val::U16(number)) => self.plain(number),
            (Kind::Integer(_), Val::S32(number)) => self.plain(number),
            (Kind::Integer(_), Val::U32(number)) => self.plain(number),
            (Kind::Integer(_), Val::S64(number)) => self.wide((*number).into()),
            (Kind::Integer(_), Val::U64(number)) => self.wide((*number).into()),
            (Kind::Float32, Val::Float32(number)) => {
                match scalars::told_no_number((*number).into()) {
                    Some(told) => self.string(told),
                    None => self.serialized(number)?,
                }
            }
            (Kind::Float64, Val::Float64(number)) => match scalars::told_no_number(*number) {
                Some(told) => self.string(told),
                None => self.serialized(number)?,
            },
            (Kind::Char, Val::Char(char)) => self.serialized(char)?,
            (Kind::String, Val::String(text)) => self.serialized(text)?,
            (Kind::Bytes, Val::List(bytes)) => self.bytes(bytes)?,
            (Kind::List(items), Val::List(values))
            | (Kind::FixedList(items, _), Val::FixedLengthList(values)) => {
                self.array(values, |_| Some(items))?;
            }
            (Kind::Tuple(types), Val::Tuple(values)) => {
                self.array(values, |place| types.get(place))?;
            }
            (Kind::Record(members), Val::Record(fields)) => self.record(members, fields)?,
            (Kind::Map(key, item), Val::Map(pairs)) => self.map(key, item, pairs)?,
            (Kind::Variant(cases), Val::Variant(name, carried)) => {
                let place = cases.names.find_wit(name);
                let case = place.and_then(|place| cases.members.get(place));
                match (case.map(|case| &case.shape), carried) {
                    (Some(None), None) => self.string(&json_name(name)),
                    (Some(Some(shape)), Some(value)) => {
                        self.carrying(&json_name(name), Some((value, shape)))?;
                    }
                    _ => return Err(mismatch(shape)),
                }
            }
            (Kind::Enum(_), Val::Enum(name)) => self.string(&json_name(name)),
            (Kind::Flags(_), Val::Flags(names)) => {
                let names: Vec<_> = names.iter().map(|name| json_name(name)).collect();
                self.serialized(&names)?;
            }
            (Kind::Option(_), Val::Option(None)) => self.text.push_str("null"),
            (Kind::Option(within), Val::Option(Some(value))) => match within.has_null() {
                true => self.carrying("some", Some((value, within)))?,
                false => self.value(value, within)?,
            },
            (Kind::Result(ok, err), Val::Result(value)) => {
                let full = shape;
                let (name, shape, value) = match value {
                    Ok(value) => ("ok", ok, value),
                    Err(value) => ("err", err, value),
                };
                match (shape, value) {
                    (None, None) => self.carrying(name, None)?,
                    (Some(shape), Some(value)) => self.carrying(name, Some((value, shape)))?,
                    _ => return Err(mismatch(full)),
                }
            }
            _ => return Err(mismatch(shape)),
        }
        Ok(())
    }

    fn plain(&mut self, value: impl std::fmt::Display) {
        self.text.push_str(&value.to_string());
    }

    fn wide(&mut self, number: i128) {
        match scalars::is_exact(number) {
            true => self.plain(number),
            false => self.string(&number.to_string()),
        }
    }

    /// A text without anything that JSON escapes.
    fn string(&mut self, text: &str) {
        self.text.push('"');
        self.text.push_str(text);
        self.text.push('"');
    }

    fn serialized(&mut self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), NotWritten> {
        let text = serde_json::to_string(value);
        let text = text.map_err(|error| NotWritten::Mismatch(error.to_string()))?;
        self.text.push_str(&text);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[Val]) -> Result<(), NotWritten> {
        let bytes = bytes.iter().map(|byte| match byte {
            Val::U8(byte) => Ok(*byte),
            _ => Err(NotWritten::Mismatch("list<u8>".to_owned())),
        });
        let bytes = bytes.collect::<Result<Vec<_>, _>>()?;
        self.string(&scalars::to_base64(&bytes));
        Ok(())
    }

    fn array<'a>(
        &mut self,
        values: &[Val],
        shape: impl Fn(usize) -> Option<&'a Shape>,
    ) -> Result<(), NotWritten> {
        self.text.push('[');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            match shape(place) {
                Some(shape) => self.value(value, shape)?,
                None => return Err(NotWritten::Mismatch("tuple".to_owned())),
            }
        }
        self.text.push(']');
        Ok(())
    }

    fn record(&mut self, members: &Members, fields: &[(String, Val)]) -> Result<(), NotWritten> {
        self.text.push('{');
        let named = members.names.json().iter().zip(&members.members);
        for (place, ((name, member), (_, value))) in named.zip(fields).enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            self.name(name);
            match &member.shape {
                Some(shape) => self.value(value, shape)?,
                None => return Err(NotWritten::Mismatch(name.clone())),
            }
        }
        self.text.push('}');
        Ok(())
    }

    fn map(&mut self, key: &Shape, item: &Shape, pairs: &[(Val, Val)]) -> Result<(), NotWritten> {
        let is_object = matches!(key.kind, Kind::String);
        self.text.push(if is_object { '{' } else { '[' });
        for (place, (name, value)) in pairs.iter().enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            if !is_object {
                self.text.push('[');
            }
            self.value(name, key)?;
            self.text.push(if is_object { ':' } else { ',' });
            self.value(value, item)?;
            if !is_object {
                self.text.push(']');
            }
        }
        self.text.push(if is_object { '}' } else { ']' });
        Ok(())
    }

    fn name(&mut self, name: &str) {
        self.string(name);
        self.text.push(':');
    }

    fn carrying(&mut self, name: &str, carried: Option<(&Val, &Shape)>) -> Result<(), NotWritten> {
        self.text.push('{');
        self.name(name);
        match carried {
            Some((value, shape)) => self.value(value, shape)?,
            None => self.text.push_str("null"),
        }
        self.text.push('}');
        Ok(())
    }
}

fn mismatch(shape: &Shape) -> NotWritten {
    NotWritten::Mismatch(shape.to_string())
}
