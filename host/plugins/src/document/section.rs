//! A table of a file, whose keys are taken one by one. What was never asked for is unknown.

use std::ops::{Range, RangeInclusive};

use serde_json::{Number, Value as Json};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Reader;

/// What clap takes for alike.
const ALIKE: f64 = 0.7;

/// One table.
#[derive(Debug)]
pub struct Section<'r, 't> {
    reader: &'r Reader,
    path: String,
    span: Range<usize>,
    table: &'r DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'r, 't> Section<'r, 't> {
    pub(super) fn new(
        reader: &'r Reader,
        path: String,
        span: Range<usize>,
        table: &'r DeTable<'t>,
    ) -> Self {
        Self {
            reader,
            path,
            span,
            table,
            known: vec![],
        }
    }

    /// Tells every key that nobody asked for.
    pub fn finish(&self) {
        for name in self.table.keys() {
            let text: &str = name.get_ref();
            if self.known.contains(&text) {
                continue;
            }
            let advice = match nearest(text, &self.known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("here go {}", self.known.join(", ")),
            };
            self.reader.problem(
                name.span(),
                format!("unknown key `{}`", self.at(text)),
                advice,
            );
        }
    }

    /// Tells that this table is wrong as a whole.
    pub fn problem(&self, what: impl Into<String>, advice: impl Into<String>) {
        self.reader.problem(self.span.clone(), what, advice);
    }

    /// Tells that the value of `key` is wrong.
    pub fn problem_at(&self, key: &str, what: impl Into<String>, advice: impl Into<String>) {
        let span = self.table.get(key).map_or(self.span.clone(), Spanned::span);
        self.reader.problem(span, what, advice);
    }

    fn value(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// A text that must be there and that `parse` takes; `wanted` says what it takes.
    pub fn needed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = self.text(key, wanted, parse);
        if found.is_none() {
            self.missing(key, wanted);
        }
        found
    }

    /// Tells that `key` is not there, if it is not.
    pub fn missing(&self, key: &str, wanted: &str) {
        if !self.table.contains_key(key) {
            let what = format!("`{}` is missing", self.at(key));
            self.problem(what, format!("add `{key}`, {wanted}"));
        }
    }

    /// JSON, as a text or as a table, which `parse` gets as text.
    pub fn json<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let DeValue::Table(_) = value.get_ref() else {
            return self.parsed(key, value, wanted, parse);
        };
        let json = as_json(value.get_ref());
        if json.is_none() {
            self.wrong(key, value, "what JSON can say: no dates, no infinities");
        }
        let text = DeString::from(json?.to_string());
        let text = Spanned::new(value.span(), DeValue::String(text));
        self.parsed(key, &text, wanted, parse)
    }

    /// A text, if it is there and `parse` takes it.
    pub fn text<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.value(key)?;
        self.parsed(key, value, wanted, parse)
    }

    /// A list of texts, each of which `parse` takes; none where the key is absent.
    pub fn texts<T: PartialEq>(
        &mut self,
        key: &'static str,
        wanted: &str,
        count_max: usize,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut texts = Vec::new();
        for value in self.list(key, wanted, count_max) {
            if let Some(parsed) = self.parsed(key, value, wanted, &parse) {
                match texts.contains(&parsed) {
                    true => {
                        self.reader
                            .problem(value.span(), "this stands here twice", "leave it out")
                    }
                    false => texts.push(parsed),
                }
            }
        }
        texts
    }

    /// A list of texts or of tables; a text counts as a table with the one key `short`.
    pub fn texts_or_sections<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        count_max: usize,
        text: impl Fn(&str) -> Result<T, String>,
        section: impl Fn(&mut Section<'_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let mut found = Vec::new();
        for value in self.list(key, wanted, count_max) {
            found.extend(match value.get_ref() {
                DeValue::Table(table) => {
                    let mut one = Section::new(self.reader, self.at(key), value.span(), table);
                    let read = section(&mut one);
                    one.finish();
                    read
                }
                _ => self.parsed(key, value, wanted, &text),
            });
        }
        found
    }

    /// `true` or `false`; `false` where the key is absent.
    pub fn boolean(&mut self, key: &'static str) -> bool {
        match self.value(key) {
            None => false,
            Some(value) => match value.get_ref() {
                DeValue::Boolean(yes) => *yes,
                _ => {
                    self.wrong(key, value, "true or false");
                    false
                }
            },
        }
    }

    /// A whole number within `range`, if the key is there.
    pub fn number(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let wanted = format!("a whole number from {} to {}", range.start(), range.end());
            self.wrong(key, value, &wanted);
        }
        number
    }

    /// What `read` makes of a table, if the key is there.
    pub fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value, &format!("a table, as [{}]", self.at(key)));
            return None;
        };
        let mut section = Section::new(self.reader, self.at(key), value.span(), table);
        let read = read(&mut section);
        section.finish();
        read
    }

    /// What `read` makes of each of a list of tables; nothing where the key is absent.
    pub fn sections<T>(
        &mut self,
        key: &'static str,
        count_max: usize,
        read: impl Fn(&mut Section<'_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let wanted = format!("tables, as [[{}]]", self.at(key));
        let none = |_: &str| Err(String::new());
        self.texts_or_sections(key, &wanted, count_max, none, read)
    }

    fn list(
        &mut self,
        key: &'static str,
        wanted: &str,
        count_max: usize,
    ) -> Vec<&'r Spanned<DeValue<'t>>> {
        let Some(value) = self.value(key) else {
            return vec![];
        };
        let DeValue::Array(values) = value.get_ref() else {
            self.wrong(key, value, &format!("a list: {wanted}"));
            return vec![];
        };
        if values.len() > count_max {
            let what = format!(
                "`{}` has {} entries, and may have {count_max}",
                self.at(key),
                values.len()
            );
            self.reader.problem(value.span(), what, "leave some out");
            return vec![];
        }
        values.iter().collect()
    }

    fn parsed<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong(key, value, wanted);
            return None;
        };
        match parse(text) {
            Ok(parsed) => Some(parsed),
            Err(why) if why.is_empty() => {
                self.wrong(key, value, wanted);
                None
            }
            Err(why) => {
                let what = format!("`{}` cannot be this: {why}", self.at(key));
                self.reader
                    .problem(value.span(), what, format!("give {wanted}"));
                None
            }
        }
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let what = format!("`{}` cannot be this", self.at(key));
        self.reader
            .problem(value.span(), what, format!("give {wanted}"));
    }

    fn at(&self, key: &str) -> String {
        match self.path.is_empty() {
            true => key.to_owned(),
            false => format!("{}.{key}", self.path),
        }
    }
}

fn as_json(value: &DeValue<'_>) -> Option<Json> {
    Some(match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
            .ok()?
            .into(),
        DeValue::Float(digits) => Json::Number(Number::from_f64(digits.as_str().parse().ok()?)?),
        DeValue::Boolean(yes) => Json::from(*yes),
        DeValue::Array(values) => {
            let values = values.iter().map(|value| as_json(value.get_ref()));
            Json::Array(values.collect::<Option<_>>()?)
        }
        DeValue::Table(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| Some((name.get_ref().to_string(), as_json(value.get_ref())?)));
            Json::Object(entries.collect::<Option<_>>()?)
        }
        DeValue::Datetime(_) => return None,
    })
}

fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    names
        .iter()
        .map(|known| (strsim::jaro(name, known), *known))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}
