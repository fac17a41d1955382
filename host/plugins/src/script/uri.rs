//! Addresses of a module's resources: one, or a form of many with places that are filled in, as `{name}` for a part
//! without a slash and `{+name}` for any (RFC 6570).

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// An address, or a form of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriForm(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place {
        name: String,
        /// Whether it may have slashes.
        is_long: bool,
    },
}

impl UriForm {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, for whoever wrote it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) = after
                .split_once('}')
                .ok_or("a `{` in an address has a `}` behind it")?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            } else if let Some(Piece::Place { .. }) = pieces.last() {
                return Err("between two places of an address there is text");
            }
            let (name, is_long) = match inside.strip_prefix('+') {
                Some(name) => (name, true),
                None => (inside, false),
            };
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(fits) {
                return Err(
                    "a place in an address is `{name}`, or `{+name}` where there may be slashes; names have letters, digits and `_`",
                );
            }
            if pieces.iter().any(|piece| piece.is_place(name)) {
                return Err("each place of an address has a name of its own");
            }
            pieces.push(Piece::Place {
                name: name.to_owned(),
                is_long,
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Whether it is of more than one address.
    pub fn is_template(&self) -> bool {
        self.names().next().is_some()
    }

    /// The names of its places.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Place { name, .. } => Some(name.as_str()),
        })
    }

    /// What is in the places of this address, decoded; `None` where it is not of this form.
    pub fn filled(&self, uri: &str) -> Option<Map<String, Value>> {
        let mut places = Map::new();
        let mut rest = uri;
        for (at, piece) in self.0.iter().enumerate() {
            let Piece::Place { name, is_long } = piece else {
                continue;
            };
            // Text before the first place; behind each other one it was taken off with it.
            if at == 1
                && let Some(Piece::Text(text)) = self.0.first()
            {
                rest = rest.strip_prefix(text.as_str())?;
            }
            let (value, after) = match self.0.get(at + 1) {
                Some(Piece::Text(text)) if at + 2 == self.0.len() => {
                    (rest.strip_suffix(text.as_str())?, "")
                }
                Some(Piece::Text(text)) => rest.split_once(text.as_str())?,
                _ => (rest, ""),
            };
            if value.is_empty() || (!is_long && value.contains('/')) {
                return None;
            }
            let value = percent_decode_str(value).decode_utf8().ok()?;
            places.insert(name.clone(), Value::String(value.into_owned()));
            rest = after;
        }
        match (places.is_empty(), self.0.as_slice()) {
            (true, [Piece::Text(text)]) => (text == uri).then_some(places),
            (true, _) => None,
            (false, _) => Some(places),
        }
    }
}

impl Piece {
    fn is_place(&self, of: &str) -> bool {
        matches!(self, Self::Place { name, .. } if name == of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(form: &str, uri: &str) -> Option<String> {
        let places = UriForm::read(form).unwrap().filled(uri)?;
        let places = places.iter();
        let told = places.map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
        Some(told.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn places_are_what_stands_between() {
        for (form, uri, places) in [
            ("a:b", "a:b", ""),
            ("a:{x}", "a:1", "x=1"),
            ("{x}:b", "a:b", "x=a"),
            ("a:{x}/{y}.md", "a:1/2%20.md.md", "x=1 y=2 .md"),
            ("a:{x}-{y}", "a:1-2-3", "x=1 y=2-3"),
            ("a:{+x}", "a:1/2", "x=1/2"),
            ("a:{+x}.md", "a:1/2.md", "x=1/2"),
            ("a:{x}/b", "a:ü/b", "x=ü"),
        ] {
            assert_eq!(filled(form, uri).as_deref(), Some(places), "{form} {uri}");
        }
        for (form, uri) in [
            ("a:b", "a:b/"),
            ("a:b", "a:"),
            ("a:{x}", "a:"),
            ("a:{x}", "a:1/2"),
            ("a:{x}", "b:1"),
            ("a:{x}.md", "a:.md"),
            ("a:{x}/{y}.md", "a:1/.md"),
            ("a:{x}/b", "a:1/b/b"),
            ("a:{x}", "a:%ff"),
        ] {
            assert_eq!(filled(form, uri), None, "{form} {uri}");
        }
    }

    #[test]
    fn what_is_no_form_is_told() {
        for form in [
            "a:{",
            "a:{}",
            "a:{x",
            "a:{x}{y}",
            "a:{x}/{x}",
            "a:{?x}",
            "a:{x*}",
        ] {
            assert!(UriForm::read(form).is_err(), "{form}");
        }
        assert!(!UriForm::read("a:b").unwrap().is_template());
        assert!(!UriForm::read("").unwrap().is_template());
    }
}
