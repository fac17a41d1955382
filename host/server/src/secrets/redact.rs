//! Finding all forms of all secrets in one pass, and putting names in their places.

use std::io::{self, Write};

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Secret, Secrets, forms};

/// Finds secrets.
#[derive(Debug)]
pub struct Redactor {
    forms: AhoCorasick,
    /// What takes the place of each form.
    marks: Vec<String>,
    /// The longest form, in bytes.
    longest: usize,
}

impl Redactor {
    /// For these.
    pub fn new(secrets: &[Secret]) -> Result<Self, aho_corasick::BuildError> {
        let mut all = Vec::new();
        let mut marks = Vec::new();
        for secret in secrets {
            for form in forms::of(&secret.value) {
                all.push(form);
                marks.push(format!("[secret {}]", secret.name));
            }
        }
        Ok(Self {
            forms: AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&all)?,
            marks,
            longest: all.iter().map(String::len).max().unwrap_or(0),
        })
    }

    /// `text` without secrets; none where it has none.
    pub fn text(&self, text: &str) -> Option<String> {
        let is_found = self.forms.is_match(text);
        is_found.then(|| self.forms.replace_all(text, &self.marks))
    }

    /// `bytes` without secrets.
    pub fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        match self.forms.is_match(&bytes) {
            true => self.forms.replace_all_bytes(&bytes, &self.marks),
            false => bytes,
        }
    }

    /// JSON without secrets; none where it has none. A number that is a secret becomes a string.
    pub fn json(&self, json: &str) -> Option<String> {
        if !self.forms.is_match(json) {
            return None;
        }
        let mut redacted = String::with_capacity(json.len());
        let mut rest = json;
        while let Some(begin) = rest.find('"') {
            let (before, string) = rest.split_at(begin + 1);
            self.outside_of_strings(before, &mut redacted);
            let (string, after) = string.split_at(end_of_string(string));
            redacted.push_str(&self.forms.replace_all(string, &self.marks));
            // The quote at its end.
            let (quote, after) = after.split_at(after.len().min(1));
            redacted.push_str(quote);
            rest = after;
        }
        self.outside_of_strings(rest, &mut redacted);
        Some(redacted)
    }

    fn outside_of_strings(&self, text: &str, to: &mut String) {
        let is_structure = |c: char| c.is_ascii_whitespace() || "{}[],:\"".contains(c);
        for token in text.split_inclusive(is_structure) {
            let scalar = token.trim_end_matches(is_structure);
            match self.text(scalar) {
                Some(mark) => {
                    to.push_str(&format!("\"{mark}\""));
                    to.push_str(token.get(scalar.len()..).unwrap_or_default());
                }
                None => to.push_str(token),
            }
        }
    }

    /// Where in `bytes` no secret can begin any more that is not whole yet, and what is before that,
    /// without secrets.
    fn finished(&self, bytes: &[u8]) -> (usize, Vec<u8>) {
        let mut redacted = Vec::new();
        let safe = bytes.len().saturating_sub(self.longest.saturating_sub(1));
        let mut at = 0;
        for found in self.forms.find_iter(bytes) {
            if found.start() >= safe {
                break;
            }
            redacted.extend_from_slice(bytes.get(at..found.start()).unwrap_or_default());
            let mark = self.marks.get(found.pattern().as_usize());
            redacted.extend_from_slice(mark.map_or(b"", |mark| mark.as_bytes()));
            at = found.end();
        }
        let end = safe.max(at);
        redacted.extend_from_slice(bytes.get(at..end).unwrap_or_default());
        (end, redacted)
    }
}

/// Where the string ends that `text` begins in; the place of its closing quote.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
}

/// A writer that takes secrets out, also those that come in pieces: the end of what was written is
/// held back as long as it may be the beginning of one. Dropping it writes the rest.
pub struct Redacted<W: Write> {
    secrets: Secrets,
    to: W,
    held: Vec<u8>,
}

