//! Names of properties, cases and flags, read as their places among those that there are.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::context::Context;
use super::path::Path;
use crate::types::{Members, nearest};

/// How many of a type's names an error lists.
const NAMES_TOLD_MAX: usize = 12;
/// How much of a text an error repeats, in characters.
const TEXT_TOLD_MAX: usize = 40;

/// Reads a name, as its place among those that there are.
#[derive(Clone, Copy)]
pub(super) struct NameOf<'a> {
    pub members: &'a Members,
    pub path: Path<'a>,
    pub context: &'a Context,
    /// `property`, `case` or `flag`.
    pub what: &'a str,
}

impl NameOf<'_> {
    pub fn find<E: Error>(self, name: &str) -> Result<usize, E> {
        let names = &self.members.names;
        names.find(name).ok_or_else(|| {
            let what = self.what;
            let known = match nearest(name, names.json()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => one_of(names.json()),
            };
            let at = Path::Property(&self.path, name);
            let path = if what == "property" { at } else { self.path };
            let told = if what == "property" {
                String::new()
            } else {
                format!(" {}", quoted(name))
            };
            self.context
                .fail(path, format_args!("there is no {what}{told} here{known}"))
        })
    }
}

fn one_of(names: &[String]) -> String {
    if names.is_empty() {
        return "; there are none".to_owned();
    }
    let told: Vec<_> = names
        .iter()
        .take(NAMES_TOLD_MAX)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = if names.len() > NAMES_TOLD_MAX {
        " and more"
    } else {
        ""
    };
    format!("; there are {}{more}", told.join(", "))
}

impl<'de> DeserializeSeed<'de> for NameOf<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        // The text is JSON, so what fails without a reason of ours is another type of value.
        deserializer.deserialize_str(self).map_err(|_: D::Error| {
            let what = self.what;
            self.context
                .fail(self.path, format_args!("expected the name of a {what}"))
        })
    }
}

impl Visitor<'_> for NameOf<'_> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the name of a {} as a string", self.what)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        self.find(name)
    }
}

/// The beginning of a text, in quotes.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(TEXT_TOLD_MAX) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}
