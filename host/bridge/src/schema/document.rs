//! Where a `$ref` points. Only inside of the document: a schema never makes the host fetch anything.

use std::collections::HashMap;

use serde_json::Value;

use super::limits;

/// How many places with a name of their own (`$id`, `$anchor`) are remembered.
const NAMED_PLACES_MAX: usize = 1_000;

/// One schema document with its named places.
pub struct Document<'s> {
    root: &'s Value,
    /// `$id` and `$anchor`, as they are written, each with and without what stands before the `#`; once
    /// a reference wants one of them.
    named: Option<HashMap<String, &'s Value>>,
}

/// What a reference is worth a name by.
pub struct Target<'s> {
    /// The schema there.
    pub schema: &'s Value,
    /// What the reference calls it: the last part of its path.
    pub called: String,
}

impl<'s> Document<'s> {
    /// For references in `root`.
    pub fn new(root: &'s Value) -> Self {
        Self { root, named: None }
    }

    /// The place of this name.
    fn named(&mut self, name: &str) -> Option<&'s Value> {
        let named = self.named.get_or_insert_with(|| {
            let mut places = Places::default();
            places.note(self.root, "", 0);
            places.0
        });
        named.get(name).copied()
    }

    /// The place that `reference` points at, if it is in this document.
    pub fn find(&mut self, reference: &str) -> Option<Target<'s>> {
        if reference.len() > limits::NAME_BYTES_MAX {
            return None;
        }
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let decoded = percent_decoded(fragment);
        let is_path = decoded.is_empty() || decoded.starts_with('/');
        let schema = match (base, is_path) {
            ("", true) => self.root.pointer(&decoded)?,
            (_, true) => self.named(base)?.pointer(&decoded)?,
            (_, false) => self.named(reference)?,
        };
        let called = match decoded.rsplit('/').next() {
            Some(last) if !last.is_empty() => last.replace("~1", "/").replace("~0", "~"),
            _ => base.rsplit('/').next().unwrap_or_default().to_owned(),
        };
        Some(Target { schema, called })
    }
}

/// Named places while they are looked for.
#[derive(Default)]
struct Places<'s>(HashMap<String, &'s Value>);

impl<'s> Places<'s> {
    fn note(&mut self, value: &'s Value, base: &str, depth: usize) {
        if depth > limits::DEPTH_MAX || self.0.len() >= NAMED_PLACES_MAX {
            return;
        }
        match value {
            Value::Object(object) => {
                let mut base = base;
                if let Some(id) = text(object.get("$id")) {
                    let id = id.trim_end_matches('#');
                    match id.strip_prefix('#') {
                        // An anchor, as draft-07 writes it.
                        Some(_) => self.name(format!("{base}{id}"), value),
                        None => base = id,
                    }
                    self.name(id.to_owned(), value);
                    // References are mostly written relative to where the document lies.
                    if let Some((_, last)) = id.rsplit_once('/') {
                        self.name(last.to_owned(), value);
                    }
                }
                for key in ["$anchor", "$dynamicAnchor"] {
                    if let Some(anchor) = text(object.get(key)) {
                        self.name(format!("{base}#{anchor}"), value);
                        self.name(format!("#{anchor}"), value);
                    }
                }
                for (key, inner) in object {
                    // These hold values and not schemas.
                    if !matches!(key.as_str(), "enum" | "const" | "default" | "examples") {
                        self.note(inner, base, depth + 1);
                    }
                }
            }
            Value::Array(items) => items
                .iter()
                .for_each(|inner| self.note(inner, base, depth + 1)),
            _ => {}
        }
    }

    fn name(&mut self, name: String, place: &'s Value) {
        if name.len() <= limits::NAME_BYTES_MAX {
            self.0.entry(name).or_insert(place);
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = match code {
            Some(_) => after.get(2..).unwrap_or_default(),
            None => after,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