impl<W: Write> Redacted<W> {
    pub(super) fn new(secrets: Secrets, to: W) -> Self {
        Self {
            secrets,
            to,
            held: Vec::new(),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        match self.secrets.redactor() {
            Some(redactor) => {
                let redacted = redactor.forms.replace_all_bytes(&held, &redactor.marks);
                self.to.write_all(&redacted)
            }
            None => self.to.write_all(&held),
        }
    }
}

impl<W: Write> Write for Redacted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(redactor) = self.secrets.redactor() else {
            return self.to.write(bytes);
        };
        self.held.extend_from_slice(bytes);
        let (end, redacted) = redactor.finished(&self.held);
        self.held.drain(..end);
        self.to.write_all(&redacted)?;
        Ok(bytes.len())
    }

    /// What is held back stays so: who flushes may not be at an end.
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl<W: Write> Drop for Redacted<W> {
    fn drop(&mut self) {
        // Where the reader is gone there is nobody to tell.
        let _ = self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[(&str, &str)]) -> Secrets {
        let secrets = values
            .iter()
            .map(|(name, value)| Secret::new((*name).to_owned(), (*value).to_owned()).unwrap());
        Secrets::new(secrets.collect()).unwrap()
    }

    #[test]
    fn secrets_are_named_in_texts_and_the_longest_counts() {
        let known = secrets(&[("short", "hunter22"), ("long", "hunter22-and-more")]);
        let redact = |text: &str| known.redact(text.to_owned());
        assert_eq!(redact("a hunter22 b"), "a [secret short] b");
        assert_eq!(redact("hunter22-and-more"), "[secret long]");
        assert_eq!(redact("hunter2"), "hunter2");
        assert_eq!(known.value("long"), Some("hunter22-and-more"));
        assert_eq!(known.value("other"), None);
        assert!(!format!("{known:?}").contains("\"hunter22"));
    }

    #[test]
    fn json_stays_json() {
        let known = secrets(&[
            ("n", "12345678"),
            ("q", "a\",\"b\":\"c\\d"),
            ("k", "the-key-itself"),
        ]);
        let redact = |json: &str| {
            let redacted = known.redact_json(json.to_owned());
            serde_json::from_str::<serde_json::Value>(&redacted).unwrap();
            redacted
        };
        assert_eq!(redact("12345678"), r#""[secret n]""#);
        assert_eq!(redact("[0.123456789, -1]"), r#"["0.[secret n]9", -1]"#);
        assert_eq!(redact(r#"{"a":"x12345678"}"#), r#"{"a":"x[secret n]"}"#);
        assert_eq!(redact(r#"["a\",\"b\":\"c\\d"]"#), r#"["[secret q]"]"#);
        // Structure that merely looks like one stays.
        let structure = r#"{"x":"a","b":"c\\d"}"#;
        assert_eq!(redact(structure), structure);
        assert_eq!(
            redact(r#"{"the-key-itself":true}"#),
            r#"{"[secret k]":true}"#
        );
        assert_eq!(
            redact(r#"["\\", "the-key-itself"]"#),
            r#"["\\", "[secret k]"]"#
        );
    }

    #[test]
    fn a_secret_in_pieces_is_found_wherever_it_is_broken() {
        let known = secrets(&[("a", "hunter22"), ("b", "hunter22-and-more")]);
        let text = "x hunter22 y hunter22-and-more hunter22-and-mor hunter2";
        let expected = "x [secret a] y [secret b] [secret a]-and-mor hunter2";
        for size in 1..=text.len() {
            let mut to = Vec::new();
            let mut writer = known.writer(&mut to);
            for piece in text.as_bytes().chunks(size) {
                writer.write_all(piece).unwrap();
            }
            drop(writer);
            assert_eq!(
                String::from_utf8(to).unwrap(),
                expected,
                "in pieces of {size}"
            );
        }
    }

    #[test]
    fn values_fit_up_to_their_edges() {
        use super::super::{SECRET_BYTES_MAX, SECRET_BYTES_MIN, SecretError};
        let of = |bytes| Secret::new("a".to_owned(), "x".repeat(bytes)).map(drop);
        assert_eq!(
            of(SECRET_BYTES_MIN - 1),
            Err(SecretError::TooShort(SECRET_BYTES_MIN - 1))
        );
        assert_eq!(of(SECRET_BYTES_MIN), Ok(()));
        assert_eq!(of(SECRET_BYTES_MAX), Ok(()));
        assert_eq!(of(SECRET_BYTES_MAX + 1), Err(SecretError::TooLong));
    }
}
