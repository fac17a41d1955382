//! JSDoc of what a schema says.

use std::{borrow::Cow, fmt::Write as _};

use crate::{hygiene, names::words, schema::Notes};

/// Writes `notes` before what stands at `indent`, if there is anything to say.
pub fn write(out: &mut String, notes: &Notes, is_integer: bool, indent: usize) {
    let text = text(notes, is_integer);
    if text.is_empty() {
        return;
    }
    let pad = Pad(indent);
    // Writing to a string cannot fail.
    let _ = match text.contains('\n') {
        false => writeln!(out, "{pad}/** {text} */"),
        true => {
            let _ = writeln!(out, "{pad}/**");
            for line in text.lines() {
                let line = line.trim_end();
                let _ = match line.is_empty() {
                    true => writeln!(out, "{pad} *"),
                    false => writeln!(out, "{pad} * {line}"),
                };
            }
            writeln!(out, "{pad} */")
        }
    };
}

/// Two spaces for each level.
pub struct Pad(pub usize);

impl std::fmt::Display for Pad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (0..self.0).try_for_each(|_| f.write_str("  "))
    }
}

fn text(notes: &Notes, is_integer: bool) -> String {
    let mut tags = String::new();
    if is_integer {
        tags.push_str(" @integer");
    }
    for (name, value) in &notes.facts {
        let _ = match value.as_str() {
            "true" if *name == "uniqueItems" => write!(tags, " @{name}"),
            _ => write!(tags, " @{name} {value}"),
        };
    }
    if notes.deprecated {
        tags.push_str(" @deprecated");
    }
    let description = notes.description.trim();
    let all = match description.contains('\n') && !tags.is_empty() {
        true => format!("{description}\n{}", tags.trim_start()),
        false => format!("{description}{tags}"),
    };
    unclosed(all.trim()).into_owned()
}

/// Words that say nothing beside a name.
const FILLERS: [&str; 38] = [
    "a",
    "an",
    "and",
    "as",
    "at",
    "be",
    "by",
    "execute",
    "for",
    "from",
    "given",
    "id",
    "in",
    "is",
    "it",
    "its",
    "name",
    "new",
    "number",
    "of",
    "on",
    "optional",
    "or",
    "order",
    "parameter",
    "result",
    "results",
    "specific",
    "specified",
    "that",
    "the",
    "this",
    "to",
    "use",
    "used",
    "value",
    "will",
    "with",
];

/// Whether `description` says nothing that these words of names do not: `Repository owner` for
/// `owner`, beside `repo`.
fn is_told_by(description: &str, known: &[&str]) -> bool {
    let mut said = description
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    said.all(|word| {
        let is_filler = FILLERS
            .iter()
            .any(|filler| filler.eq_ignore_ascii_case(word));
        is_filler || known.iter().any(|known| is_same(known, word))
    })
}

/// `notes` without what is said elsewhere: a description that the words of the names around it tell,
/// and bounds that the description tells.
pub fn telling(notes: &Notes, known: &[&str]) -> Notes {
    let mut notes = notes.clone();
    if is_told_by(&notes.description, known) {
        notes.description.clear();
    }
    // Each line of a comment begins with a star, which says nothing either.
    if notes.description.contains('\n') {
        let words: Vec<&str> = notes.description.split_whitespace().collect();
        notes.description = words.join(" ");
    }
    if notes.facts.is_empty() || notes.description.is_empty() {
        return notes;
    }
    let said: Vec<&str> = words(&notes.description).collect();
    let is_said = |word: &str, value: &str| {
        let mut pairs = said.iter().zip(said.iter().skip(1));
        pairs.any(|(first, second)| begins_with(first, word) && second.eq_ignore_ascii_case(value))
    };
    notes.facts.retain(|(name, value)| match *name {
        "minimum" => !is_said("min", value),
        "maximum" => !is_said("max", value),
        "default" => !is_said("default", value.trim_matches('"')),
        _ => true,
    });
    notes
}

/// Whether one is the other, its plural or its abbreviation.
fn is_same(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    (short.len() == long.len() || short.len() >= 3) && begins_with(long, short)
}

/// Whether `text` begins with `start`, whatever their case.
fn begins_with(text: &str, start: &str) -> bool {
    let begin = text.as_bytes().get(..start.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()))
}

/// How long the first sentence of a description may be before it is cut, in bytes.
const FIRST_BYTES_MAX: usize = 160;

/// The first sentence of a description: what a list says of a tool.
pub fn first_line(description: &str) -> String {
    let clean = hygiene::strip(description.trim());
    let line = clean.lines().next().unwrap_or_default().trim();
    let sentence = line
        .find(". ")
        .and_then(|end| line.get(..=end))
        .unwrap_or(line);
    match sentence.len() > FIRST_BYTES_MAX {
        false => sentence.to_owned(),
        true => {
            let cut = sentence
                .get(..sentence.floor_char_boundary(FIRST_BYTES_MAX))
                .unwrap_or_default();
            let whole = cut.rsplit_once(' ').map_or(cut, |(words, _)| words);
            format!("{whole}…")
        }
    }
}

/// `text` so that it does not end the comment it stands in.
pub fn unclosed(text: &str) -> Cow<'_, str> {
    let text = hygiene::strip(text);
    match text.contains("*/") {
        true => Cow::Owned(text.replace("*/", "*\\/")),
        false => text,
    }
}
