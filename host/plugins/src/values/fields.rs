//! Objects with given properties: a function's arguments, and records.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use vesicle_sandbox::Val;

use super::context::Context;
use super::name_of::NameOf;
use super::path::Path;
use super::reader::Reader;
use crate::types::Members;

/// Reads a function's arguments: an object with a property for each parameter.
///
/// # Errors
/// Says where and why, such as `arguments.items[3].price: expected f64, got a string`.
pub(crate) fn arguments(text: &RawValue, parameters: &Members) -> Result<Vec<Val>, String> {
    let context = Context::new();
    let root = Path::Root("arguments");
    if !text.get().trim_start().starts_with('{') {
        return Err(format!(
            "{root}: expected an object with a property for each parameter"
        ));
    }
    let fields = Fields {
        members: parameters,
        path: root,
        context: &context,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text.get());
    deserializer.deserialize_map(fields).map_err(|error| {
        let failure = context.failure();
        failure.unwrap_or_else(|| format!("{root}: {error}"))
    })
}

/// Reads properties of an object, by their names.
pub(super) struct Fields<'a> {
    pub members: &'a Members,
    pub path: Path<'a>,
    pub context: &'a Context,
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Vec<Val>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Val>, A::Error> {
        self.read(&mut map)
    }
}

impl Fields<'_> {
    pub fn read<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Vec<Val>, A::Error> {
        let names = self.members.names.json();
        let mut values: Vec<Option<Val>> = vec![None; names.len()];
        while let Some(place) = map.next_key_seed(NameOf {
            members: self.members,
            path: self.path,
            context: self.context,
            what: "property",
        })? {
            let path = Path::Property(&self.path, &names[place]);
            if values[place].is_some() {
                return Err(self.context.fail(path, "given twice"));
            }
            let shape = self.members.members[place].shape.as_ref();
            let Some(shape) = shape else { continue };
            let context = self.context;
            values[place] = Some(map.next_value_seed(Reader {
                shape,
                path,
                context,
            })?);
        }
        let read = values.into_iter().zip(names).zip(&self.members.members);
        read.map(|((value, name), member)| match (value, &member.shape) {
            (Some(value), _) => Ok(value),
            (None, Some(shape)) if !shape.has_null() => {
                let path = Path::Property(&self.path, name);
                Err(self
                    .context
                    .fail(path, format_args!("missing, expected {shape}")))
            }
            (None, _) => Ok(Val::Option(None)),
        })
        .collect()
    }
}
